import { grownBytes } from './columns.ts';

/**
 * What a fused surprise is worth. Several views, both signs of each and short histories make it speak too often; here it
 * becomes a tail probability again: what one sample in 10, 100 and 1,000 of its metric type exceeds is said as 1, 2 and 3.
 * The quantiles are followed by stochastic approximation (Robbins & Monro 1951) in steps of their own size, so that a
 * heavy tail is reached as fast as a light one. Where few workloads have a metric, all series are asked, and where there
 * are few workloads at all, what is usual: an outage strikes a workload as a whole, so only others can say what noise is.
 *
 * Quantiles of single series, and a discount for short histories, were tried: the one takes the frequent anomalies of a
 * bad series for its noise, the other loses the faults of the first hours.
 *
 * An outage moves little: a sample counts as beyond a quantile or not, however far; of a run a few samples count; in a
 * pool that knows its noise few series count at a time.
 */
export const calibrationParameters = {
  /** Quantiles that are followed, as shares of the samples beyond them. */
  shares: [0.1, 0.01, 0.001] as readonly [number, number, number],
  /** Where they lie for most series. */
  usual: [2, 3, 4] as readonly [number, number, number],
  /** Workloads, and samples beyond a quantile, that weigh as much as what is known without them. */
  workloadTrust: 2,
  typeTrust: 10,
  /** Relative step, divided by the samples beyond the quantile so far; never more than `largestStep`. */
  gain: 1.5,
  largestStep: 0.5,
  /** Samples after which steps get no smaller. */
  memory: 20_000,
  /** A surprise is at most this much more when calibrated. */
  least: 0.8,
  /** Distance of two quantiles, at least. */
  apart: 0.2,
  most: 60,
  /** Samples of a run over one in 1,000 that are learnt; it ends under one in 100. */
  run: 5,
  /** In a pool that knows its noise: samples of one moment that count as beyond a quantile, or times what is expected. */
  atOnce: 1,
  timesExpected: 4,
  /** Samples of a pool between two looks at its quantiles. */
  every: 8,
};

const p = calibrationParameters;
const levels = 3;

const stepOf = (level: number, samples: number): number =>
  Math.min(p.largestStep, p.gain / (samples * p.shares[level]! + 1));
const grownSteps = p.shares.map((_, level) => stepOf(level, p.memory));

/** The series of one metric type, or all of them. */
class Pool {
  readonly workloads = new Set<string>();
  samples = 0;
  readonly quantiles = Float64Array.from(p.usual);
  /** The quantiles in force: mixed with what is known without this pool. */
  readonly force = Float64Array.from(p.usual);
  /** Samples since `force` was made. */
  pending = p.every;
  /** Of the present moment: samples, and those beyond each quantile; and the samples of the moment before. */
  #now = 0;
  #before = 0;
  readonly #beyond = new Uint32Array(levels);

  nextMoment(): void {
    this.#before = this.#now;
    this.#now = 0;
    this.#beyond.fill(0);
  }

