import {
  sampleMasks,
  type Batch,
  type Detection,
  type DetectionOptions,
  type Explanation,
  type SeriesInfo,
  type SeriesState,
} from './detector.ts';
import { AlertPolicy, policyStride } from './alert-policy.ts';
import { Calibration, poolFloats } from './calibration.ts';
import { fastStride, FastHead } from './fast-head.ts';
import { explainRow } from './explain.ts';
import { Damping, dampingFloats } from './damping.ts';
import { SlowHead, slowStride } from './slow-head.ts';
import { checksumOf, decodeSnapshot, encodeSnapshot } from './snapshot.ts';
import { weekParameters, WeekMemory } from './week-memory.ts';

/** One healthy sample in a thousand. */
export const defaultThreshold = 0.75;
/** Samples before a series may raise an anomaly; state series may from their first sample. */
export const gracePeriod = 60;

/** Metric types that read 0 while all is well: the first sample that is not 0 is news, also of a new series. */
export const stateTypes: ReadonlySet<string> = new Set(['restarts', 'oom', 'waiting', 'replicas', 'node_pressure']);

/** Of these, those whose transients no rollout explains: one strong sample is enough. */
export const factTypes: ReadonlySet<string> = new Set(['restarts', 'oom', 'waiting', 'node_pressure']);

export const scoreOf = (surprise: number): number => (surprise > 0 ? surprise / (1 + surprise) : 0);
export const surpriseOf = (score: number): number => (score < 1 ? score / (1 - score) : 1e6);

/** What the slow head adds to a point surprise. All of it would blur the point: it stays high for as long as an incident lasts. */
const slowShare = 0.5;
/** A sample this much older than the last one is a clock that was put back, not a late sample (s). */
const clockPutBack = 3600;
/** A snapshot of a row: both heads, what the policy and damping remember, and the time of its last sample in two parts. */
const [slowAt, policyAt] = [fastStride, fastStride + slowStride];
const dampingAt = policyAt + policyStride;
const timeAt = dampingAt + dampingFloats;
const floatsEach = timeAt + 2;
/** Single precision holds both parts exactly. */
const timePart = 4096;
/** Of an older state than this, the replayed history knows more (s). */
const tooOld = 86_400;

