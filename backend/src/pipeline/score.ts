import { createDetection, surpriseOf, scoreOf, type Batch } from './detect/index.ts';

/** Values of one or more series at the same times (Unix seconds); NaN = no value. */
export interface ScoreTable {
  readonly times: ArrayLike<number>;
  readonly columns: readonly ArrayLike<number>[];
  /** Known bounds of the value of every column, where the caller has them. */
  readonly range?: readonly [number, number];
}

/** By row: the calibrated point score, and the incident output after the alert policy; both 0…1. */
export interface ScoredTable {
  readonly scores: Float64Array;
  readonly anomalyScores: Float64Array;
}

/** Over several series of one workload the strangest few speak: one alone is often noise. */
const spokesmen = 3;

/**
 * Sends a table through fresh detectors, the ones that `serve` runs, one row after the other: what stands in later rows
 * cannot change an earlier score. Several columns are one workload: its scores are the mean of its strangest columns.
 */
export function scoreTable({ times, columns, range }: ScoreTable): ScoredTable {
  const detection = createDetection({ seed: 1, thresholds: {}, interval: 60 });
  const count = columns.length;
  columns.forEach((_, row) => {
    const key = String(row);
    detection.add(row, { metricType: 'default', direction: 'both', key, targetKey: '', ...(range && { range }) });
  });
  const values = new Float64Array(count);
  const rows = Uint32Array.from(values, (_, i) => i);
  const batch = { rows, values, masked: new Uint8Array(count), timestamp: 0, count };
  const scored = { scores: new Float64Array(times.length), anomalyScores: new Float64Array(times.length) };
  const top = new Float64Array(Math.min(spokesmen, count));
  for (let i = 0; i < times.length; i += 1) {
    columns.forEach((column, c) => (values[c] = column[i] ?? NaN));
    batch.timestamp = times[i] ?? 0;
    detection.observe(batch satisfies Batch);
    scored.scores[i] = meanOfStrangest(detection.scores, count, top);
    scored.anomalyScores[i] = meanOfStrangest(detection.incidentScores, count, top);
  }
  return scored;
}

function meanOfStrangest(scores: Float32Array, count: number, top: Float64Array): number {
  if (count === 1) return scores[0] ?? 0;
  top.fill(0);
  for (let c = 0; c < count; c += 1) {
    let s = surpriseOf(scores[c] ?? 0);
    for (let k = 0; k < top.length && s > 0; k += 1) {
      const other = top[k]!;
      if (s <= other) continue;
      top[k] = s;
      s = other;
    }
  }
  return scoreOf(top.reduce((sum, s) => sum + s, 0) / Math.max(1, top.length));
}
