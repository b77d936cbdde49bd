import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { blockOf, type Block } from '../../backend/src/pipeline/detect/columns.ts';
import { createDetection } from '../../backend/src/pipeline/detect/index.ts';
import { fastStride, FastHead } from '../../backend/src/pipeline/detect/fast-head.ts';
import { HalfSpaceTrees, splitsOf } from '../../backend/src/pipeline/detect/half-space-trees.ts';
import { MultivariateHead } from '../../backend/src/pipeline/detect/multivariate.ts';
import { randomOf } from '../../backend/src/pipeline/detect/random.ts';
import { SlowHead, slowStride } from '../../backend/src/pipeline/detect/slow-head.ts';
import { rescore } from '../../backend/src/pipeline/rescore.ts';
import { createNaiveTrees } from './naive-trees.ts';

export interface Measured {
  readonly name: string;
  readonly series: number;
  readonly samplesPerSecond: number;
  readonly bytesPerSeries: number;
  /** Over everything that was said, so that nothing can be optimised away and two runs can be compared. */
  readonly checksum: number;
}

export const start = 1_700_000_000;

/** CPU time of this process (ms): on a shared machine the wall clock measures the neighbours. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A value that differs per row and round, with a daily rhythm and noise; no table, so that memory is the detector's. */
export function valueOf(row: number, round: number): number {
  const noise = ((Math.imul(row * 2654435761 + round * 40503, 2246822519) >>> 8) & 0xffff) / 65_536;
  return 10 + (row % 17) + 3 * Math.sin((round + row) / 230) + noise;
}

function row(name: string, series: number, bytesPerSeries: number, samples: number, ms: number, sum: number): Measured {
  return {
    name,
    series,
    samplesPerSecond: Math.round((samples * 1000) / ms),
    bytesPerSeries,
    checksum: Number(sum.toPrecision(9)),
  };
}

function measured(name: string, series: number, bytesPerSeries: number, samples: number, run: () => number): Measured {
  const from = cpuMs();
  const checksum = run();
  return row(name, series, bytesPerSeries, samples, cpuMs() - from, checksum);
}

/** Rows that differ for as long as a day: from here on levels and phases come again. */
const distinct = 1445;
const blockSize = 256;

