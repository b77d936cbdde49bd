import { missingReference, missingVolume } from './references.ts';
import { covers, resourceOf, type KubeClient, type Recorder } from '../client/index.ts';
import type { KubeObject, Runtime } from '../runtime.ts';
import {
  createContainer,
  look,
  restart,
  run,
  stop,
  tryStart,
  type Container,
  type Note,
  type Situation,
} from './container.ts';

import { isInitialized, podStatus, restarts } from './pod-status.ts';
import { recall } from './recall.ts';

/** What a worker needs of its node. */
export interface Home {
  readonly client: KubeClient;
  readonly recorder: Recorder;
  readonly runtime: Runtime;
  readonly hostIp: string;
  readonly podIp: string;
  readonly node: () => KubeObject;
  /** Seconds of a pull on this node; 0 when the image is there already. Remembers it as pulled. */
  readonly pullSeconds: (image: string) => number;
}

/** The life of one pod on its node. */
export interface PodWorker {
  readonly uid: string;
  readonly pod: () => KubeObject;
  /** Looks at the containers without asking the API: is there anything to do? */
  peek(now: number): boolean;
  /** Does what is to do and reports it. Resolves to true when the pod was let go for good. */
  sync(pod: KubeObject, now: number): Promise<boolean>;
  /** The kubelet ends the pod, not its owner. */
  evict(reason: string, message: string, now: number): void;
  end(): void;
}

/** Most containers heed SIGTERM at once: how long a stop takes when the grace period allows. */
const stopSeconds = 2;

export function createPodWorker(first: KubeObject, home: Home, now: number): PodWorker {
  const { client, recorder, runtime } = home;
  let pod = first;
  const uid = String(first['metadata'].uid);
  const containers = recall(first, now) ?? specsOf(first).map(([spec, init]) => createContainer(spec, init, now));
  const startedAt = first['status']?.startTime ? Date.parse(first['status'].startTime) / 1000 : now;
  let notes: Note[] = [];
  let failed: { reason: string; message: string } | undefined;
  let stoppingAt: number | undefined;

  const specOf = (container: Container): KubeObject =>
    specsOf(pod).find(([spec]) => spec['name'] === container.name)?.[0] ?? {};

  const situation = (container: Container, at: number, pullSeconds = 0): Situation => ({
    pod,
    spec: specOf(container),
    runtime,
    now: at,
    pullSeconds,
  });

  /** The containers whose turn it is: the init containers one by one, then all others. */
  function current(): readonly Container[] {
    const init = containers.find(
      (one) => one.init && one.ended?.exitCode !== 0 && !(one.phase === 'Running' && one.ready),
    );
    return init ? [init] : containers.filter((one) => !one.init);
  }

  const isOver = (container: Container): boolean =>
    container.phase === 'Terminated' && !restarts(pod, container, container.ended?.exitCode ?? 0);

  function peek(at: number): boolean {
    if (failed) return notes.length > 0;
    if (stoppingAt !== undefined) return at >= stoppingAt && runtime.mayEnd(pod, at);
    let due = false;
    for (const container of current()) {
      if (container.phase === 'Running') {
        const found = look(container, situation(container, at));
        if (found) {
          notes.push(...found);
          due = true;
        }
      } else if (!isOver(container) && at >= container.nextAt) due = true;
    }
    return due;
  }

  async function step(container: Container, at: number): Promise<void> {
    if (container.phase === 'Running' || isOver(container) || at < container.nextAt) return;
    if (container.phase === 'Terminated') notes.push(...restart(container, situation(container, at)));
    if (container.phase === 'Starting')
      notes.push(...run(container, situation(container, at, pulls.get(container.name))));
    if (container.phase === 'Waiting' && at >= container.nextAt) await begin(container, at);
  }

  /** A pull's duration belongs to the start that it was measured for. */
  const pulls = new Map<string, number>();

  async function begin(container: Container, at: number): Promise<void> {
    const spec = specOf(container);
    const problem = runtime.startProblem(pod, container.name, at) ?? (await missingReference(client, pod, spec));
    const pullSeconds = problem ? 0 : home.pullSeconds(String(spec['image']));
    pulls.set(container.name, pullSeconds);
    notes.push(...tryStart(container, situation(container, at, pullSeconds), problem));
    if (container.phase === 'Starting' && pullSeconds === 0) notes.push(...run(container, situation(container, at)));
  }

  async function tell(): Promise<void> {
    const told = notes;
    notes = [];
    for (const { onNode, ...note } of told) {
      await recorder.record({ ...note, about: onNode ? home.node() : { ...pod, apiVersion: 'v1', kind: 'Pod' } });
    }
  }

  async function report(at: number): Promise<void> {
    const { hostIp, podIp } = home;
    const status = podStatus(pod, containers, { hostIp, podIp, startedAt, ...(failed && { failed }) }, at);
    if (covers(pod['status'], status)) return;
    const { namespace, name } = pod['metadata'];
    const body = { metadata: { uid }, status };
    pod = await client.patch(resourceOf('Pod'), { namespace, name, subresource: 'status' }, 'merge-patch', body);
  }

  /** Killing, then the end of the grace period, then the API may forget the pod. */
  async function terminate(at: number): Promise<boolean> {
    const alive = containers.filter((one) => one.phase === 'Running');
    if (stoppingAt === undefined) {
      const grace = Number(pod['metadata'].deletionGracePeriodSeconds ?? 30);
      stoppingAt = at + (alive.length > 0 ? Math.min(grace, stopSeconds) : 0);
      for (const one of alive) {
        notes.push({
          type: 'Normal',
          reason: 'Killing',
          message: `Stopping container ${one.name}`,
          fieldPath: `spec.containers{${one.name}}`,
        });
      }
      await tell();
    }
    if (at < stoppingAt || !runtime.mayEnd(pod, at)) return false;
    for (const one of alive) stop(one, at, { exitCode: 0, reason: 'Completed' });
    const { namespace, name } = pod['metadata'];
    await client.remove(resourceOf('Pod'), { namespace, name }, { uid, gracePeriodSeconds: 0 });
    return true;
  }

  async function sync(latest: KubeObject, at: number): Promise<boolean> {
    pod = latest;
    if (pod['metadata'].deletionTimestamp) return terminate(at);
    if (!failed && !isFinished(pod)) {
      const blocked = containers.every((one) => one.starts === 0) ? await missingVolume(client, pod) : undefined;
      if (blocked) {
        notes.push({ type: 'Warning', reason: 'FailedMount', message: blocked });
        for (const one of containers) one.nextAt = at + 10;
      }
      for (const container of current()) await step(container, at);
      // The last init container may have ended just now: go on with the others without waiting for the next tick.
      if (isInitialized(containers)) for (const container of current()) await step(container, at);
    }
    await report(at);
    await tell();
    return false;
  }

  return {
    uid,
    pod: () => pod,
    peek,
    sync,
    evict(reason, message, at) {
      failed = { reason, message };
      for (const one of containers) if (one.phase === 'Running') stop(one, at, { exitCode: 137, reason: 'Error' });
      notes.push({ type: 'Warning', reason, message });
      runtime.forget(pod);
    },
    end: () => runtime.forget(pod),
  };
}

export const isFinished = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(pod['status']?.phase);

const specsOf = (pod: KubeObject): readonly (readonly [spec: KubeObject, init: boolean])[] => [
  ...((pod['spec'].initContainers ?? []) as KubeObject[]).map((spec) => [spec, true] as const),
  ...(pod['spec'].containers as KubeObject[]).map((spec) => [spec, false] as const),
];
