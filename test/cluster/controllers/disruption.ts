import type { KubeObject } from '../runtime.ts';
import { withCondition, writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { controllerOf } from './owners.ts';
import { isActive, isFinished, isReady } from './pods.ts';
import { selects } from './selector.ts';

/** How many pods each PodDisruptionBudget lets go now. */
export const startDisruptionBudgets = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'disruption',
    component: 'controllermanager',
    rank: 60,
    watches: [
      ['PodDisruptionBudget', itself],
      ['Pod', budgetsOf],
      ['Deployment', everyBudget],
      ['StatefulSet', everyBudget],
      ['ReplicaSet', () => []],
    ],
    reconcile,
  });

const budgetsOf = (pod: KubeObject, desk: Desk): readonly string[] =>
  desk
    .of('PodDisruptionBudget')
    .list(pod['metadata'].namespace)
    .filter((one) => selects(one['spec'].selector, pod['metadata'].labels))
    .flatMap(itself);

const everyBudget = (owner: KubeObject, desk: Desk): readonly string[] =>
  desk.of('PodDisruptionBudget').list(owner['metadata'].namespace).flatMap(itself);

async function reconcile(key: string, desk: Desk): Promise<undefined> {
  const budget = desk.of('PodDisruptionBudget').get(key);
  if (!budget) return;
  const pods = desk
    .of('Pod')
    .list(budget['metadata'].namespace)
    .filter((pod) => !isFinished(pod) && selects(budget['spec'].selector, pod['metadata'].labels));
  const healthy = pods.filter((pod) => isActive(pod) && isReady(pod)).length;
  const { expected, desired } = demand(budget, pods, desk);
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  } as const;
  await writeStatus(desk.client, 'PodDisruptionBudget', budget, {
    observedGeneration: budget['metadata'].generation,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptionsAllowed: allowed,
    disruptedPods: null,
    conditions: withCondition(budget['status']?.conditions, condition, desk.clock.now()),
  });
}

/** Percentages and maxUnavailable count from what the pods' owners ask for, a plain minAvailable from the pods there are. */
function demand(
  budget: KubeObject,
  pods: readonly KubeObject[],
  desk: Desk,
): { readonly expected: number; readonly desired: number } {
  const { minAvailable, maxUnavailable } = budget['spec'] as Record<string, number | string | undefined>;
  const count = (value: number | string, of: number): number =>
    String(value).endsWith('%') ? Math.ceil((Number.parseFloat(String(value)) / 100) * of) : Number(value);
  if (maxUnavailable !== undefined) {
    const expected = expectedByOwners(pods, desk);
    return { expected, desired: Math.max(0, expected - count(maxUnavailable, expected)) };
  }
  const expected = String(minAvailable).endsWith('%') ? expectedByOwners(pods, desk) : pods.length;
  return { expected, desired: count(minAvailable ?? 1, expected) };
}

function expectedByOwners(pods: readonly KubeObject[], desk: Desk): number {
  const owners = new Map<string, number>();
  for (const pod of pods) {
    const owner = ownerOf(pod, desk);
    owners.set(owner?.['metadata'].uid ?? pod['metadata'].uid, Number(owner?.['spec'].replicas ?? 1));
  }
  return [...owners.values()].reduce((sum, one) => sum + one, 0);
}

/** The Deployment or StatefulSet behind a pod. */
function ownerOf(pod: KubeObject, desk: Desk): KubeObject | undefined {
  const namespace = pod['metadata'].namespace as string;
  const owner = controllerOf(pod);
  if (owner?.['kind'] === 'StatefulSet') return desk.of('StatefulSet').get(`${namespace}/${owner['name']}`);
  if (owner?.['kind'] !== 'ReplicaSet') return undefined;
  const set = desk.of('ReplicaSet').get(`${namespace}/${owner['name']}`);
  const above = set && controllerOf(set);
  return above?.['kind'] === 'Deployment' ? desk.of('Deployment').get(`${namespace}/${above['name']}`) : set;
}
