import type { KubeObject } from '../runtime.ts';
import { isControlledBy } from './owners.ts';
import { isTerminating } from './pods.ts';

/** A ReplicaSet and how many replicas it is to have. */
export interface Target {
  readonly set: KubeObject;
  readonly replicas: number;
}

const sizeOf = (set: KubeObject): number => Number(set['spec'].replicas ?? 0);
const availableOf = (set: KubeObject): number => Number(set['status']?.availableReplicas ?? 0);
const sum = (sets: readonly KubeObject[], of: (set: KubeObject) => number): number =>
  sets.reduce((all, one) => all + of(one), 0);

/** A count, or a percentage of the replicas. */
function resolve(value: number | string | undefined, replicas: number, round: (value: number) => number): number {
  const text = String(value ?? '25%');
  return text.endsWith('%') ? round((Number.parseFloat(text) / 100) * replicas) : Number(text);
}

/** The limits of a rolling update; both 0 (by rounding) would never move, so one may be unavailable. */
export function limitsOf(deployment: KubeObject): { readonly surge: number; readonly unavailable: number } {
  const replicas = Number(deployment['spec'].replicas ?? 1);
  const { maxSurge, maxUnavailable } = (deployment['spec'].strategy?.rollingUpdate ?? {}) as KubeObject;
  const surge = resolve(maxSurge, replicas, Math.ceil);
  const unavailable = resolve(maxUnavailable, replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

/** The ReplicaSets whose size is to change now. */
export function rollingTargets(
  deployment: KubeObject,
  current: KubeObject | undefined,
  sets: readonly KubeObject[],
  pods: readonly KubeObject[],
): readonly Target[] {
  const replicas = Number(deployment['spec'].replicas ?? 1);
  const old = sets.filter((one) => one !== current);
  const oldActive = old.filter((one) => sizeOf(one) > 0);
  if (deployment['spec'].paused === true) return scaleOnly(current, oldActive, replicas);
  if (!current) return [];
  if (deployment['spec'].strategy?.type === 'Recreate') return recreate(current, old, replicas, pods);
  if (oldActive.length === 0) return changed([{ set: current, replicas }]);
  return roll(deployment, current, oldActive, replicas);
}

const changed = (targets: readonly Target[]): readonly Target[] =>
  targets.filter(({ set, replicas }) => sizeOf(set) !== replicas);

/** A paused Deployment is still scaled, without a new template being rolled out. */
function scaleOnly(current: KubeObject | undefined, old: readonly KubeObject[], replicas: number): readonly Target[] {
  const active = [...(current && sizeOf(current) > 0 ? [current] : []), ...old];
  const only = active.length === 1 ? active[0] : undefined;
  return only ? changed([{ set: only, replicas }]) : [];
}

/** Recreate: all old pods are gone before a new one is made. */
function recreate(
  current: KubeObject,
  old: readonly KubeObject[],
  replicas: number,
  pods: readonly KubeObject[],
): readonly Target[] {
  const down = changed(old.map((set) => ({ set, replicas: 0 })));
  if (down.length > 0) return down;
  const left = pods.some((pod) => old.some((set) => isControlledBy(pod, set)) && !isDone(pod));
  return left ? [] : changed([{ set: current, replicas }]);
}

const isDone = (pod: KubeObject): boolean =>
  ['Succeeded', 'Failed'].includes(pod['status']?.phase) && !isTerminating(pod);

function roll(
  deployment: KubeObject,
  current: KubeObject,
  old: readonly KubeObject[],
  replicas: number,
): readonly Target[] {
  const { surge, unavailable } = limitsOf(deployment);
  const total = sizeOf(current) + sum(old, sizeOf);
  if (sizeOf(current) > replicas) return [{ set: current, replicas }];
  const up = Math.min(replicas + surge - total, replicas - sizeOf(current));
  if (up > 0) return [{ set: current, replicas: sizeOf(current) + up }];
  const minAvailable = replicas - unavailable;
  const newUnavailable = sizeOf(current) - availableOf(current);
  const spare = total - minAvailable - newUnavailable;
  if (spare <= 0) return [];
  const cleaned = cleanUp(old, spare);
  const left =
    cleaned.length > 0
      ? spare -
        sum(
          cleaned.map(({ set }) => set),
          sizeOf,
        ) +
        cleaned.reduce((all, one) => all + one.replicas, 0)
      : spare;
  const available = availableOf(current) + sum(old, availableOf);
  return shrink(old, cleaned, Math.min(left, available - minAvailable));
}

/** Pods of old ReplicaSets that are not available go first: that costs nothing. */
function cleanUp(old: readonly KubeObject[], spare: number): readonly Target[] {
  let left = spare;
  return changed(
    old.map((set) => {
      const ailing = Math.min(left, Math.max(0, sizeOf(set) - availableOf(set)));
      left -= ailing;
      return { set, replicas: sizeOf(set) - ailing };
    }),
  );
}

function shrink(old: readonly KubeObject[], cleaned: readonly Target[], count: number): readonly Target[] {
  let left = Math.max(0, count);
  return changed(
    old.map((set) => {
      const size = cleaned.find((one) => one.set === set)?.replicas ?? sizeOf(set);
      const fewer = Math.min(left, size);
      left -= fewer;
      return { set, replicas: size - fewer };
    }),
  );
}
