import type { SeriesSource, StoredSeries } from '../metrics/series-source.ts';
import type { Selector, Shift } from './expression.ts';
import type { Element, LabelSet, LabelTable } from './labels.ts';

/** One query's view of the store. Times are milliseconds, as inside Prometheus. */
export interface Context {
  readonly source: SeriesSource;
  readonly table: LabelTable;
  /** The first and last evaluation time of this expression (a subquery's are wider than the query's). */
  readonly start: number;
  readonly end: number;
  /** What `@ start()` and `@ end()` mean. */
  readonly query: { readonly start: number; readonly end: number };
  /** How old the newest sample of a series may be. */
  readonly lookback: number;
  /** The step of a subquery that names none. */
  readonly defaultStep: number;
}

/** The samples of one series in a window: indices from ≤ i < to. */
export interface Window {
  readonly labels: LabelSet;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly from: number;
  readonly to: number;
}

/** A sample that is NaN means: the series ended here (Prometheus' staleness marker; JavaScript has only one NaN). */
const isStale = Number.isNaN;

/** Where a selector looks when the query is evaluated at t. */
export const shiftedTime = ({ offset, at }: Shift, t: number, query: Context['query']): number => {
  if (at === 'start') return query.start - offset;
  if (at === 'end') return query.end - offset;
  return (at ?? t) - offset;
};

interface Loaded {
  readonly labels: LabelSet;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly indexAt: (t: number) => number;
}

/** Everything a selector can need during the whole query, selected once. `reach` is how far back each look goes. */
function load(selector: Selector, context: Context, reach: number, keepStale: boolean): Loaded[] {
  const from = shiftedTime(selector, context.start, context.query) - reach;
  const to = shiftedTime(selector, context.end, context.query);
  return context.source.select(selector.matchers, from / 1000, to / 1000).map((series) => {
    const { times, values } = keepStale ? inMilliseconds(series) : fresh(inMilliseconds(series));
    return { labels: context.table.of(series.labels), times, values, indexAt: cursorOver(times) };
  });
}

const inMilliseconds = ({ timestamps, values }: StoredSeries) => ({
  times: timestamps.map((seconds) => Math.round(seconds * 1000)),
  values,
});
function fresh({ times, values }: { times: Float64Array; values: Float64Array }) {
  if (!values.some(isStale)) return { times, values };
  return { times: times.filter((_, i) => !isStale(values[i])), values: values.filter((value) => !isStale(value)) };
}

/** Index of the newest sample at or before t, or -1. Steps mostly go forward, so it starts where it last stood. */
function cursorOver(times: Float64Array): (t: number) => number {
  let index = -1;
  const isAfter = (i: number, t: number): boolean => i >= times.length || (times[i] ?? Infinity) > t;
  return (t) => {
    if (index >= 0 && isAfter(index, t)) index = -1;
    for (let steps = 0; steps < 8; steps += 1) {
      if (isAfter(index + 1, t)) return index;
      index += 1;
    }
    index = search(times, t, index);
    return index;
  };
}
function search(times: Float64Array, t: number, from: number): number {
  let [low, high] = [from, times.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= t) low = middle;
    else high = middle;
  }
  return low;
}

export interface TimedElement extends Element {
  readonly time: number;
}

/** The newest sample of each series within the lookback, unless the series has ended. */
export function instantSelector(selector: Selector, context: Context): (t: number) => TimedElement[] {
  const series = load(selector, context, context.lookback, true);
  return (t) => {
    const reference = shiftedTime(selector, t, context.query);
    const vector: TimedElement[] = [];
    for (const { labels, times, values, indexAt } of series) {
      const index = indexAt(reference);
      const [time, value] = [times[index], values[index]];
      if (time === undefined || value === undefined || isStale(value)) continue;
      if (time >= reference - context.lookback) vector.push({ labels, value, time });
    }
    return vector;
  };
}

/** The samples of each series in [t - range, t], both ends included as in Prometheus 2. */
export function rangeSelector(selector: Selector, range: number, context: Context): (t: number) => Window[] {
  const series = load(selector, context, range, false).map((one) => ({ ...one, before: cursorOver(one.times) }));
  return (t) => {
    const end = shiftedTime(selector, t, context.query);
    const windows: Window[] = [];
    for (const { labels, times, values, indexAt, before } of series) {
      const to = indexAt(end) + 1;
      const from = before(end - range - 1) + 1;
      if (to > from) windows.push({ labels, times, values, from, to });
    }
    return windows;
  };
}
