import { ApiError } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, withoutCondition, writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { claim, controllerKey, controllerOf } from './owners.ts';
import {
  byDispensability,
  createPod,
  deletePod,
  isActive,
  isReady,
  isTerminating,
  podFrom,
  untilAvailable,
} from './pods.ts';
import { selects } from './selector.ts';

/** Keeps as many pods as a ReplicaSet asks for; adopts orphans that match, lets go of pods that do not. */
export const startReplicaSets = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'replicaset',
    watches: [
      ['ReplicaSet', itself],
      ['Pod', ownersOf],
    ],
    reconcile,
  });

/** A pod's own ReplicaSet, or all that would adopt it. */
function ownersOf(pod: KubeObject, desk: Desk): readonly string[] {
  if (controllerOf(pod)) return controllerKey('ReplicaSet')(pod);
  const { namespace, labels } = pod['metadata'];
  return desk
    .of('ReplicaSet')
    .list(namespace)
    .filter((one) => selects(one['spec'].selector, labels))
    .map((one) => `${namespace}/${one['metadata'].name}`);
}

async function reconcile(key: string, desk: Desk): Promise<number | undefined> {
  const set = desk.of('ReplicaSet').get(key);
  if (!set) return undefined;
  const candidates = desk.of('Pod').list(set['metadata'].namespace);
  const pods = (await claim(desk.client, set, 'Pod', candidates)).filter(isActive);
  const failure = isTerminating(set) ? undefined : await scale(desk, set, pods);
  const again = await report(desk, set, pods, failure);
  if (failure) throw failure;
  return again;
}

/** Creates or deletes the difference; the refusal that stopped it, if one did. */
async function scale(desk: Desk, set: KubeObject, pods: readonly KubeObject[]): Promise<ApiError | undefined> {
  const wanted = Number(set['spec'].replicas ?? 1);
  for (const pod of byDispensability(pods).slice(0, Math.max(0, pods.length - wanted))) await deletePod(desk, set, pod);
  for (let missing = wanted - pods.length; missing > 0; missing -= 1) {
    const pod = podFrom(set['spec'].template, set);
    pod['metadata'].generateName = `${set['metadata'].name}-`;
    try {
      await createPod(desk, set, pod);
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }
  return undefined;
}

const failureOf = (set: KubeObject): { type: string; status: 'True'; reason: string; message: string } | undefined => {
  const found = ((set['status']?.conditions ?? []) as KubeObject[]).find((one) => one['type'] === 'ReplicaFailure');
  return found && { type: 'ReplicaFailure', status: 'True', reason: found['reason'], message: found['message'] };
};

async function report(
  desk: Desk,
  set: KubeObject,
  before: readonly KubeObject[],
  failure: ApiError | undefined,
): Promise<number | undefined> {
  const now = desk.clock.now();
  const minReady = Number(set['spec'].minReadySeconds ?? 0);
  const pods = before.filter((one) => desk.of('Pod').get(`${one['metadata'].namespace}/${one['metadata'].name}`));
  const waits = pods.map((pod) => untilAvailable(pod, minReady, now));
  const conditions = failure
    ? withCondition(
        set['status']?.conditions,
        // The first refusal stays, as upstream: each names another pod, and every new status would be a new round.
        failureOf(set) ?? { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure.message },
        now,
      )
    : withoutCondition(set['status']?.conditions, 'ReplicaFailure');
  await writeStatus(desk.client, 'ReplicaSet', set, {
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter((pod) =>
      selects({ matchLabels: set['spec'].template.metadata?.labels }, pod['metadata'].labels),
    ).length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    observedGeneration: set['metadata'].generation,
    conditions: conditions.length > 0 ? conditions : null,
  });
  const pending = waits.filter((wait): wait is number => wait !== undefined && wait > 0);
  return pending.length > 0 ? Math.min(...pending) : undefined;
}
