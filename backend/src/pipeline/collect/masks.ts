import { targetKey, type Intervention } from '../../model/index.ts';

/** Metric types whose transients a change explains. Crashes, OOM kills and failing pulls are never excused by a rollout. */
const transient = new Set([
  'cpu',
  'memory',
  'throttling',
  'replicas',
  'latency',
  'errors',
  'network',
  'hpa',
  'scheduler',
]);
/** Our own restarts and evictions also explain a restart count. */
const ours = new Set([...transient, 'restarts', 'waiting']);

/** How long after an intervention its transients last (s of cluster time). */
export const maskSeconds = 240;
/**
 * Most of it is over after two minutes, but the default queries' rates look back five: what they say of a change is told
 * from what is wrong only then (s).
 */
export const digestedSeconds = 420;
const rates = new Set(['cpu', 'throttling', 'latency', 'errors', 'network', 'hpa']);

export type Masks = (targetKey: string, metricType: string) => boolean;

/** Which series are masked at `now`: score them, but neither learn nor alarm. */
export function masksAt(interventions: readonly Intervention[], now: number): Masks {
  const types = new Map<string, Set<string>>();
  for (const one of interventions) {
    if (now - one.at > digestedSeconds || one.at > now + maskSeconds) continue;
    const key = targetKey(one.target);
    const isFresh = now - one.at <= maskSeconds;
    const masked = isFresh ? (one.byUs ? ours : transient) : rates;
    types.set(key, new Set([...(types.get(key) ?? []), ...masked]));
  }
  return (key, metricType) => types.get(key)?.has(metricType) ?? false;
}

/** The same for known limits: what is beyond one is trouble, whether or not a rate still remembers the change. */
export const limitMasksAt = (interventions: readonly Intervention[], now: number): Masks =>
  masksAt(
    interventions.filter((one) => now - one.at <= maskSeconds),
    now,
  );