/** The production detectors of a set of series, behind one door. Single-threaded; owns and mutates its arrays only. */
export function createDetection(options: DetectionOptions): Detection {
  let thresholds = options.thresholds;
  const infos: (SeriesInfo | undefined)[] = [];
  /** A number for each series, the same in every process. */
  const numbers: number[] = [];
  const fast = new FastHead();
  const slow = new SlowHead();
  const calibration = new Calibration();
  const policy = new AlertPolicy();
  const damping = new Damping();
  const week = new WeekMemory();
  const restored = new Map<string, Float32Array>();
  let scores = new Float32Array(0);
  let incidentScores = new Float32Array(0);
  let lastValues = new Float64Array(0);
  let lastTimes = new Float64Array(0);

  const thresholdOf = (row: number): number =>
    thresholds[infos[row]?.metricType ?? 'default'] ?? thresholds['default'] ?? defaultThreshold;

  function grow(size: number): void {
    if (size <= scores.length) return;
    const capacity = Math.max(size, scores.length * 2, 16);
    const wider = <T extends Float32Array | Float64Array>(from: T, to: T): T => (to.set(from), to);
    scores = wider(scores, new Float32Array(capacity));
    incidentScores = wider(incidentScores, new Float32Array(capacity));
    lastValues = wider(lastValues, new Float64Array(capacity));
    lastTimes = wider(lastTimes, new Float64Array(capacity));
    fast.grow(capacity);
    slow.grow(capacity);
    calibration.grow(capacity);
    policy.grow(capacity);
    damping.grow(capacity);
  }

  function reset(row: number): void {
    fast.data.fill(0, row * fastStride, (row + 1) * fastStride);
    slow.data.fill(0, row * slowStride, (row + 1) * slowStride);
    policy.reset(row);
    damping.reset(row);
    week.forget(row);
    scores[row] = 0;
    incidentScores[row] = 0;
    lastValues[row] = NaN;
    lastTimes[row] = -Infinity;
  }

  function takeUp(row: number, floats: Float32Array): void {
    const time = floats[timeAt]! * timePart + floats[timeAt + 1]!;
    if (time < lastTimes[row]! - tooOld) return;
    fast.data.set(floats.subarray(0, slowAt), row * fastStride);
    slow.data.set(floats.subarray(slowAt, policyAt), row * slowStride);
    policy.data.set(floats.subarray(policyAt, dampingAt), row * policyStride);
    damping.load(row, floats, dampingAt);
    lastTimes[row] = Math.max(lastTimes[row]!, time);
  }

  function saved(row: number): Float32Array {
    const floats = new Float32Array(floatsEach);
    floats.set(fast.data.subarray(row * fastStride, (row + 1) * fastStride));
    floats.set(slow.data.subarray(row * slowStride, (row + 1) * slowStride), slowAt);
    floats.set(policy.data.subarray(row * policyStride, (row + 1) * policyStride), policyAt);
    damping.save(row, floats, dampingAt);
    const time = Math.max(0, Math.floor(lastTimes[row]!));
    floats[timeAt] = Math.floor(time / timePart);
    floats[timeAt + 1] = time % timePart;
    return floats;
  }

  /** Whether a sample can be judged: of a known series, finite, and not one that was already seen or comes too late. */
  function judgeable(row: number, value: number, timestamp: number): boolean {
    if (!infos[row] || !Number.isFinite(value)) return false;
    const last = lastTimes[row]!;
    return timestamp > last || timestamp < last - clockPutBack;
  }

  function judge(row: number, info: SeriesInfo, value: number, timestamp: number, mask: number, quiet: boolean): void {
    const masked = mask === sampleMasks.changing;
    const learns = mask === sampleMasks.none;
    const width = info.range ? info.range[1] - info.range[0] : 0;
    const off = value - fast.expected(row);
    const point = fast.step(row, value, timestamp, learns, width);
    const incident = slow.step(row, value, timestamp, learns, width);
    const part = slowShare * incident;
    const fused = Math.cbrt(point * point * point + part * part * part);
    const surprise = calibration.calibrated(row, fused);
    if (learns && fast.seen(row) > gracePeriod) calibration.learn(row, fused, surprise, timestamp);
    lastValues[row] = value;
    lastTimes[row] = timestamp;
    scores[row] = scoreOf(surprise);
    incidentScores[row] = scoreOf(masked ? 0 : policy.judge(row, incident));
    if (masked) damping.pause(row);
    const usual = !masked && surprise >= weekParameters.from && isOfTheWeek(row, off, surprise, timestamp, mask);
    if (quiet || masked) return;
    const bad = !usual && towards(row, info.direction) ? surprise : 0;
    const ready = stateTypes.has(info.metricType) || fast.seen(row) > gracePeriod;
    damping.note(row, ready ? bad : 0, surpriseOf(thresholdOf(row)), factTypes.has(info.metricType));
  }

  /** Is this strange sample the week's rhythm? A fact never is. Remembers the sample. */
  function isOfTheWeek(row: number, off: number, surprise: number, timestamp: number, mask: number): boolean {
    if (stateTypes.has(infos[row]?.metricType ?? '')) return false;
    const usual = week.knows(row, off, surprise, timestamp);
    if (mask === sampleMasks.failing) week.isOutage(row, timestamp);
    else week.note(row, off, surprise, timestamp);
    return usual;
  }

  /** Whether the views that spoke, taken together, point in a direction that is bad news. */
  function towards(row: number, direction: SeriesInfo['direction']): boolean {
    if (direction === 'both') return true;
    const sum = fast.lean(row) + slowShare ** 3 * slow.lean(row);
    return direction === 'up' ? sum > 0 : sum < 0;
  }

  function take(batch: Batch, quiet: boolean): void {
    for (let i = 0; i < batch.count; i += 1) {
      const row = batch.rows[i]!;
      const value = batch.values[i]!;
      const info = infos[row];
      if (info && judgeable(row, value, batch.timestamp))
        judge(row, info, value, batch.timestamp, batch.masked[i]!, quiet);
    }
  }

  return {
    add(row, info) {
      grow(row + 1);
      infos[row] = info;
      const key = new TextEncoder().encode(info.key);
      numbers[row] = checksumOf(key, key.length);
      calibration.add(row, info.metricType, info.targetKey);
      reset(row);
      const floats = restored.get(info.key);
      if (floats) takeUp(row, floats);
      restored.delete(info.key);
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
      const part = { head: slow, share: slowShare };
      const threshold = thresholdOf(row);
      return explainRow(fast, part, row, {
        ...{
          info: infos[row],
          series: numbers[row] ?? 0,
          value: lastValues[row] ?? NaN,
          score: scores[row] ?? 0,
          threshold,
        },
        reach: infos[row] ? calibration.fused(row, surpriseOf(threshold)) : surpriseOf(threshold),
      });
    },
    thresholdOf,
    setThresholds(next) {
      thresholds = next;
    },
    regime(row) {
      fast.regime(row);
      slow.regime(row);
    },
    feedback() {
      // the feedback forest is wired in its own commit
    },
    forget(row) {
      infos[row] = undefined;
      reset(row);
    },
    inherit(from, to) {
      fast.data.copyWithin(to * fastStride, from * fastStride, (from + 1) * fastStride);
      slow.data.copyWithin(to * slowStride, from * slowStride, (from + 1) * slowStride);
    },
    snapshot() {
      const series = infos.flatMap((info, row) => (info ? [{ key: info.key, floats: saved(row) }] : []));
      return encodeSnapshot([
        { floatsEach, rows: series },
        { floatsEach: poolFloats, rows: calibration.pools },
      ]);
    },
    restore(bytes) {
      const tables = decodeSnapshot(bytes, [floatsEach, poolFloats]);
      if (!tables) return false;
      const [series = [], pools = []] = tables;
      for (const { key, floats } of pools) calibration.restore(key, floats);
      restored.clear();
      for (const { key, floats } of series) restored.set(key, floats);
      infos.forEach((info, row) => {
        const floats = info && restored.get(info.key);
        if (!floats) return;
        takeUp(row, floats);
        restored.delete(info.key);
      });
      return true;
    },
  };
}