  learn(surprises: Float64Array, i: number): void {
    this.samples = Math.min(p.memory, this.samples + 1);
    this.pending += 1;
    this.#now += 1;
    const full = this.samples === p.memory;
    for (let k = 0; k < levels; k += 1) {
      const known = this.quantiles[k]!;
      const beyond = surprises[i]! > known;
      if (beyond && full && (this.#beyond[k]! += 1) > this.#mostAtOnce(k)) continue;
      const step = full ? grownSteps[k]! : stepOf(k, this.samples);
      const next = known * (1 + step * ((beyond ? 1 : 0) - p.shares[k]!));
      this.quantiles[k] = Math.min(p.most, Math.max(0.02 * (k + 1), next));
    }
  }

  #mostAtOnce(level: number): number {
    return Math.max(p.atOnce, p.timesExpected * p.shares[level]! * this.#before);
  }

  /** 0…1: how far its workloads can tell noise from an outage. */
  get breadth(): number {
    const others = Math.max(0, this.workloads.size - 1);
    return others / (others + p.workloadTrust);
  }

  /** 0…1: how much its samples say about the quantile of a level. */
  depth(level: number): number {
    const beyond = this.samples * p.shares[level]!;
    return beyond / (beyond + p.typeTrust);
  }
}

/** A pool as it is kept: samples and quantiles. */
export const poolFloats = 1 + levels;

export class Calibration {
  readonly #all = new Pool();
  readonly #types = new Map<string, Pool>();
  readonly #pools: Pool[] = [];
  #runs = new Uint8Array(0);
  #time = NaN;

  grow(size: number): void {
    this.#runs = grownBytes(this.#runs, size);
  }

  #pool(metricType: string): Pool {
    const pool = this.#types.get(metricType) ?? new Pool();
    this.#types.set(metricType, pool);
    return pool;
  }

  /** Another series has the row. */
  add(row: number, metricType: string, workload: string): void {
    const pool = this.#pool(metricType);
    for (const one of [pool, this.#all]) {
      one.workloads.add(workload);
      one.pending = p.every;
    }
    this.#pools[row] = pool;
    this.#runs[row] = 0;
  }

  /**
   * Replaces the fused surprise at `i` by -log10 of the share of samples that are as surprising: 1, 2 and 3 at the
   * quantiles, beyond them in proportion. In an array, as numbers that are handed on are boxed.
   */
  calibrate(row: number, surprises: Float64Array, i: number): void {
    const pool = this.#pools[row]!;
    if (pool.pending >= p.every) this.#refresh(pool);
    const surprise = surprises[i]!;
    const ten = pool.force[0]!;
    const hundred = pool.force[1]!;
    const thousand = pool.force[2]!;
    if (surprise <= ten) surprises[i] = surprise / ten;
    else if (surprise <= hundred) surprises[i] = 1 + (surprise - ten) / (hundred - ten);
    else if (surprise <= thousand) surprises[i] = 2 + (surprise - hundred) / (thousand - hundred);
    else surprises[i] = (levels * surprise) / thousand;
  }

  /** The fused surprise that is calibrated to `surprise` at present. */
  fused(row: number, surprise: number): number {
    const { force } = this.#pools[row]!;
    if (surprise >= levels) return (surprise * force[levels - 1]!) / levels;
    const level = Math.max(0, Math.floor(surprise));
    const from = level > 0 ? force[level - 1]! : 0;
    return from + (surprise - level) * (force[level]! - from);
  }

  /** At `i` of each: the surprise as fused, and as calibrated. */
  learn(row: number, fused: Float64Array, calibrated: Float64Array, i: number): void {
    if (calibrated[i]! > levels) this.#runs[row] = Math.min(p.run, this.#runs[row]!) + 1;
    else if (calibrated[i]! < levels - 1) this.#runs[row] = 0;
    // What never moves says nothing about what does.
    if (this.#runs[row]! > p.run || fused[i]! <= 0) return;
    this.#all.learn(fused, i);
    this.#pools[row]!.learn(fused, i);
  }

  /** What is learnt from here on was seen at another time (Unix seconds); the same time again changes nothing. */
  moment(timestamp: number): void {
    if (timestamp === this.#time) return;
    this.#time = timestamp;
    this.#all.nextMoment();
    for (const pool of this.#types.values()) pool.nextMoment();
  }

  /** Logarithms are mixed: quantiles are of very different sizes. */
  #refresh(pool: Pool): void {
    const all = this.#all.breadth;
    const { breadth } = pool;
    let least = 0;
    for (let k = 0; k < levels; k += 1) {
      const type = breadth * pool.depth(k);
      const without = all * Math.log(this.#all.quantiles[k]!) + (1 - all) * Math.log(p.usual[k]!);
      const mixed = Math.exp(type * Math.log(pool.quantiles[k]!) + (1 - type) * without);
      pool.force[k] = Math.max(p.least * (k + 1), least, mixed);
      least = pool.force[k]! + p.apart;
    }
    pool.pending = 0;
  }

  /** What the pools know, by metric type; '' = all series. */
  get pools(): readonly { readonly key: string; readonly floats: Float32Array }[] {
    const kept = (key: string, pool: Pool) => ({ key, floats: Float32Array.of(pool.samples, ...pool.quantiles) });
    return [kept('', this.#all), ...[...this.#types].map(([key, pool]) => kept(key, pool))];
  }

  restore(metricType: string, floats: Float32Array): void {
    const pool = metricType === '' ? this.#all : this.#pool(metricType);
    pool.samples = floats[0]!;
    pool.quantiles.set(floats.subarray(1, poolFloats));
    pool.pending = p.every;
  }
}
