import { createHash } from 'node:crypto';
import { time } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import type { Container, Ended } from './container.ts';

/** What goes into a pod's status beside its containers. */
export interface PodFacts {
  readonly hostIp: string;
  readonly podIp: string;
  readonly startedAt: number;
  /** Set when the kubelet itself ended the pod: Evicted, NodeLost. */
  readonly failed?: { readonly reason: string; readonly message: string };
}

/** The status the kubelet reports; conditions of other writers are kept, times of unchanged conditions too. */
export function podStatus(pod: KubeObject, containers: readonly Container[], facts: PodFacts, now: number): KubeObject {
  const main = containers.filter((one) => !one.init);
  const init = containers.filter((one) => one.init);
  const phase = facts.failed ? 'Failed' : phaseOf(pod, containers);
  return {
    phase,
    ...(facts.failed && { reason: facts.failed.reason, message: facts.failed.message }),
    hostIP: facts.hostIp,
    podIP: facts.podIp,
    podIPs: [{ ip: facts.podIp }],
    startTime: time(facts.startedAt),
    conditions: conditionsOf(pod, containers, phase, now),
    ...(init.length > 0 && { initContainerStatuses: init.map((one) => containerStatus(pod, one)) }),
    containerStatuses: main.map((one) => containerStatus(pod, one)),
  };
}

/** Will this container be started again after it ended? */
export function restarts(pod: KubeObject, container: Container, exitCode: number): boolean {
  const policy = pod['spec'].restartPolicy ?? 'Always';
  if (container.init) return policy !== 'Never' && exitCode !== 0;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

export const isInitialized = (containers: readonly Container[]): boolean =>
  containers.every((one) => !one.init || one.ended?.exitCode === 0 || (one.phase === 'Running' && one.ready));

function phaseOf(pod: KubeObject, containers: readonly Container[]): string {
  const over = (one: Container): boolean =>
    one.phase === 'Terminated' && one.ended !== undefined && !restarts(pod, one, one.ended.exitCode);
  if (containers.some((one) => one.init && over(one) && one.ended?.exitCode !== 0)) return 'Failed';
  if (!isInitialized(containers)) return 'Pending';
  const main = containers.filter((one) => !one.init);
  if (main.every(over)) return main.every((one) => one.ended?.exitCode === 0) ? 'Succeeded' : 'Failed';
  return main.every((one) => one.starts === 0) ? 'Pending' : 'Running';
}

function containerStatus(pod: KubeObject, container: Container): KubeObject {
  const spec = [...(pod['spec'].initContainers ?? []), ...pod['spec'].containers] as KubeObject[];
  const image = String(spec.find((one) => one['name'] === container.name)?.['image']);
  const running = container.phase === 'Running';
  const id = (run: number): string => `containerd://${digest(`${pod['metadata'].uid} ${container.name} ${run}`)}`;
  const terminated = container.ended && terminatedOf(container.ended, id(container.starts - 1));
  const over = container.phase === 'Terminated';
  return {
    name: container.name,
    image,
    imageID: container.starts > 0 ? `${image.split('@')[0]}@sha256:${digest(image)}` : '',
    ...(container.starts > 0 && { containerID: id(container.starts - 1) }),
    ready: container.init ? container.ended?.exitCode === 0 : running && container.ready,
    started: running && container.probes.started,
    restartCount: Math.max(0, container.starts - 1),
    state: stateOf(container, terminated),
    lastState: terminated && !over ? { terminated } : {},
  };
}

function stateOf(container: Container, terminated: KubeObject | undefined): KubeObject {
  if (container.phase === 'Running') return { running: { startedAt: time(container.startedAt) } };
  if (container.phase === 'Terminated' && terminated) return { terminated };
  const { reason, message } = container.waiting;
  return { waiting: { reason, ...(message && { message }) } };
}

const terminatedOf = (ended: Ended, containerID: string): KubeObject => ({
  exitCode: ended.exitCode,
  reason: ended.reason,
  ...(ended.message !== undefined && { message: ended.message }),
  startedAt: time(ended.startedAt),
  finishedAt: time(ended.finishedAt),
  containerID,
});

interface Verdict {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

function conditionsOf(pod: KubeObject, containers: readonly Container[], phase: string, now: number): KubeObject[] {
  const before = (pod['status']?.conditions ?? []) as KubeObject[];
  const verdicts = verdictsOf(pod, containers, phase, before);
  const others = before.filter((one) => !verdicts.some((verdict) => verdict.type === one['type']));
  return [...others, ...verdicts.map((verdict) => withTimes(verdict, before, now))];
}

function verdictsOf(
  pod: KubeObject,
  containers: readonly Container[],
  phase: string,
  before: readonly KubeObject[],
): Verdict[] {
  const done = phase === 'Succeeded';
  const main = containers.filter((one) => !one.init);
  const uninitialized = containers.filter((one) => one.init && one.ended?.exitCode !== 0).map((one) => one.name);
  const unready = main.filter((one) => !(one.phase === 'Running' && one.ready)).map((one) => one.name);
  const why = done
    ? { reason: 'PodCompleted' }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const gates = ((pod['spec'].readinessGates ?? []) as KubeObject[]).map((gate) => gate['conditionType']);
  const shut = gates.filter((gate) => !before.some((one) => one['type'] === gate && one['status'] === 'True'));
  const running = phase === 'Running' && unready.length === 0;
  return [
    isInitialized(containers)
      ? { type: 'Initialized', status: 'True', ...(done && { reason: 'PodCompleted' }) }
      : {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${uninitialized.join(' ')}]`,
        },
    running && shut.length === 0
      ? { type: 'Ready', status: 'True' }
      : { type: 'Ready', status: 'False', ...(running ? { reason: 'ReadinessGatesNotReady' } : why) },
    running ? { type: 'ContainersReady', status: 'True' } : { type: 'ContainersReady', status: 'False', ...why },
    { type: 'PodScheduled', status: 'True' },
  ];
}

function withTimes(verdict: Verdict, before: readonly KubeObject[], now: number): KubeObject {
  const previous = before.find((one) => one['type'] === verdict.type);
  const since = previous?.['status'] === verdict.status ? previous['lastTransitionTime'] : undefined;
  return { ...verdict, lastProbeTime: null, lastTransitionTime: since ?? time(now) };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
