import type { WatchedQuery } from '../../model/index.ts';

/** Seconds of the units of a PromQL duration (prometheus.io/docs/prometheus/latest/querying/basics). */
const units: Readonly<Record<string, number>> = {
  ...{ ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 },
};
/** Where a bracket may stand that selects nothing: in the text that a label is compared with, and in comments. */
const texts = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#.*/g;
/** A range selector, or the range of a subquery. */
const ranges = /\[\s*((?:\d+(?:ms|[smhdwy]))+)\s*[\]:]/g;
const parts = /(\d+)(ms|[smhdwy])/g;

const secondsOf = (duration: string): number =>
  [...duration.matchAll(parts)].reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);

/** How far back the value of a PromQL expression remembers: its longest range selector (s); 0 of one that has none. */
export const lookBackIn = (promql: string): number =>
  Math.max(0, ...[...promql.replaceAll(texts, '').matchAll(ranges)].map(([, range]) => secondsOf(range ?? '')));

const known = new WeakMap<WatchedQuery, number>();

/** The same of a watched query, read once. */
export function lookBackOf(query: WatchedQuery): number {
  const found = known.get(query) ?? lookBackIn(query.query);
  known.set(query, found);
  return found;
}
