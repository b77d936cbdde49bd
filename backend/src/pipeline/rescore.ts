import type { WatchedQuery } from '../model/index.ts';
import { createDetection, type DetectionOptions } from './detect/index.ts';
import { emptyBatch } from './poll.ts';
import type { Excursion, ScoredSeries } from './ports.ts';

/** A column of history, as it goes through fresh detectors. Times are Unix seconds, ascending; NaN = no value. */
export interface Column {
  readonly name: string;
  readonly key: string;
  readonly times: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export type ColumnKind = Pick<WatchedQuery, 'metricType' | 'direction' | 'range'>;

/**
 * Runs one column through detectors of its own, from their first day: what would have been said, point by point. Points
 * before `from` are learnt and left out of the answer.
 */
export function rescore(column: Column, kind: ColumnKind, options: DetectionOptions, from = -Infinity): ScoredSeries {
  const detection = createDetection(options);
  const { metricType, direction, range } = kind;
  detection.add(0, { metricType, direction, key: column.key, targetKey: column.key, ...(range && { range }) });
  const batch = emptyBatch(1);
  batch.count = 1;
  const line = empty(column.name, detection.thresholdOf(0));
  const watch = watchExcursions(column.name);
  for (let i = 0; i < column.times.length; i += 1) {
    const timestamp = column.times[i] ?? 0;
    const value = column.values[i] ?? NaN;
    batch.timestamp = timestamp;
    batch.values[0] = value;
    if (Number.isFinite(value)) detection.observe(batch);
    if (timestamp < from) continue;
    const said = detection.explain(0);
    line.times.push(timestamp);
    line.values.push(value);
    line.scores.push(detection.scores[0] ?? 0);
    line.anomalyScores.push(detection.incidentScores[0] ?? 0);
    line.expected.push(said.expected);
    line.low.push(said.band[0]);
    line.high.push(said.band[1]);
    watch.see(detection.stateOf(0) === 'anomalous', timestamp, detection.scores[0] ?? 0, said.sentence);
  }
  return { ...line, excursions: watch.end() };
}

/** At most so many points; of several, the one with the highest score stays. */
export function thinned(line: ScoredSeries, points: number): ScoredSeries {
  const width = Math.ceil(line.times.length / points);
  if (width <= 1) return line;
  const kept: number[] = [];
  for (let from = 0; from < line.times.length; from += width) {
    let best = from;
    for (let i = from; i < Math.min(from + width, line.times.length); i += 1)
      if (line.scores[i]! > line.scores[best]!) best = i;
    kept.push(best);
  }
  const pick = (column: readonly number[]) => kept.map((i) => column[i]!);
  const { times, values, scores, anomalyScores, expected, low, high } = line;
  return {
    ...{ ...line, times: pick(times), values: pick(values), scores: pick(scores) },
    ...{ anomalyScores: pick(anomalyScores), expected: pick(expected), low: pick(low), high: pick(high) },
  };
}

const empty = (name: string, threshold: number) => ({
  name,
  threshold,
  times: [] as number[],
  values: [] as number[],
  scores: [] as number[],
  anomalyScores: [] as number[],
  expected: [] as number[],
  low: [] as number[],
  high: [] as number[],
});

/** Turns a run of states into periods, each with its peak and what was said at the peak. */
function watchExcursions(target: string) {
  const found: Excursion[] = [];
  let open: { from: number; to: number; peak: number; sentence: string } | undefined;
  const close = (): void => {
    if (open) found.push({ target, ...open });
    open = undefined;
  };
  return {
    see(anomalous: boolean, timestamp: number, score: number, sentence: string) {
      if (!anomalous) return close();
      open ??= { from: timestamp, to: timestamp, peak: score, sentence };
      open.to = timestamp;
      if (score > open.peak) Object.assign(open, { peak: score, sentence });
    },
    end(): readonly Excursion[] {
      close();
      return found;
    },
  };
}
