import type { KubeObject } from '../runtime.ts';
import { createContainer, type Container, type Ended } from './container.ts';

const seconds = (text: string): number => Date.parse(text) / 1000;

/** What a restarted kubelet knows of a pod: what it had reported. undefined for a pod that it never reported. */
export function recall(pod: KubeObject, now: number): readonly Container[] | undefined {
  const statuses = (pod['status']?.containerStatuses ?? []) as KubeObject[];
  if (statuses.length === 0) return undefined;
  const init = (pod['status']?.initContainerStatuses ?? []) as KubeObject[];
  return [
    ...((pod['spec'].initContainers ?? []) as KubeObject[]).map((spec) => recalled(spec, true, init, now)),
    ...(pod['spec'].containers as KubeObject[]).map((spec) => recalled(spec, false, statuses, now)),
  ];
}

function recalled(spec: KubeObject, init: boolean, statuses: readonly KubeObject[], now: number): Container {
  const container = createContainer(spec, init, now);
  const status = statuses.find((one) => one['name'] === spec['name']);
  if (!status) return container;
  const state = (status['state'] ?? {}) as KubeObject;
  const ended = (state['terminated'] ?? status['lastState']?.terminated) as KubeObject | undefined;
  container.starts = status['containerID'] ? Number(status['restartCount'] ?? 0) + 1 : 0;
  if (ended) container.ended = endedOf(ended);
  if (state['running']) recallRunning(container, state['running'].startedAt, status['ready'] === true);
  else if (state['terminated']) container.phase = 'Terminated';
  else if (state['waiting']) {
    container.waiting = { reason: state['waiting'].reason, message: state['waiting'].message ?? '' };
  }
  return container;
}

const endedOf = (terminated: KubeObject): Ended => ({
  exitCode: Number(terminated['exitCode']),
  reason: String(terminated['reason']),
  ...(terminated['message'] && { message: String(terminated['message']) }),
  startedAt: seconds(terminated['startedAt']),
  finishedAt: seconds(terminated['finishedAt']),
});

function recallRunning(container: Container, startedAt: string, ready: boolean): void {
  container.phase = 'Running';
  container.startedAt = seconds(startedAt);
  container.ready = ready;
  container.probes.started = true;
  container.probes.ready = ready;
}
