import { createDetection, Credibility, JointSurprise, scoreOf, surpriseOf, type Batch } from './detect/index.ts';

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

/** Takes rows in the order of time and says of each how unusual it is, before it learns it. */
export type RowScorer = (
  /** Unix seconds. */
  time: number,
  /** One per column; NaN = no value. */
  values: ArrayLike<number>,
) => { readonly score: number; readonly anomalyScore: number };

/**
 * Fresh detectors, the ones that `serve` runs, for a table of `count` columns that is read row by row. Several columns
 * are one workload, judged as `kubewise_workload_score` judges one. `range`: known bounds of all values.
 */
export function createRowScorer(count: number, range?: readonly [number, number]): RowScorer {
  const detection = createDetection({ thresholds: {} });
  const values = new Float64Array(count);
  const rows = Uint32Array.from(values, (_, i) => i);
  for (const row of rows) {
    const key = String(row);
    detection.add(row, { metricType: 'default', direction: 'both', key, targetKey: '', ...(range && { range }) });
  }
  const batch = { rows, values, masked: new Uint8Array(count), timestamp: 0, count };
  const points = new JointSurprise();
  const credibilities = Array.from(rows, () => new Credibility());
  const alerts = new JointSurprise();
  return (time, row) => {
    for (let c = 0; c < count; c += 1) values[c] = row[c] ?? NaN;
    batch.timestamp = time;
    detection.observe(batch satisfies Batch);
    if (count === 1) return { score: detection.scores[0] ?? 0, anomalyScore: detection.incidentScores[0] ?? 0 };
    for (let c = 0; c < count; c += 1) {
      // A series without a value now has nothing to say now.
      if (!Number.isFinite(values[c])) continue;
      points.add(credibilities[c]!.of(surpriseOf(detection.scores[c] ?? 0)));
      alerts.add(surpriseOf(detection.incidentScores[c] ?? 0));
    }
    points.end();
    alerts.end();
    // An alert is of its moment; what led to it is in the score.
    return { score: scoreOf(points.joint), anomalyScore: scoreOf(alerts.now) };
  };
}

/** A whole table through a row scorer: what stands in later rows cannot change an earlier score. */
export function scoreTable({ times, columns, range }: ScoreTable): ScoredTable {
  const scorer = createRowScorer(columns.length, range);
  const scored = { scores: new Float64Array(times.length), anomalyScores: new Float64Array(times.length) };
  const row = new Float64Array(columns.length);
  for (let i = 0; i < times.length; i += 1) {
    columns.forEach((column, c) => (row[c] = column[i] ?? NaN));
    const { score, anomalyScore } = scorer(times[i] ?? 0, row);
    scored.scores[i] = score;
    scored.anomalyScores[i] = anomalyScore;
  }
  return scored;
}
