import type { ScoredSeries } from '../../pipeline/ports.ts';

/** One series of a panel, and the text of the query it came from. The text is only quoted: nothing runs it. */
export interface PanelSeries {
  readonly query: string | undefined;
  readonly scored: ScoredSeries;
}
/** As an alert rule of Prometheus or Grafana has them. */
export interface SuggestedRule {
  readonly expr: string;
  readonly for: string;
  readonly summary: string;
}

const peakOf = ({ scored }: PanelSeries): number => Math.max(-1, ...scored.excursions.map(({ peak }) => peak));
const isOdd = ({ excursions }: ScoredSeries, time: number): boolean =>
  excursions.some(({ from, to }) => time >= from && time <= to);

/** Values while nothing was unusual: neither inside an excursion nor rare on the way into it. */
const calmOf = (one: ScoredSeries): readonly number[] =>
  one.values.filter(
    (value, at) => Number.isFinite(value) && (one.scores[at] ?? 0) < one.threshold && !isOdd(one, one.times[at] ?? NaN),
  );
const oddOf = (one: ScoredSeries): readonly number[] =>
  one.values.filter((value, at) => Number.isFinite(value) && isOdd(one, one.times[at] ?? NaN));

/** The extreme of many numbers; `sign` -1 takes the lowest, as its negative. */
const extreme = (values: readonly number[], sign: number): number =>
  values.reduce((most, value) => Math.max(most, sign * value), -Infinity);

/** Between what is calm and what is odd, a third of the way, in as few digits as separate the two. */
function boundBetween(calm: number, odd: number): number {
  const wanted = calm + (odd - calm) / 3;
  const rounded = [1, 2, 3, 4, 6].map((digits) => Number(wanted.toPrecision(digits)));
  return rounded.find((bound) => bound > calm && bound < odd) ?? wanted;
}

/** The longest time in one go that the series was beyond the bound (s). */
function longestBeyond({ times, values }: ScoredSeries, sign: number, bound: number): number {
  let [longest, since] = [-1, NaN];
  for (const [at, time] of times.entries()) {
    if (!(sign * (values[at] ?? NaN) > bound)) since = NaN;
    else if (Number.isNaN(since)) since = time;
    if (!Number.isNaN(since)) longest = Math.max(longest, time - since);
  }
  return longest;
}

/** Half of the time that it lasted, so that the rule fires while it does: at most ten minutes. */
const holdOf = (seconds: number): number => Math.min(10, Math.floor(seconds / 120));

/**
 * A threshold on the panel's own query that would have told of its most unusual series, and of nothing that was usual on
 * the panel. Undefined where the query is not known, or where no threshold tells the two apart (a broken rhythm inside the
 * usual range: that is what the detectors are for).
 */
export function suggestRule(panel: readonly PanelSeries[]): SuggestedRule | undefined {
  const [worst] = panel
    .filter((one) => one.query?.trim() && peakOf(one) >= 0)
    .sort((one, other) => peakOf(other) - peakOf(one));
  if (!worst) return undefined;
  const { query, scored } = worst;
  const ofQuery = panel.filter((one) => one.query === query).map((one) => one.scored);
  const sides = [1, -1].map((sign) => {
    const [calm, odd] = [extreme(ofQuery.flatMap(calmOf), sign), extreme(oddOf(scored), sign)];
    return { sign, calm, odd, room: odd - calm };
  });
  const [side] = sides.filter(({ room }) => room > 0 && Number.isFinite(room)).sort((a, b) => b.room - a.room);
  if (!side) return undefined;
  const { sign, calm, odd } = side;
  const bound = boundBetween(calm, odd);
  const minutes = holdOf(longestBeyond(scored, sign, bound));
  const fired = ofQuery.filter((one) => longestBeyond(one, sign, bound) >= minutes * 60).length;
  const usual = `${sign > 0 ? 'highest' : 'lowest'} usual value ${Number((sign * calm).toPrecision(4))}`;
  return {
    expr: `(${query?.trim()}) ${sign > 0 ? '>' : '<'} ${sign * bound}`,
    for: `${minutes}m`,
    summary: `It would have fired for ${fired} of the ${ofQuery.length} series of this query (${usual}).`,
  };
}
