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

export type Masks = (targetKey: string, metricType: string) => boolean;

/** Which series are masked at `now`: score them, but neither learn nor alarm. */
export function masksAt(interventions: readonly Intervention[], now: number): Masks {
  const types = new Map<string, Set<string>>();
  for (const one of interventions) {
    if (now - one.at > maskSeconds || one.at > now + maskSeconds) continue;
    const key = targetKey(one.target);
    const masked = one.byUs ? ours : transient;
    types.set(key, new Set([...(types.get(key) ?? []), ...masked]));
  }
  return (key, metricType) => types.get(key)?.has(metricType) ?? false;
}
