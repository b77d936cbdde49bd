import type { KubeObject } from '../runtime.ts';

export type Cell = string | number | boolean | undefined;

type AgeOf = (time: string | undefined) => string;
const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);
const none = '<none>';

/** What one container contributes to the STATUS column; undefined = nothing to say. */
function containerReason(one: KubeObject): string | undefined {
  const { waiting, terminated } = (one['state'] ?? {}) as KubeObject;
  if (waiting?.reason) return String(waiting.reason);
  if (!terminated) return undefined;
  if (terminated.reason) return String(terminated.reason);
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function initReason(pod: KubeObject): string | undefined {
  const statuses = list(pod['status']?.initContainerStatuses);
  const total = list(pod['spec'].initContainers).length;
  for (const [index, one] of statuses.entries()) {
    const { terminated, waiting } = (one['state'] ?? {}) as KubeObject;
    if (terminated?.exitCode === 0) continue;
    if (terminated) return `Init:${containerReason(one)}`;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${index}/${total}`;
  }
  return undefined;
}

/** The STATUS column of `kubectl get pods`, by the printer's rules. */
function podStatusText(pod: KubeObject): string {
  const status: KubeObject = pod['status'] ?? {};
  if (pod['metadata'].deletionTimestamp) return status['reason'] === 'NodeLost' ? 'Unknown' : 'Terminating';
  const init = initReason(pod);
  if (init) return init;
  let reason = String(status['reason'] ?? status['phase'] ?? '');
  let running = false;
  for (const one of [...list(status['containerStatuses'])].reverse()) {
    const own = containerReason(one);
    if (own) reason = own;
    else if (one['ready'] && one['state']?.running) running = true;
  }
  if (reason === 'Completed' && running) return isReady(pod) ? 'Running' : 'NotReady';
  return reason;
}

const isReady = (pod: KubeObject): boolean =>
  list(pod['status']?.conditions).some((one) => one['type'] === 'Ready' && one['status'] === 'True');

function restarts(pod: KubeObject, ageOf: AgeOf): string {
  const statuses = list(pod['status']?.containerStatuses);
  const count = statuses.reduce((sum, one) => sum + Number(one['restartCount'] ?? 0), 0);
  const ends = statuses
    .map((one) => one['lastState']?.terminated?.finishedAt as string | undefined)
    .filter((one) => one !== undefined);
  const last = ends.sort().at(-1);
  return count > 0 && last ? `${count} (${ageOf(last)} ago)` : String(count);
}

export function podCells(pod: KubeObject, ageOf: AgeOf): readonly Cell[] {
  const status: KubeObject = pod['status'] ?? {};
  const ready = list(status['containerStatuses']).filter((one) => one['ready'] && one['state']?.running).length;
  return [
    pod['metadata'].name as string,
    `${ready}/${list(pod['spec'].containers).length}`,
    podStatusText(pod),
    restarts(pod, ageOf),
    ageOf(pod['metadata'].creationTimestamp as string),
    (status['podIP'] as string | undefined) ?? none,
    (pod['spec'].nodeName as string | undefined) ?? none,
    (status['nominatedNodeName'] as string | undefined) ?? none,
    none,
  ];
}

function nodeStatus(node: KubeObject): string {
  const ready = list(node['status']?.conditions).find((one) => one['type'] === 'Ready');
  const text = !ready ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return node['spec']?.unschedulable ? `${text},SchedulingDisabled` : text;
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const labels = Object.keys((node['metadata'].labels ?? {}) as object);
  const roles = labels.filter((label) => label.startsWith(prefix)).map((label) => label.slice(prefix.length));
  return roles.sort().join(',') || none;
}

export function nodeCells(node: KubeObject, ageOf: AgeOf): readonly Cell[] {
  const info: KubeObject = node['status']?.nodeInfo ?? {};
  const address = (type: string): string =>
    (list(node['status']?.addresses).find((one) => one['type'] === type)?.['address'] as string | undefined) ?? none;
  return [
    node['metadata'].name as string,
    nodeStatus(node),
    nodeRoles(node),
    ageOf(node['metadata'].creationTimestamp as string),
    (info['kubeletVersion'] as string | undefined) ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    (info['osImage'] as string | undefined) ?? '<unknown>',
    (info['kernelVersion'] as string | undefined) ?? '<unknown>',
    (info['containerRuntimeVersion'] as string | undefined) ?? '<unknown>',
  ];
}
