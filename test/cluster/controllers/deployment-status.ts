import { time } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, writeStatus, type Condition } from './conditions.ts';
import type { Desk } from './controller.ts';
import { conditionOf, seconds } from './pods.ts';
import { limitsOf } from './rollout.ts';

interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

/** Writes the counters and conditions; seconds until the progress deadline is to be looked at again. */
export async function reportDeployment(
  desk: Desk,
  deployment: KubeObject,
  current: KubeObject | undefined,
  sets: readonly KubeObject[],
): Promise<number | undefined> {
  const now = desk.clock.now();
  const counts = countsOf(current, sets);
  const wanted = Number(deployment['spec'].replicas ?? 1);
  const progressing = progressOf(deployment, counts, current, wanted, now);
  let conditions = withCondition(deployment['status']?.conditions, availabilityOf(deployment, counts, wanted), now);
  if (progressing) {
    conditions = withCondition(conditions, progressing.condition, now).map((one) =>
      one['type'] === 'Progressing' ? { ...one, lastUpdateTime: progressing.updatedAt } : one,
    );
  }
  await writeStatus(desk.client, 'Deployment', deployment, {
    observedGeneration: deployment['metadata'].generation,
    ...counts,
    unavailableReplicas: Math.max(0, counts.replicas - counts.availableReplicas) || null,
    conditions: conditions.map((one) => ({ lastUpdateTime: one['lastTransitionTime'], ...one })),
  });
  return progressing?.checkAfter;
}

function countsOf(current: KubeObject | undefined, sets: readonly KubeObject[]): Counts {
  const total = (field: string): number => sets.reduce((sum, one) => sum + Number(one['status']?.[field] ?? 0), 0);
  return {
    replicas: total('replicas'),
    updatedReplicas: Number(current?.['status']?.replicas ?? 0),
    readyReplicas: total('readyReplicas'),
    availableReplicas: total('availableReplicas'),
  };
}

function availabilityOf(deployment: KubeObject, counts: Counts, wanted: number): Condition {
  const enough = counts.availableReplicas >= wanted - limitsOf(deployment).unavailable;
  return enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

interface Progress {
  readonly condition: Condition;
  readonly updatedAt: string;
  readonly checkAfter?: number;
}

/** Done, moving, or over the deadline: a rollout that stopped moving for progressDeadlineSeconds has failed. */
function progressOf(
  deployment: KubeObject,
  counts: Counts,
  current: KubeObject | undefined,
  wanted: number,
  now: number,
): Progress | undefined {
  if (!current) return undefined;
  const name = current['metadata'].name as string;
  const before = conditionOf(deployment, 'Progressing');
  const say = (status: Condition['status'], reason: string, message: string): Condition => ({
    type: 'Progressing',
    status,
    reason,
    message: `ReplicaSet "${name}" ${message}`,
  });
  if (isComplete(counts, wanted)) {
    const condition = say('True', 'NewReplicaSetAvailable', 'has successfully progressed.');
    return { condition, updatedAt: before?.['reason'] === condition.reason ? before['lastUpdateTime'] : time(now) };
  }
  const deadline = Number(deployment['spec'].progressDeadlineSeconds ?? 600);
  if (
    !before ||
    hasMoved(deployment, counts) ||
    (before['reason'] === 'NewReplicaSetAvailable' && counts.updatedReplicas < wanted)
  ) {
    const condition = before
      ? say('True', 'ReplicaSetUpdated', 'is progressing.')
      : { ...say('True', 'NewReplicaSetCreated', ''), message: `Created new replica set "${name}"` };
    return { condition, updatedAt: time(now), checkAfter: deadline + 1 };
  }
  const left = seconds(before['lastUpdateTime']) + deadline - now;
  // A rollout that was complete once stays so when its pods fail later, as in Kubernetes.
  if (left > 0 || before['reason'] === 'NewReplicaSetAvailable') {
    const condition = { ...before, type: 'Progressing' } as unknown as Condition;
    return { condition, updatedAt: before['lastUpdateTime'], ...(left > 0 && { checkAfter: left + 1 }) };
  }
  return {
    condition: say('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'),
    updatedAt: before['lastUpdateTime'],
  };
}

const isComplete = (counts: Counts, wanted: number): boolean =>
  counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas === wanted;

function hasMoved(deployment: KubeObject, counts: Counts): boolean {
  const before = (deployment['status'] ?? {}) as Partial<Counts>;
  const old = (one: Partial<Counts>): number => (one.replicas ?? 0) - (one.updatedReplicas ?? 0);
  return (
    counts.updatedReplicas > (before.updatedReplicas ?? 0) ||
    old(counts) < old(before) ||
    counts.readyReplicas > (before.readyReplicas ?? 0) ||
    counts.availableReplicas > (before.availableReplicas ?? 0)
  );
}