/** The heads over all rows of a round, a block at a time, as detection feeds them. */
class Heads {
  readonly fast = new FastHead();
  readonly slow: SlowHead | undefined;
  readonly #series: number;
  readonly #values: Float64Array;
  readonly #points = blockOf(blockSize);
  readonly #incidents: Block = {
    ...this.#points,
    surprises: new Float64Array(blockSize),
    leans: new Float64Array(blockSize),
  };

  constructor(series: number, both: boolean) {
    this.#series = series;
    this.#values = new Float64Array(series);
    this.#points.learns.fill(1);
    this.fast.grow(series);
    if (!both) return;
    this.slow = new SlowHead();
    this.slow.grow(series);
  }

  /** The values of a round: what a batch brings, so not the heads' time. */
  fill(round: number): void {
    for (let r = 0; r < this.#series; r += 1) this.#values[r] = valueOf(r, round);
  }

  /** One round of the first `count` rows. Returns the sum of all surprises. */
  observe(round: number, count = this.#series): number {
    const timestamp = start + 60 * round;
    let sum = 0;
    for (let from = 0; from < count; from += blockSize) {
      const size = Math.min(blockSize, count - from);
      for (let i = 0; i < size; i += 1) {
        this.#points.rows[i] = from + i;
        this.#points.values[i] = this.#values[from + i]!;
      }
      this.fast.observe(this.#points, size, timestamp);
      this.slow?.observe(this.#incidents, size, timestamp);
      for (let i = 0; i < size; i += 1) sum += this.#points.surprises[i]! + this.#incidents.surprises[i]!;
    }
    return sum;
  }

  /** Gives every row a history of `rounds`: the first ones see it, the others take over their state. */
  live(rounds: number): void {
    const seen = Math.min(distinct, this.#series);
    for (let round = 0; round < rounds; round += 1) {
      this.fill(round);
      this.observe(round, seen);
    }
    for (let r = seen; r < this.#series; r += 1) {
      copyRow(this.fast.data, r % seen, r, fastStride);
      if (this.slow) copyRow(this.slow.data, r % seen, r, slowStride);
    }
  }
}

const copyRow = (data: Float32Array, from: number, to: number, stride: number): void =>
  void data.copyWithin(to * stride, from * stride, (from + 1) * stride);

/** CPU time of the heads alone over `rounds` after a history of `lived` rounds. */
function heads(name: string, series: number, both: boolean, lived: number, rounds: number): Measured {
  const all = new Heads(series, both);
  all.live(lived);
  let [spent, sum] = [0, 0];
  for (let round = lived; round < lived + rounds; round += 1) {
    all.fill(round);
    const from = cpuMs();
    sum += all.observe(round);
    spent += cpuMs() - from;
  }
  const bytes = 4 * (fastStride + (both ? slowStride : 0));
  return row(name, series, bytes, series * rounds, spent, sum);
}

export interface Garbage {
  readonly samples: number;
  /** Growth of the heap, and young collections, while these samples were scored and learnt. */
  readonly kilobytes: number;
  readonly scavenges: number;
}

/** A detection of `series` fresh rows as `kubewise score` makes it, and a batch for all of them. */
function detectionOf(series: number) {
  const detection = createDetection({ thresholds: {} });
  const rows = Uint32Array.from({ length: series }, (_, i) => i);
  for (const r of rows) detection.add(r, { metricType: 'default', direction: 'both', key: String(r), targetKey: '' });
  const batch = { rows, values: new Float64Array(series), masked: new Uint8Array(series), timestamp: 0, count: series };
  const fill = (round: number): void => {
    batch.timestamp = start + 60 * round;
    for (let r = 0; r < series; r += 1) batch.values[r] = valueOf(r, round);
  };
  return { detection, batch, fill };
}

/** What the hot path leaves behind: `observe` over `rounds` after as many that warm it up, samples that are all different. */
export async function garbage(series: number, rounds: number): Promise<Garbage> {
  const { detection, batch, fill } = detectionOf(series);
  const run = (from: number): void => {
    for (let round = from; round < from + rounds; round += 1) {
      fill(round);
      detection.observe(batch);
    }
  };
  run(0);
  let scavenges = 0;
  const observer = new PerformanceObserver((list) => (scavenges += list.getEntries().length));
  await pause(100);
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage().heapUsed;
  run(rounds);
  const kilobytes = Math.round((process.memoryUsage().heapUsed - before) / 1000);
  await pause(100);
  observer.disconnect();
  return { samples: series * rounds, kilobytes, scavenges };
}

/** What `serve` does with a round, and `kubewise score` with a row: heads, policy, damping, one calibrated score. */
function observed(series: number, rounds: number): Measured {
  const { detection, batch, fill } = detectionOf(series);
  let [spent, sum] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    fill(round);
    const from = cpuMs();
    detection.observe(batch);
    spent += cpuMs() - from;
    for (let r = 0; r < series; r += 1) sum += detection.scores[r]!;
  }
  const bytes = Math.round(detection.snapshot().length / series);
  return row('kubewise score: both heads, policy, damping', series, bytes, series * rounds, spent, sum);
}

function trees(n: number, height: number, dimensions: number, samples: number): Measured {
  const forest = new HalfSpaceTrees(splitsOf({ n, height, window: 250 }, dimensions, randomOf(1)), 1);
  const vector = new Float64Array(dimensions);
  return measured(`HST ${n}/${height}, ${dimensions}-D`, 1, forest.bytesPerModel, samples, () => {
    let sum = 0;
    for (let i = 0; i < samples; i += 1) {
      for (let f = 0; f < dimensions; f += 1) vector[f] = (valueOf(f, i) - 7) / 25;
      sum += forest.step(0, vector, 0, true);
    }
    return sum;
  });
}

function naiveTrees(n: number, height: number, dimensions: number, samples: number): Measured {
  const step = createNaiveTrees(n, height, 250, dimensions, randomOf(1));
  return measured(`HST ${n}/${height}, ${dimensions}-D, objects (naive)`, 1, 0, samples, () => {
    let sum = 0;
    for (let i = 0; i < samples; i += 1)
      sum += step(Array.from({ length: dimensions }, (_, f) => (valueOf(f, i) - 7) / 25));
    return sum;
  });
}

function multivariate(dimensions: number, samples: number): Measured {
  const head = new MultivariateHead(dimensions);
  const vector = new Float64Array(dimensions);
  return measured(`multivariate, ${dimensions}-D (vectors)`, 1, dimensions * (2 * dimensions + 4) * 8, samples, () => {
    let sum = 0;
    for (let i = 0; i < samples; i += 1) {
      for (let f = 0; f < dimensions; f += 1) vector[f] = valueOf(f, i);
      sum += head.score(vector);
      head.learn(vector);
    }
    return sum;
  });
}

/** Milliseconds of what happens once: a round of 10,000 series, a snapshot, a backtest. */
export interface Timed {
  readonly what: string;
  readonly milliseconds: number;
}

function detectionTimes(series: number, rounds: number): readonly Timed[] {
  const detection = createDetection({ thresholds: { default: 0.75 } });
  for (let row = 0; row < series; row += 1)
    detection.add(row, { metricType: 'cpu', direction: 'up', key: `series-${row}`, targetKey: `w${row % 500}` });
  const rows = Uint32Array.from({ length: series }, (_, i) => i);
  const batch = { rows, values: new Float64Array(series), masked: new Uint8Array(series), timestamp: 0, count: series };
  let spent = 0;
  for (let at = 0; at < rounds; at += 1) {
    batch.timestamp = start + 60 * at;
    for (let row = 0; row < series; row += 1) batch.values[row] = valueOf(row, at);
    const from = cpuMs();
    detection.observe(batch);
    spent += cpuMs() - from;
  }
  const from = cpuMs();
  const bytes = detection.snapshot();
  const written = cpuMs();
  detection.restore(bytes);
  return [
    { what: `observe() of ${series} series`, milliseconds: spent / rounds },
    { what: `snapshot of ${series} series (${(bytes.length / 1e6).toFixed(1)} MB)`, milliseconds: written - from },
    { what: 'its restore', milliseconds: cpuMs() - written },
  ];
}

/** A backtest's share of one core: `series` columns of `days` at one minute; timed on `tried` of them. */
function backtestTime(days: number, series: number, tried: number): Timed {
  const length = days * 1440;
  const times = Float64Array.from({ length }, (_, i) => start + 60 * i);
  const from = cpuMs();
  for (let row = 0; row < tried; row += 1) {
    const column = { name: `s${row}`, key: `s${row}`, times, values: times.map((_, i) => valueOf(row, i)) };
    rescore(column, { metricType: 'cpu', direction: 'up' }, { thresholds: { default: 0.75 } });
  }
  const each = (cpuMs() - from) / tried;
  return {
    what: `backtest scoring, ${days} days x ${series} series at 1 min (from ${tried} of them)`,
    milliseconds: each * series,
  };
}

export interface Throughput {
  readonly rows: readonly Measured[];
  readonly times: readonly Timed[];
}

/** Everything once, in one process, one after the other. `quick` is for the unit test. */
export function throughput(quick = false): Throughput {
  const scale = quick ? 0.01 : 1;
  const many = (count: number): number => Math.max(400, Math.round(count * scale));
  const rows = [
    heads('fast head', many(10_000), false, 1440, 100),
    heads('fast head', many(100_000), false, 1440, 20),
    heads('fast head', many(1_000_000), false, 1440, 4),
    heads('both heads', many(10_000), true, 1440, 40),
    heads('both heads', many(100_000), true, 1440, 8),
    heads('both heads, from the first sample', many(100_000), true, 0, 20),
    observed(many(10_000), 40),
    trees(10, 8, 1, many(1_000_000)),
    naiveTrees(10, 8, 1, many(300_000)),
    trees(25, 8, 8, many(300_000)),
    trees(25, 15, 8, many(60_000)),
    naiveTrees(25, 15, 8, many(4000)),
    multivariate(8, many(300_000)),
  ];
  return {
    rows,
    times: [...detectionTimes(many(10_000), quick ? 3 : 30), backtestTime(quick ? 1 : 14, 200, quick ? 1 : 8)],
  };
}
