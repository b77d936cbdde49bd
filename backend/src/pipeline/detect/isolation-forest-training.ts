import { IsolationForest } from './isolation-forest.ts';
import {
  decisionOf,
  featuresPerType,
  tailQuantile,
  type Baseline,
  type Evaluation,
  type ForestModel,
} from './isolation-forest-model.ts';

/** One series of history. Times are Unix seconds, ascending; values that are not finite are left out. */
export interface TrainingSeries {
  readonly targetKey: string;
  readonly metricType: string;
  readonly times: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export interface TrainingOptions {
  readonly trees?: number;
  readonly sample?: number;
  readonly random: () => number;
  /** Seconds that one vector sums up. */
  readonly window: number;
  readonly trainedAt: number;
  readonly days: number;
  /** Decision value under which a window counts as anomalous in the evaluation (ANOMALY_SCORE_THRESHOLD). */
  readonly decisionThreshold: number;
}

export type Training =
  | { readonly ok: true; readonly model: ForestModel }
  | { readonly ok: false; readonly reason: 'TooLittleHistory'; readonly message: string };

/** Fewer windows say nothing about what is usual. */
export const fewestWindows = 100;
const heldOut = 0.2;
const moved = 12;

export const seriesId = (targetKey: string, metricType: string): string => `${targetKey} ${metricType}`;

/** Far values are drawn nearer, so that one outage in history does not stretch every split. */
export const standardised = (value: number, { middle, scale }: Baseline): number =>
  Math.asinh((value - middle) / scale);

/** Median and a robust spread that is never 0: a flat series still has a unit in which to leave its level. */
export function baselineOf(values: ArrayLike<number>): Baseline | undefined {
  const sorted = Float64Array.from(Array.from(values).filter(Number.isFinite)).sort();
  if (sorted.length < 8) return undefined;
  const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))]!;
  const middle = at(0.5);
  const spread = Math.max((at(0.75) - at(0.25)) / 1.349, (at(0.98) - at(0.02)) / 6, 0.01 * Math.abs(middle));
  return { middle, scale: spread > 0 ? spread : 0.05 };
}

interface Windows {
  readonly data: Float64Array;
  readonly times: Float64Array;
}

/** One vector per target and window: mean and maximum of each metric type, standardised; 0 where a type is missing. */
function windowsOf(
  series: readonly TrainingSeries[],
  types: readonly string[],
  baselines: Readonly<Record<string, Baseline>>,
  window: number,
): Windows {
  const dimensions = types.length * featuresPerType;
  const rows = new Map<string, { time: number; vector: Float64Array; counts: Uint16Array }>();
  for (const { targetKey, metricType, times, values } of series) {
    const baseline = baselines[seriesId(targetKey, metricType)];
    const type = types.indexOf(metricType);
    if (!baseline || type < 0) continue;
    for (let i = 0; i < times.length; i += 1) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      const time = Math.floor(times[i]! / window);
      const key = `${time} ${targetKey}`;
      const row = rows.get(key) ?? {
        time,
        vector: new Float64Array(dimensions),
        counts: new Uint16Array(types.length),
      };
      rows.set(key, row);
      fold(row, type, standardised(value, baseline));
    }
  }
  const ordered = [...rows.values()].sort((a, b) => a.time - b.time);
  const data = new Float64Array(ordered.length * dimensions);
  ordered.forEach((row, i) => data.set(row.vector, i * dimensions));
  return { data, times: Float64Array.from(ordered, (row) => row.time * window) };
}

function fold(row: { vector: Float64Array; counts: Uint16Array }, type: number, z: number): void {
  const n = (row.counts[type]! += 1);
  const mean = type * featuresPerType;
  row.vector[mean]! += (z - row.vector[mean]!) / n;
  row.vector[mean + 1] = n === 1 ? z : Math.max(row.vector[mean + 1]!, z);
}

function scoresOf(forest: IsolationForest, data: Float64Array): Float64Array {
  const count = data.length / forest.dimensions;
  return Float64Array.from({ length: count }, (_, i) => forest.score(data, i * forest.dimensions));
}

/** Where the tail of healthy scores begins and how fast it falls. */
function calibrationOf(healthy: Float64Array): ForestModel['calibration'] {
  const sorted = healthy.toSorted();
  const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))]!;
  const u = at(tailQuantile);
  const above = sorted.filter((score) => score > u);
  const excess = above.length > 0 ? above.reduce((sum, score) => sum + score - u, 0) / above.length : 0;
  return { u, excess: Math.max(excess, 0.004), median: at(0.5) };
}

/** Each held-out window with one metric type moved far up, as a fault would. */
function faulty(data: Float64Array, types: number, random: () => number): Float64Array {
  const copy = data.slice();
  const dimensions = types * featuresPerType;
  for (let row = 0; row < copy.length; row += dimensions) {
    const at = row + Math.floor(random() * types) * featuresPerType;
    copy[at] = Math.asinh(Math.sinh(copy[at]!) + moved);
    copy[at + 1] = Math.asinh(Math.sinh(copy[at + 1]!) + 1.5 * moved);
  }
  return copy;
}

/** The chance that a moved window scores above an unmoved one (Mann-Whitney). */
function aucOf(quiet: Float64Array, loud: Float64Array): number {
  const sorted = quiet.toSorted();
  const below = (score: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < score) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const wins = loud.reduce((sum, score) => sum + below(score), 0);
  return quiet.length * loud.length === 0 ? 0.5 : wins / (quiet.length * loud.length);
}

function evaluated(
  forest: IsolationForest,
  quiet: Float64Array,
  types: number,
  options: TrainingOptions,
): Omit<Evaluation, 'trainedWindows'> {
  const scores = scoresOf(forest, quiet);
  const loud = scoresOf(forest, faulty(quiet, types, options.random));
  const rate = (of: Float64Array): number =>
    of.length === 0 ? 0 : of.filter((score) => decisionOf(score) < options.decisionThreshold).length / of.length;
  return { heldOutWindows: scores.length, alarmRate: rate(scores), recall: rate(loud), auc: aucOf(scores, loud) };
}

/**
 * Trains on the first four fifths of history and judges itself on the rest. Baselines come from the same history.
 * Refused when there are fewer than `fewestWindows` windows.
 */
export function trainForest(series: readonly TrainingSeries[], options: TrainingOptions): Training {
  const baselines: Record<string, Baseline> = {};
  for (const one of series) {
    const baseline = baselineOf(one.values);
    if (baseline) baselines[seriesId(one.targetKey, one.metricType)] = baseline;
  }
  const types = [...new Set(series.map((one) => one.metricType))].sort();
  const windows = windowsOf(series, types, baselines, options.window);
  const count = windows.times.length;
  if (count < fewestWindows)
    return {
      ok: false,
      reason: 'TooLittleHistory',
      message: `${count} windows of history; at least ${fewestWindows} are needed`,
    };
  const dimensions = types.length * featuresPerType;
  const trained = Math.floor(count * (1 - heldOut));
  const past = windows.data.subarray(0, trained * dimensions);
  const { trees = 100, sample = 256, random } = options;
  const forest = IsolationForest.grown(past, trained, dimensions, { trees, sample, random });
  const later = windows.data.subarray(trained * dimensions);
  const { trainedAt, days, window } = options;
  const evaluation = { trainedWindows: trained, ...evaluated(forest, later, types.length, options) };
  const calibration = calibrationOf(scoresOf(forest, windows.data));
  return {
    ok: true,
    model: { trainedAt, days, window, metricTypes: types, baselines, calibration, evaluation, forest },
  };
}
