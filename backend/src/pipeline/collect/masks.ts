import { targetKey, type Intervention, type WatchedQuery } from '../../model/index.ts';
import { lookBackOf } from './look-back.ts';

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
/** Our own restarts and evictions also explain a restart count, while they are under way. */
const underWay = new Set(['restarts', 'waiting']);

/** A change that does not settle is trouble by then: Kubernetes' own default of `progressDeadlineSeconds` (s). */
const patience = 600;
/** Containers that are ready are slow and busy until their caches are full and their code is compiled (s). */
const warmUp = 60;
/** Clocks differ: a change that is said to come is one that is there (s). */
const skew = 240;
/** No change is of interest for longer (s). */
export const changeHorizon = 1800;

export type Masks = (targetKey: string, query: WatchedQuery) => boolean;

/** When what a change did is over, as far as it can be known at the moment (Unix s); what looks back sees it for longer. */
const overAt = ({ at, settledAt = Infinity }: Intervention): number =>
  Math.max(at, Math.min(settledAt, at + patience)) + warmUp;

function excuses(change: Intervention, query: WatchedQuery, now: number): boolean {
  if (transient.has(query.metricType)) return now <= overAt(change) + lookBackOf(query);
  return change.byUs && underWay.has(query.metricType) && now <= overAt(change);
}

/**
 * Which series are masked at `now`: score them, but neither learn nor alarm. A mask ends when the change has settled, new
 * containers are warm, and the query's range selector no longer reaches back to it.
 */
export function masksAt(interventions: readonly Intervention[], now: number): Masks {
  const changes = Map.groupBy(
    interventions.filter(({ at }) => at <= now + skew),
    ({ target }) => targetKey(target),
  );
  return (key, query) => changes.get(key)?.some((one) => excuses(one, query, now)) ?? false;
}

/**
 * The same for known limits. What is beyond one for as long as the limit says is trouble: nobody who rolls out means that,
 * and only what we do ourselves has somebody who looks after it.
 */
export const limitMasksAt = (interventions: readonly Intervention[], now: number): Masks =>
  masksAt(
    interventions.filter(({ byUs }) => byUs),
    now,
  );
