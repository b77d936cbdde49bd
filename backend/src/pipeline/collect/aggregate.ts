import { targetKey, type QuerySeries, type Target, type Topology, type WatchedQuery } from '../../model/index.ts';
import { targetOf } from './target-of.ts';

/** The values of one query brought to their owners: one column over `timestamps` per target. */
export interface Aggregated {
  readonly target: Target;
  readonly targetKey: string;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

export const combine = {
  sum: (a: number, b: number) => a + b,
  mean: (a: number, b: number) => a + b,
  max: Math.max,
  min: Math.min,
} as const;

/**
 * Brings per-pod series to their owner. Series of one target may start and end at different times: a timestamp's
 * value is the aggregate over the series that have a finite value then; where none has, NaN.
 */
export function aggregate(query: WatchedQuery, series: readonly QuerySeries[], topology: Topology): Aggregated[] {
  const groups = new Map<string, { target: Target; members: QuerySeries[] }>();
  for (const one of series) {
    const target = targetOf(one.labels, query, topology);
    if (!target) continue;
    const key = targetKey(target);
    const group = groups.get(key);
    if (group) group.members.push(one);
    else groups.set(key, { target, members: [one] });
  }
  return [...groups].map(([key, { target, members }]) => ({ target, targetKey: key, ...column(query, members) }));
}

function column(query: WatchedQuery, members: readonly QuerySeries[]): Pick<Aggregated, 'timestamps' | 'values'> {
  const only = members[0];
  if (members.length === 1 && only) return { timestamps: only.timestamps, values: only.values };
  const timestamps = unionOf(members);
  const index = new Map<number, number>();
  timestamps.forEach((t, i) => index.set(t, i));
  const values = new Float64Array(timestamps.length).fill(NaN);
  const counts = new Uint32Array(timestamps.length);
  for (const member of members) fold(query, member, index, values, counts);
  if (query.aggregate === 'mean')
    for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? NaN) / (counts[i] ?? 1);
  return { timestamps, values };
}

function fold(
  query: WatchedQuery,
  member: QuerySeries,
  index: Map<number, number>,
  values: Float64Array,
  counts: Uint32Array,
): void {
  for (let i = 0; i < member.timestamps.length; i += 1) {
    const value = member.values[i] ?? NaN;
    const at = index.get(member.timestamps[i] ?? NaN);
    if (at === undefined || !Number.isFinite(value)) continue;
    const before = counts[at] ? (values[at] ?? NaN) : undefined;
    values[at] = before === undefined ? value : combine[query.aggregate](before, value);
    counts[at] = (counts[at] ?? 0) + 1;
  }
}

function unionOf(members: readonly QuerySeries[]): Float64Array {
  const all = new Set<number>();
  for (const member of members) for (const t of member.timestamps) all.add(t);
  return Float64Array.from(all).sort();
}
