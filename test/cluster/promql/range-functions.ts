import type { Window } from './samples.ts';

/** What a function over a range sees besides its samples. Times in milliseconds. */
export interface Look {
  readonly start: number;
  readonly end: number;
  /** The evaluation time, which `offset` does not move. */
  readonly t: number;
  /** The scalar arguments, evaluated. */
  readonly scalars: readonly number[];
}
/** undefined: no result for this series. */
export type RangeFunction = (window: Window, look: Look) => number | undefined;

const valueAt = ({ values }: Window, i: number): number => values[i] ?? NaN;
const timeAt = ({ times }: Window, i: number): number => times[i] ?? NaN;
const sizeOf = ({ from, to }: Window): number => to - from;

function fold(window: Window, first: number, step: (before: number, value: number) => number): number {
  let result = first;
  for (let i = window.from; i < window.to; i += 1) result = step(result, valueAt(window, i));
  return result;
}
/** Counts neighbours that stand in a relation. */
function neighbours(window: Window, counts: (before: number, value: number) => boolean): number {
  let count = 0;
  for (let i = window.from + 1; i < window.to; i += 1)
    if (counts(valueAt(window, i - 1), valueAt(window, i))) count += 1;
  return count;
}

/** Compensated summation (Kahan, Neumaier), as Prometheus sums over time. */
function sumOf(values: Iterable<number>): number {
  let [sum, lost] = [0, 0];
  for (const value of values) {
    const next = sum + value;
    if (Number.isFinite(next)) lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}
const slice = ({ values, from, to }: Window): Float64Array => values.subarray(from, to);

/** Growth between first and last sample, stretched towards the edges of the range (promql/functions.go, extrapolatedRate). */
function extrapolated(window: Window, look: Look, isCounter: boolean, isRate: boolean): number | undefined {
  const samples = sizeOf(window);
  if (samples < 2) return undefined;
  const [first, last] = [window.from, window.to - 1];
  let growth = valueAt(window, last) - valueAt(window, first);
  if (isCounter) growth += resetsIn(window);
  const sampled = (timeAt(window, last) - timeAt(window, first)) / 1000;
  const toEnd = (look.end - timeAt(window, last)) / 1000;
  let toStart = (timeAt(window, first) - look.start) / 1000;
  // A counter does not go below zero: its extrapolation stops where it would have been zero.
  if (isCounter && growth > 0 && valueAt(window, first) >= 0)
    toStart = Math.min(toStart, sampled * (valueAt(window, first) / growth));
  const between = sampled / (samples - 1);
  const stretch = (gap: number): number => (gap < between * 1.1 ? gap : between / 2);
  const result = growth * ((sampled + stretch(toStart) + stretch(toEnd)) / sampled);
  return isRate ? result / ((look.end - look.start) / 1000) : result;
}
function resetsIn(window: Window): number {
  let lost = 0;
  for (let i = window.from + 1; i < window.to; i += 1)
    if (valueAt(window, i) < valueAt(window, i - 1)) lost += valueAt(window, i - 1);
  return lost;
}

function lastTwo(window: Window, isRate: boolean): number | undefined {
  if (sizeOf(window) < 2) return undefined;
  const [before, last] = [window.to - 2, window.to - 1];
  const wasReset = isRate && valueAt(window, last) < valueAt(window, before);
  const growth = wasReset ? valueAt(window, last) : valueAt(window, last) - valueAt(window, before);
  const seconds = (timeAt(window, last) - timeAt(window, before)) / 1000;
  if (seconds === 0) return undefined;
  return isRate ? growth / seconds : growth;
}

/** Least squares; `origin` is where x is zero. */
function regression(window: Window, origin: number): { slope: number; intercept: number } | undefined {
  const n = sizeOf(window);
  if (n < 2) return undefined;
  const y = slice(window);
  const x = window.times.subarray(window.from, window.to).map((time) => (time - origin) / 1000);
  const first = y[0] ?? NaN;
  if (y.every((value) => value === first))
    return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: NaN, intercept: NaN };
  const [sumX, sumY] = [sumOf(x), sumOf(y)];
  const covariance = sumOf(x.map((one, i) => one * (y[i] ?? NaN))) - (sumX * sumY) / n;
  const slope = covariance / (sumOf(x.map((one) => one * one)) - (sumX * sumX) / n);
  return { slope, intercept: sumY / n - (slope * sumX) / n };
}

function variance(window: Window): number {
  let [count, mean, squares] = [0, 0, 0];
  for (const value of slice(window)) {
    count += 1;
    const delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  return squares / count;
}

/** Linear interpolation between the ranks; out of [0, 1] it is infinite. */
export function quantileOf(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const sorted = values.slice().sort();
  const rank = q * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const weight = rank - Math.floor(rank);
  const upper = Math.min(sorted.length - 1, lower + 1);
  return (sorted[lower] ?? NaN) * (1 - weight) + (sorted[upper] ?? NaN) * weight;
}

/** Holt-Winters, as it was called before Prometheus 3. */
function smoothed(window: Window, [sf = NaN, tf = NaN]: readonly number[]): number | undefined {
  if (sizeOf(window) < 2) return undefined;
  let [level, trend] = [valueAt(window, window.from), valueAt(window, window.from + 1) - valueAt(window, window.from)];
  for (let i = window.from + 1; i < window.to; i += 1) {
    const before = level;
    level = sf * valueAt(window, i) + (1 - sf) * (level + trend);
    trend = tf * (level - before) + (1 - tf) * trend;
  }
  return level;
}

export const rangeFunctions: Readonly<Record<string, RangeFunction>> = {
  rate: (window, look) => extrapolated(window, look, true, true),
  increase: (window, look) => extrapolated(window, look, true, false),
  delta: (window, look) => extrapolated(window, look, false, false),
  irate: (window) => lastTwo(window, true),
  idelta: (window) => lastTwo(window, false),
  deriv: (window) => regression(window, timeAt(window, window.from))?.slope,
  predict_linear: (window, { t, scalars: [seconds = NaN] }) => {
    const line = regression(window, t);
    return line && line.slope * seconds + line.intercept;
  },
  changes: (window) => neighbours(window, (before, value) => before !== value),
  resets: (window) => neighbours(window, (before, value) => value < before),
  avg_over_time: (window) => sumOf(slice(window)) / sizeOf(window),
  sum_over_time: (window) => sumOf(slice(window)),
  min_over_time: (window) => fold(window, Infinity, Math.min),
  max_over_time: (window) => fold(window, -Infinity, Math.max),
  count_over_time: sizeOf,
  last_over_time: (window) => valueAt(window, window.to - 1),
  first_over_time: (window) => valueAt(window, window.from),
  present_over_time: () => 1,
  stddev_over_time: (window) => Math.sqrt(variance(window)),
  stdvar_over_time: variance,
  quantile_over_time: (window, { scalars: [q = NaN] }) => quantileOf(q, slice(window)),
  double_exponential_smoothing: (window, look) => smoothed(window, look.scalars),
};
