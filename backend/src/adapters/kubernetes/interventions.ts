import {
  list,
  rolloutProgress,
  targetKey,
  text,
  type Intervention,
  type KnownKind,
  type Target,
} from '../../model/index.ts';
import { autoscaled, nodeChanges, pastChanges, workloadChanges, type Change } from './changes.ts';
import type { Kept } from './tidy.ts';
import type { TopologyIndex } from './topology.ts';

/** How far back the first sync looks for changes, and how long changes are remembered (s). */
const lookBack = 3600;
const keepFor = 86_400;
const maxKept = 5000;
/** Two reports of one scaling (the workload's own, the autoscaler's) are never further apart (s). */
const sameScaling = 45;

export interface Interventions {
  /** One object as it was and as it is, after the topology took it in. `initial`: it was there when we came. */
  observe(kind: KnownKind, before: Kept | undefined, after: Kept | undefined, initial: boolean): void;
  /** A pod of this owner goes because we deleted or evicted it. */
  removedByUs(owner: Target, pod: string): void;
  since(time: number): readonly Intervention[];
}

const workloads: readonly KnownKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** When a Deployment's newest ReplicaSet became available, as its condition says; 0 where nothing says so (Unix s). */
function availableSince({ object }: Kept): number {
  const said = list(object, 'status', 'conditions').find((one) => one['reason'] === 'NewReplicaSetAvailable');
  return Date.parse(text(said ?? {}, 'lastUpdateTime')) / 1000 || 0;
}

/** Keeps the list of changes that explain transients, derived from what the watch saw. */
export function createInterventions(topology: TopologyIndex, now: () => number): Interventions {
  let known: Intervention[] = [];
  const { cluster } = topology.view;

  const targetOf = (kind: KnownKind, { object }: Kept): Target => ({
    ...{ cluster, kind, namespace: text(object, 'metadata', 'namespace'), name: text(object, 'metadata', 'name') },
    uid: text(object, 'metadata', 'uid'),
  });

  function add(target: Target, change: Change): void {
    const oldest = now() - keepFor;
    known = [...known, { ...change, target }].filter((one) => one.at >= oldest).slice(-maxKept);
    known.sort((a, b) => a.at - b.at);
  }

  const isScaling = (one: Intervention): boolean => one.kind === 'Scaling' || one.kind === 'Autoscaling';
  const near = (target: Target, time: number): Intervention | undefined =>
    known.find(
      (one) => isScaling(one) && targetKey(one.target) === targetKey(target) && Math.abs(one.at - time) <= sameScaling,
    );

  /** An autoscaler says that it was it: a scaling that is known already changes its kind. */
  function scaledBy(target: Target, hpa: string, when: number, replicas: number): void {
    const same = near(target, when);
    const message = `HorizontalPodAutoscaler ${hpa} scaled to ${replicas} replicas`;
    if (same) known = known.map((one) => (one === same && !one.byUs ? { ...one, kind: 'Autoscaling', message } : one));
    else add(target, { at: when, kind: 'Autoscaling', byUs: false, message });
  }

  /** The autoscaler of a workload, when it has moved it just now. */
  function autoscalerOf(target: Target, change: Change): Change {
    if (change.kind !== 'Scaling' || change.byUs) return change;
    for (const { object } of topology.all('HorizontalPodAutoscaler')) {
      const moved = autoscaled(object);
      const owner = topology.view.ownerOf(
        'HorizontalPodAutoscaler',
        text(object, 'metadata', 'namespace'),
        text(object, 'metadata', 'name'),
      );
      if (!owner || targetKey(owner) !== targetKey(target)) continue;
      if (moved && Math.abs(moved.at - change.at) <= sameScaling) return { ...change, kind: 'Autoscaling' };
    }
    return change;
  }

  function observeWorkload(kind: KnownKind, before: Kept | undefined, after: Kept, initial: boolean): void {
    const target = targetOf(kind, after);
    const replicaSets = kind === 'Deployment' ? topology.childrenOf(target.uid ?? '') : [];
    const time = now();
    if (before) {
      for (const change of workloadChanges(before, after, { replicaSets, now: time }))
        addOnce(target, autoscalerOf(target, change));
      return settle(target, after, time);
    }
    const since = time - lookBack;
    if (initial) for (const change of pastChanges(after, { replicaSets, since, now: time })) add(target, change);
    const created = Date.parse(text(after.object, 'metadata', 'creationTimestamp')) / 1000;
    if (created >= since) add(target, { at: created, kind: 'Rollout', byUs: false, message: `${kind} created` });
    // What was over when we came was over when the controller said so; other kinds than Deployments do not say when.
    if (initial) settle(target, after, availableSince(after));
  }

  /** The changes of a workload that are over at `time`, if it has settled: by kubectl's rules for the end of a rollout. */
  function settle(target: Target, after: Kept, time: number): void {
    const key = targetKey(target);
    const isMoving = (one: Intervention): boolean => one.settledAt === undefined && targetKey(one.target) === key;
    if (!known.some(isMoving) || rolloutProgress(after.object).state !== 'Settled') return;
    known = known.map((one) => (isMoving(one) ? { ...one, settledAt: Math.max(one.at, time) } : one));
  }

  /** The autoscaler may have spoken first. */
  function addOnce(target: Target, change: Change): void {
    const reported = change.kind === 'Scaling' || change.kind === 'Autoscaling' ? near(target, change.at) : undefined;
    if (reported?.kind === 'Autoscaling' && !change.byUs) return;
    add(target, change);
  }

  function observeAutoscaler(before: Kept | undefined, after: Kept): void {
    const moved = autoscaled(after.object);
    if (!moved || moved.at < now() - lookBack) return;
    if (before && autoscaled(before.object)?.at === moved.at) return;
    const kind = text(after.object, 'spec', 'scaleTargetRef', 'kind');
    const namespace = text(after.object, 'metadata', 'namespace');
    const name = text(after.object, 'spec', 'scaleTargetRef', 'name');
    if (!name) return;
    const target = topology.view.ownerOf(kind, namespace, name) ?? { cluster, kind, namespace, name };
    scaledBy(target, text(after.object, 'metadata', 'name'), moved.at, moved.replicas);
  }

  return {
    observe(kind, before, after, initial) {
      if (!after) return;
      if (workloads.includes(kind)) observeWorkload(kind, before, after, initial);
      else if (kind === 'HorizontalPodAutoscaler') observeAutoscaler(before, after);
      else if (kind === 'Node' && before)
        for (const change of nodeChanges(before, after, now())) add(targetOf('Node', after), change);
    },
    removedByUs(owner, pod) {
      add(owner, { at: now(), kind: 'Restart', byUs: true, message: `Pod ${pod} was replaced` });
    },
    since: (time) => known.filter((one) => one.at >= time),
  };
}
