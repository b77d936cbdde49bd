import { matcherOf } from './matching.ts';
import type { Matcher, SeriesSource, StoredSeries } from './series-source.ts';

export type Labels = Readonly<Record<string, string>>;
/** What a series was before the cluster's live part began: a gauge's value or a counter's rate at a time. */
export type Past = (time: number) => number;

/** A set of labels that any number of metrics carry; hold on to it, it is how a series is found again. */
export interface LabelSet {
  readonly labels: Labels;
  readonly series: Map<string, Series>;
}

interface Series {
  readonly labels: Labels;
  readonly counter: boolean;
  /** Values by chunk number; NaN = no sample. */
  readonly chunks: Map<number, Float64Array>;
  /** Added to a counter's totals so that it never was below zero in the past. */
  base: number;
  last: number;
  lastTick: number;
  past: Past | undefined;
}

/** Ticks per chunk. */
const chunkTicks = 240;

export interface StoreOptions {
  /** Unix seconds where the history begins, and its step. */
  readonly historyFrom: number;
  readonly historyStep: number;
  /** Ticks that are kept. */
  readonly keepTicks: number;
}

/** Where exporters put the samples of one tick. */
export interface Sink {
  /** True in the first tick: what is put then has a past. */
  readonly founding: boolean;
  /** The label set of `key`, made when it is new. */
  labels(key: string, make: () => Labels): LabelSet;
  gauge(name: string, set: LabelSet, value: number, past?: Past): void;
  counter(name: string, set: LabelSet, total: number, past?: Past): void;
}

export interface SampleStore extends SeriesSource {
  /** Opens the tick at `time`; ticks are in order. */
  begin(time: number): Sink;
  /** The samples of the last tick: name, labels, value, type. */
  latest(): Iterable<{ readonly labels: Labels; readonly value: number; readonly counter: boolean }>;
  readonly size: number;
}

/** Samples of one series in the making. */
interface Samples {
  readonly size: number;
  add(time: number, value: number): void;
  done(): Pick<StoredSeries, 'timestamps' | 'values'>;
}

/** Room for at most so many samples. */
function createSamples(most: number): Samples {
  const timestamps = new Float64Array(most);
  const values = new Float64Array(most);
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(time, value) {
      timestamps[size] = time;
      values[size] = value;
      size += 1;
    },
    done: () => ({ timestamps: timestamps.subarray(0, size), values: values.subarray(0, size) }),
  };
}

/**
 * All samples since the cluster began in chunks of typed arrays, and before that a past that is computed when it is
 * asked for. A series that ends gets one NaN, as Prometheus writes a stale marker.
 */
