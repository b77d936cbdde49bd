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

const start = 1_700_000_000;

/** CPU time of this process (ms): on a shared machine the wall clock measures the neighbours. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A value that differs per row and round, with a daily rhythm and noise; no table, so that memory is the detector's. */
function valueOf(row: number, round: number): number {
  const noise = ((Math.imul(row * 2654435761 + round * 40503, 2246822519) >>> 8) & 0xffff) / 65_536;
  return 10 + (row % 17) + 3 * Math.sin((round + row) / 230) + noise;
}

function measured(name: string, series: number, bytesPerSeries: number, samples: number, run: () => number): Measured {
  const from = cpuMs();
  const checksum = run();
  const seconds = (cpuMs() - from) / 1000;
  return {
    name,
    series,
    samplesPerSecond: Math.round(samples / seconds),
    bytesPerSeries,
    checksum: Number(checksum.toPrecision(9)),
  };
}

function fastHead(series: number, rounds: number): Measured {
  const head = new FastHead();
  head.grow(series);
  const round = (at: number): number => {
    let sum = 0;
    for (let row = 0; row < series; row += 1) sum += head.step(row, valueOf(row, at), start + 60 * at, true, 0);
    return sum;
  };
  round(0);
  return measured('fast head', series, fastStride * 4, series * rounds, () => {
    let sum = 0;
    for (let at = 1; at <= rounds; at += 1) sum += round(at);
    return sum;
  });
}

function bothHeads(series: number, rounds: number): Measured {
  const fast = new FastHead();
  const slow = new SlowHead();
  fast.grow(series);
  slow.grow(series);
  const round = (at: number): number => {
    let sum = 0;
    for (let row = 0; row < series; row += 1) {
      const value = valueOf(row, at);
      sum += fast.step(row, value, start + 60 * at, true, 0) + slow.step(row, value, start + 60 * at, true, 0);
    }
    return sum;
  };
  round(0);
  return measured('both heads', series, (fastStride + slowStride) * 4, series * rounds, () => {
    let sum = 0;
    for (let at = 1; at <= rounds; at += 1) sum += round(at);
    return sum;
  });
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
  const detection = createDetection({ seed: 1, thresholds: { default: 0.75 }, interval: 60 });
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
    rescore(column, { metricType: 'cpu', direction: 'up' }, { seed: 1, thresholds: { default: 0.75 } });
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
    fastHead(many(10_000), 40),
    fastHead(many(100_000), 12),
    fastHead(many(1_000_000), 4),
    bothHeads(many(10_000), 20),
    bothHeads(many(100_000), 6),
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
