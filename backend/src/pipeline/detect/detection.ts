import {
  sampleMasks,
  type Batch,
  type Detection,
  type DetectionOptions,
  type Explanation,
  type SeriesInfo,
  type SeriesState,
} from './detector.ts';
import { Afterglow } from './afterglow.ts';
import { AlertPolicy, policyStride } from './alert-policy.ts';
import { Calibration, poolFloats } from './calibration.ts';
import { blockOf, type Block } from './columns.ts';
import { fastStride, FastHead } from './fast-head.ts';
import { expectationOf, explainRow } from './explain.ts';
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
/** A snapshot of a row: both heads, what policy, afterglow and damping remember, and the time of its last sample in two parts. */
const [slowAt, policyAt] = [fastStride, fastStride + slowStride];
const glowAt = policyAt + policyStride;
const dampingAt = glowAt + 1;
const timeAt = dampingAt + dampingFloats;
const floatsEach = timeAt + 2;
/** Single precision holds both parts exactly. */
const timePart = 4096;
/** Samples that the heads take at a time. */
const blockSize = 256;
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
  const afterglow = new Afterglow();
  const damping = new Damping();
  const week = new WeekMemory();
  const restored = new Map<string, Float32Array>();
  let scores = new Float32Array(0);
  let incidentScores = new Float32Array(0);
  let lastValues = new Float64Array(0);
  let lastTimes = new Float64Array(0);
  /** By row: the surprise from which its score is over the threshold. */
  let limits = new Float64Array(0);

  /** What both heads are given at a time: little enough to stay in the cache. */
  const points = blockOf(blockSize);
  const incidents: Block = { ...points, surprises: new Float64Array(blockSize), leans: new Float64Array(blockSize) };
  const masks = new Uint8Array(blockSize);
  const expected = new Float64Array(blockSize);
  const surprises = new Float64Array(blockSize);
  /** A number at a time goes from one to the next in here: as an argument or an answer it would be boxed. */
  const said = new Float64Array(blockSize);
  let gathered = 0;

  const thresholdOf = (row: number): number =>
    thresholds[infos[row]?.metricType ?? 'default'] ?? thresholds['default'] ?? defaultThreshold;

  /** The fused surprise at which the threshold of a row lies. */
  function reachOf(row: number): number {
    const surprise = surpriseOf(thresholdOf(row));
    return infos[row] ? calibration.fused(row, surprise) : surprise;
  }

  function grow(size: number): void {
    if (size <= scores.length) return;
    const capacity = Math.max(size, scores.length * 2, 16);
    const wider = <T extends Float32Array | Float64Array>(from: T, to: T): T => (to.set(from), to);
    scores = wider(scores, new Float32Array(capacity));
    incidentScores = wider(incidentScores, new Float32Array(capacity));
    lastValues = wider(lastValues, new Float64Array(capacity));
    lastTimes = wider(lastTimes, new Float64Array(capacity));
    limits = wider(limits, new Float64Array(capacity));
    fast.grow(capacity);
    slow.grow(capacity);
    calibration.grow(capacity);
    policy.grow(capacity);
    afterglow.grow(capacity);
    damping.grow(capacity);
  }

  function reset(row: number): void {
    fast.data.fill(0, row * fastStride, (row + 1) * fastStride);
    slow.data.fill(0, row * slowStride, (row + 1) * slowStride);
    policy.reset(row);
    afterglow.data[row] = 0;
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
    policy.data.set(floats.subarray(policyAt, glowAt), row * policyStride);
    afterglow.data[row] = floats[glowAt]!;
    damping.load(row, floats, dampingAt);
    lastTimes[row] = Math.max(lastTimes[row]!, time);
  }

  function saved(row: number): Float32Array {
    const floats = new Float32Array(floatsEach);
    floats.set(fast.data.subarray(row * fastStride, (row + 1) * fastStride));
    floats.set(slow.data.subarray(row * slowStride, (row + 1) * slowStride), slowAt);
    floats.set(policy.data.subarray(row * policyStride, (row + 1) * policyStride), policyAt);
    floats[glowAt] = afterglow.data[row]!;
    damping.save(row, floats, dampingAt);
    const time = Math.max(0, Math.floor(lastTimes[row]!));
    floats[timeAt] = Math.floor(time / timePart);
    floats[timeAt + 1] = time % timePart;
    return floats;
  }

  /** Whether a sample can be judged: of a known series, finite, and not one that was already seen or comes too late. */
  function judgeable(batch: Batch, at: number): boolean {
    const row = batch.rows[at]!;
    if (!infos[row] || !Number.isFinite(batch.values[at])) return false;
    const last = lastTimes[row]!;
    return batch.timestamp > last || batch.timestamp < last - clockPutBack;
  }

  /** Takes from the batch what can be judged, up to a block. Returns where it stopped. */
  function gather(batch: Batch, from: number): number {
    let at = from;
    for (gathered = 0; at < batch.count && gathered < blockSize; at += 1) {
      if (!judgeable(batch, at)) continue;
      const row = batch.rows[at]!;
      const value = batch.values[at]!;
      const range = infos[row]?.range;
      points.rows[gathered] = row;
      points.values[gathered] = value;
      points.learns[gathered] = batch.masked[at] === sampleMasks.none ? 1 : 0;
      points.widths[gathered] = range ? range[1] - range[0] : 0;
      points.lowers[gathered] = range ? range[0] : NaN;
      masks[gathered] = batch.masked[at]!;
      expected[gathered] = fast.expected(row);
      lastValues[row] = value;
      lastTimes[row] = batch.timestamp;
      gathered += 1;
    }
    return at;
  }

  /** The scores of a sample, from what the heads said. */
  function score(i: number): void {
    const row = points.rows[i]!;
    const masked = masks[i] === sampleMasks.changing;
    const learns = points.learns[i]!;
    const point = points.surprises[i]!;
    const incident = incidents.surprises[i]!;
    const part = slowShare * incident;
    said[i] = Math.cbrt(point * point * point + part * part * part);
    surprises[i] = said[i]!;
    calibration.calibrate(row, surprises, i);
    if (learns === 1 && fast.seen(row) > gracePeriod) calibration.learn(row, said, surprises, i);
    said[i] = surprises[i]!;
    if (!masked) afterglow.over(row, said, i);
    scores[row] = scoreOf(said[i]);
    said[i] = incident;
    if (!masked) policy.judge(row, said, i, slow.seen(row) - learns, learns === 1);
    incidentScores[row] = masked ? 0 : scoreOf(said[i]);
  }

  /** The state of the series after a sample; `quiet`: history, which raises nothing. */
  function judge(i: number, timestamp: number, quiet: boolean): void {
    const row = points.rows[i]!;
    const masked = masks[i] === sampleMasks.changing;
    if (masked) damping.pause(row);
    const usual = !masked && surprises[i]! >= weekParameters.from && isOfTheWeek(i, timestamp);
    if (quiet || masked) return;
    const info = infos[row]!;
    const ready = stateTypes.has(info.metricType) || fast.seen(row) > gracePeriod;
    said[i] = ready && !usual && towards(i, info.direction) ? surprises[i]! : 0;
    damping.note(row, said, i, limits, factTypes.has(info.metricType));
  }

  /** Is this strange sample the week's rhythm? A fact never is. Remembers the sample. */
  function isOfTheWeek(i: number, timestamp: number): boolean {
    const row = points.rows[i]!;
    const off = points.values[i]! - expected[i]!;
    if (stateTypes.has(infos[row]?.metricType ?? '')) return false;
    const usual = week.knows(row, off, surprises[i]!, timestamp);
    if (masks[i] === sampleMasks.failing) week.isOutage(row, timestamp);
    else week.note(row, off, surprises[i]!, timestamp);
    return usual;
  }

  /** Whether the views that spoke, taken together, point in a direction that is bad news. */
  function towards(i: number, direction: SeriesInfo['direction']): boolean {
    if (direction === 'both') return true;
    const sum = points.leans[i]! + slowShare ** 3 * incidents.leans[i]!;
    return direction === 'up' ? sum > 0 : sum < 0;
  }

  function take(batch: Batch, quiet: boolean): void {
    calibration.moment(batch.timestamp);
    for (let at = 0; at < batch.count;) {
      at = gather(batch, at);
      fast.observe(points, gathered, batch.timestamp);
      slow.observe(incidents, gathered, batch.timestamp);
      for (let i = 0; i < gathered; i += 1) {
        score(i);
        judge(i, batch.timestamp, quiet);
      }
    }
  }

  return {
    add(row, info) {
      grow(row + 1);
      infos[row] = info;
      const key = new TextEncoder().encode(info.key);
      numbers[row] = checksumOf(key, key.length);
      calibration.add(row, info.metricType, info.targetKey);
      limits[row] = surpriseOf(thresholdOf(row));
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
      return explainRow(fast, part, row, {
        ...{
          info: infos[row],
          series: numbers[row] ?? 0,
          value: lastValues[row] ?? NaN,
          score: scores[row] ?? 0,
          threshold: thresholdOf(row),
        },
        reach: reachOf(row),
      });
    },
    expectation: (row) => expectationOf(fast, row, reachOf(row)),
    thresholdOf,
    setThresholds(next) {
      thresholds = next;
      infos.forEach((_, row) => (limits[row] = surpriseOf(thresholdOf(row))));
    },
    regime(row) {
      fast.regime(row);
      slow.regime(row);
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
