import type { Batch, Detection, DetectionOptions, Explanation, SeriesInfo, SeriesState } from './detector.ts';
import { fastStride, FastHead } from './fast-head.ts';
import { explainRow } from './explain.ts';
import { Damping } from './damping.ts';

export const defaultThreshold = 0.78;
/** Samples before a series may raise an anomaly; state series may from their first sample. */
export const gracePeriod = 60;

/** Metric types that read 0 while all is well: the first sample that is not 0 is news, also of a new series. */
export const stateTypes: ReadonlySet<string> = new Set(['restarts', 'oom', 'waiting', 'replicas', 'node_pressure']);

export const scoreOf = (surprise: number): number => (surprise > 0 ? surprise / (1 + surprise) : 0);
export const surpriseOf = (score: number): number => (score < 1 ? score / (1 - score) : 1e6);

/** The production detectors of a set of series, behind one door. Single-threaded; owns and mutates its arrays only. */
export function createDetection(options: DetectionOptions): Detection {
  let thresholds = options.thresholds;
  const infos: (SeriesInfo | undefined)[] = [];
  const fast = new FastHead();
  const damping = new Damping();
  let scores = new Float32Array(0);
  let incidentScores = new Float32Array(0);
  let lastValues = new Float64Array(0);

  const thresholdOf = (row: number): number =>
    thresholds[infos[row]?.metricType ?? 'default'] ?? thresholds['default'] ?? defaultThreshold;

  function grow(size: number): void {
    if (size <= scores.length) return;
    const capacity = Math.max(size, scores.length * 2, 16);
    const wider = <T extends Float32Array | Float64Array>(from: T, to: T): T => (to.set(from), to);
    scores = wider(scores, new Float32Array(capacity));
    incidentScores = wider(incidentScores, new Float32Array(capacity));
    lastValues = wider(lastValues, new Float64Array(capacity));
    fast.grow(capacity);
    damping.grow(capacity);
  }

  function reset(row: number): void {
    fast.data.fill(0, row * fastStride, (row + 1) * fastStride);
    damping.reset(row);
    scores[row] = 0;
    incidentScores[row] = 0;
  }

  function take(batch: Batch, quiet: boolean): void {
    for (let i = 0; i < batch.count; i += 1) {
      const row = batch.rows[i]!;
      const value = batch.values[i]!;
      const info = infos[row];
      if (!info || !Number.isFinite(value)) continue;
      const masked = batch.masked[i] === 1;
      const width = info.range ? info.range[1] - info.range[0] : 0;
      const surprise = fast.step(row, value, batch.timestamp, !masked, width);
      lastValues[row] = value;
      scores[row] = scoreOf(surprise);
      incidentScores[row] = scoreOf(surprise);
      if (quiet || masked) continue;
      const bad = fast.towards(row, info.direction) ? surprise : 0;
      const ready = stateTypes.has(info.metricType) || fast.seen(row) > gracePeriod;
      damping.note(row, ready ? bad : 0, surpriseOf(thresholdOf(row)));
    }
  }

  return {
    add(row, info) {
      grow(row + 1);
      infos[row] = info;
      reset(row);
    },
    observe: (batch) => take(batch, false),
    replay: (batch) => take(batch, true),
    get scores() {
      return scores;
    },
    get incidentScores() {
      return incidentScores;
    },
    stateOf(row): SeriesState {
      if (damping.anomalous(row)) return 'anomalous';
      return fast.seen(row) > gracePeriod ? 'normal' : 'learning';
    },
    explain(row): Explanation {
      return explainRow(fast, row, infos[row], lastValues[row] ?? NaN, scores[row] ?? 0, thresholdOf(row));
    },
    thresholdOf,
    setThresholds(next) {
      thresholds = next;
    },
    regime: (row) => fast.regime(row),
    feedback() {
      // the feedback forest is wired in its own commit
    },
    forget(row) {
      infos[row] = undefined;
      reset(row);
    },
    inherit(from, to) {
      fast.data.copyWithin(to * fastStride, from * fastStride, (from + 1) * fastStride);
    },
    snapshot: () => new Uint8Array(0),
    restore: () => false,
  };
}