export function createSampleStore(options: StoreOptions): SampleStore {
  const { historyFrom, historyStep, keepTicks } = options;
  const sets = new Map<string, LabelSet>();
  const byName = new Map<string, Series[]>();
  const times: number[] = [];
  /** Number of the tick that times[0] belongs to. */
  let dropped = 0;
  let tick = -1;

  function create(name: string, set: LabelSet, counter: boolean, value: number, past: Past | undefined): Series {
    const founded = tick === 0;
    const now = times[0] ?? 0;
    const before = founded ? (past ?? (counter ? () => 0 : () => value)) : undefined;
    const base = founded && counter && past ? Math.ceil(4 * past(now) * (now - historyFrom) + 1) : 0;
    const labels = { __name__: name, ...set.labels };
    const made: Series = { labels, counter, chunks: new Map(), base, last: 0, lastTick: -1, past: before };
    set.series.set(name, made);
    byName.set(name, [...(byName.get(name) ?? []), made]);
    return made;
  }

  function put(name: string, set: LabelSet, counter: boolean, value: number, past?: Past): void {
    const series = set.series.get(name) ?? create(name, set, counter, value, past);
    // A total that fell means that what counted was started anew: so does the counter.
    if (counter && value < series.last) series.base = 0;
    series.last = value;
    series.lastTick = tick;
    const number = Math.floor(tick / chunkTicks);
    let chunk = series.chunks.get(number);
    if (!chunk) {
      chunk = new Float64Array(chunkTicks).fill(NaN);
      series.chunks.set(number, chunk);
    }
    chunk[tick % chunkTicks] = value + series.base;
  }

  function dropOld(): void {
    if (times.length <= keepTicks + chunkTicks) return;
    times.splice(0, chunkTicks);
    dropped += chunkTicks;
    const oldest = dropped / chunkTicks;
    for (const list of byName.values()) for (const series of list) series.chunks.delete(oldest - 1);
    for (const [name, list] of byName)
      byName.set(
        name,
        list.filter((series) => series.chunks.size > 0),
      );
    for (const [key, set] of sets) {
      for (const [name, series] of set.series) if (series.chunks.size === 0) set.series.delete(name);
      if (set.series.size === 0) sets.delete(key);
    }
  }

  const sink = (founding: boolean): Sink => ({
    founding,
    labels(key, make) {
      let set = sets.get(key);
      if (!set) sets.set(key, (set = { labels: make(), series: new Map() }));
      return set;
    },
    gauge: (name, set, value, past) => put(name, set, false, value, past),
    counter: (name, set, total, past) => put(name, set, true, total, past),
  });

  /** First and last tick with a time in [from, to]. */
  function ticksIn(from: number, to: number): readonly [number, number] {
    const below = (bound: number, orAt: boolean): number => {
      let low = 0;
      let high = times.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const time = times[middle] as number;
        if (time < bound || (orAt && time === bound)) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    return [below(from, false) + dropped, below(to, true) - 1 + dropped];
  }

  /** Appends the live samples of the ticks from `first` to `last`. */
  function liveInto(series: Series, first: number, last: number, out: Samples): void {
    let before = true;
    let chunk: Float64Array | undefined;
    let number = -1;
    for (let at = first; at <= last; at += 1) {
      const needed = Math.floor(at / chunkTicks);
      if (needed !== number) chunk = series.chunks.get((number = needed));
      const value = chunk?.[at % chunkTicks] ?? NaN;
      // The first missing sample after a present one is the stale marker; the others are nothing.
      if (Number.isNaN(value) && before) continue;
      before = Number.isNaN(value);
      out.add(times[at - dropped] as number, value);
    }
  }

  function select(matchers: readonly Matcher[], from: number, to: number): StoredSeries[] {
    const fits = matcherOf(matchers);
    const name = matchers.find((one) => one.name === '__name__' && one.op === '=')?.value;
    const candidates = name === undefined ? [...byName.values()].flat() : (byName.get(name) ?? []);
    const found: StoredSeries[] = [];
    const began = dropped === 0 ? (times[0] ?? Infinity) : Infinity;
    const [first, last] = ticksIn(from, to);
    const ticks = Math.max(0, last - first + 1);
    const older = from < began ? Math.max(0, Math.ceil((Math.min(to, began) - from) / historyStep)) + 1 : 0;
    for (const series of candidates) {
      if (!fits(series.labels)) continue;
      const out = createSamples(ticks + (series.past ? older : 0));
      if (series.past && from < began) pastInto(series, from, Math.min(to, began - 1), began, out);
      liveInto(series, first, last, out);
      if (out.size > 0) found.push({ labels: series.labels, ...out.done() });
    }
    return found;
  }

  /** A counter's past runs backwards from where its live part began. */
  function pastInto(series: Series, from: number, to: number, began: number, out: Samples): void {
    const past = series.past as Past;
    const grid = (time: number): number => Math.floor((time - historyFrom) / historyStep);
    const first = Math.max(0, grid(from - 1) + 1);
    const last = Math.min(grid(to), grid(began - 1));
    if (!series.counter) {
      for (let index = first; index <= last; index += 1) {
        const time = historyFrom + index * historyStep;
        out.add(time, past(time));
      }
      return;
    }
    let value = firstValue(series);
    let later = began;
    const values: number[] = [];
    for (let index = grid(began - 1); index >= first; index -= 1) {
      const time = historyFrom + index * historyStep;
      value -= past((time + later) / 2) * (later - time);
      later = time;
      if (index <= last) values.push(value);
    }
    values.reverse().forEach((one, index) => out.add(historyFrom + (first + index) * historyStep, one));
  }

  const firstValue = (series: Series): number => series.chunks.get(0)?.[0] ?? series.base;

  return {
    select,
    begin(time) {
      dropOld();
      times.push(time);
      tick += 1;
      return sink(tick === 0);
    },
    *latest() {
      for (const list of byName.values())
        for (const { labels, counter, lastTick, last, base } of list)
          if (lastTick === tick) yield { labels, value: last + base, counter };
    },
    get size() {
      return [...byName.values()].reduce((sum, list) => sum + list.length, 0);
    },
  };
}
