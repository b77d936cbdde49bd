import { blockOf, clamped, grown, type Block } from './columns.ts';
import type { Detector } from './detector.ts';

/**
 * Point surprises of single series in O(1) time and one block of 64 floats (256 B) per series: a short mean, the last
 * value and the hour of the day say what to expect; each residual has a forgetting exponential tail of its own per sign.
 */
export const fastStride = 64;
const SEEN = 0;
const SHORT = 1;
const LAST = 2;
const LOW = 3;
const HIGH = 4;
const SEASON_ERROR = 5;
const SHORT_ERROR = 6;
const FIRST_HOUR = 7;
/** Signed surprises of the last sample, one per view. */
const SAID = 8;
/** Per view and sign: level u, mean excess m; per view and sign: scale. */
const TAILS = 12;
const tailSize = 3;
const BUCKETS = 40;
export const fastViewNames = ['short', 'lag', 'season'] as const;

export const fastParameters = {
  short: 0.04,
  quantile: 0.95,
  levelRate: 0.002,
  excessRate: 0.002,
  cap: 8,
  floor: 0.005,
  seasonRate: 0.1,
  seasonGate: 0.9,
  leak: 2e-5,
  power: 3,
};
const p = fastParameters;

const perExcess = 0.4342945;
/** Surprise of a residual at the level of its tail. */
const body = -Math.log10(1 - p.quantile);
/** Rate of what follows slowly: the errors of the views, the scales of the tails. */
const slowRate = 0.002;

export class FastHead implements Detector {
  data = new Float32Array(0);
  /** What is being observed. Numbers that are not integers go between functions in arrays: as arguments they are boxed. */
  #block: Block = blockOf(1);
  readonly #one = this.#block;
  #hours = 0;
  #hour = 0;
  readonly #residuals = new Float64Array(3);

  grow(size: number): void {
    this.data = grown(this.data, size * fastStride);
  }

  score(row: number, value: number, timestamp: number): number {
    return this.#single(row, value, timestamp, 0);
  }

  learn(row: number, value: number, timestamp: number): void {
    this.#single(row, value, timestamp, 1);
  }

  #single(row: number, value: number, timestamp: number, learns: 0 | 1): number {
    this.#one.rows[0] = row;
    this.#one.values[0] = value;
    this.#one.learns[0] = learns;
    this.observe(this.#one, 1, timestamp);
    return this.#one.surprises[0]!;
  }

  /** Scores the first `count` samples of a block, each before it is learnt, and writes their surprises. */
  observe(block: Block, count: number, timestamp: number): void {
    this.#block = block;
    this.#hours = timestamp / 3600;
    this.#hour = ((Math.floor(this.#hours) % 24) + 24) % 24;
    for (let i = 0; i < count; i += 1) {
      const o = block.rows[i]! * fastStride;
      if (this.data[o + SEEN] === 0) this.#start(i, o);
      else this.#step(i, o);
    }
  }

  #start(i: number, o: number): void {
    this.#block.surprises[i] = 0;
    this.#block.leans[i] = 0;
    if (this.#block.learns[i] === 0) return;
    const d = this.data;
    const x = clamped(this.#block.values[i]!);
    d.fill(0, o, o + fastStride);
    d[o + SEEN] = 1;
    d[o + SHORT] = x;
    d[o + LAST] = x;
    d[o + LOW] = x;
    d[o + HIGH] = x;
    d[o + FIRST_HOUR] = this.#hours;
    d.fill(NaN, o + BUCKETS, o + BUCKETS + 24);
  }

  /**
   * One sample: three residuals, the surprise of each, then what is learnt. In one piece, because a call per view and
   * a call to learn cost as much again as everything that is computed here.
   */
  #step(i: number, o: number): void {
    const d = this.data;
    const residuals = this.#residuals;
    const learns = this.#block.learns[i] !== 0;
    const x = clamped(this.#block.values[i]!);
    const n = d[o + SEEN]!;
    const bucket = o + BUCKETS + this.#hour;
    const known = d[bucket]!;
    const short = x - d[o + SHORT]!;
    const season = known === known ? x - known : short;
    residuals[0] = short;
    residuals[1] = x - d[o + LAST]!;
    residuals[2] = season;
    const low = d[o + LOW]!;
    const high = d[o + HIGH]!;
    const floor = p.floor * Math.max(high - low, this.#block.widths[i]!) + 1e-30;
    const early = 1 / (n + 1);
    const slow = Math.max(slowRate, early);
    const levelRate = Math.max(p.levelRate, early);
    // of n samples, only the share beyond the quantile has said something about excesses
    const excessRate = Math.max(p.excessRate, 1 / (1 + (1 - p.quantile) * n));
    const ripe = Math.min(1, n / 30);
    let sum = 0;
    let lean = 0;
    let cube = 0;
    let tilt = 0;
    for (let v = 0; v < 3; v += 1) {
      const residual = residuals[v]!;
      const up = residual >= 0;
      const a = Math.abs(residual);
      const tail = o + TAILS + 2 * tailSize * v;
      const t = tail + (up ? tailSize : 0);
      const u = d[t]!;
      const m = d[t + 1]!;
      const excess = a - u;
      const s = excess <= 0 ? (body * a) / (u + floor) : body + (perExcess * excess) / (m + floor);
      const said = Math.min(s, 40) * ripe;
      d[o + SAID + v] = up ? said : -said;
      sum += cube;
      lean += tilt;
      cube = said * said * said;
      tilt = up ? cube : -cube;
      if (!learns) continue;
      const cap = p.cap * (m + floor);
      const scale = d[t + 2]!;
      d[t + 2] = scale + slow * (Math.min(a, u + cap) - scale);
      const step = levelRate * (scale + 0.1 * floor);
      d[t] = Math.max(0, u + step * (excess > 0 ? p.quantile : p.quantile - 1));
      if (excess > 0) d[t + 1] = m + excessRate * (Math.min(excess, cap) - m);
      // the other sign had a residual of 0
      const q = tail + (up ? 0 : tailSize);
      const silent = d[q + 2]!;
      d[q + 2] = silent - slow * silent;
      d[q] = Math.max(0, d[q]! - levelRate * (silent + 0.1 * floor) * (1 - p.quantile));
    }
    const seasonError = d[o + SEASON_ERROR]!;
    const shortError = d[o + SHORT_ERROR]!;
    if (this.#hours - d[o + FIRST_HOUR]! > 48 && seasonError < p.seasonGate * shortError) {
      sum += cube;
      lean += tilt;
    } else d[o + SAID + 2] = 0;
    this.#block.surprises[i] = Math.cbrt(sum);
    this.#block.leans[i] = lean;
    if (!learns) return;
    d[o + SHORT] = d[o + SHORT]! + Math.max(p.short, early) * short;
    d[o + LAST] = x;
    d[o + SEASON_ERROR] = seasonError + slow * (Math.abs(season) - seasonError);
    d[o + SHORT_ERROR] = shortError + slow * (Math.abs(short) - shortError);
    d[bucket] = known === known ? known + p.seasonRate * (x - known) : x;
    const leak = p.leak * (high - low);
    d[o + LOW] = Math.min(x, low + leak);
    d[o + HIGH] = Math.max(x, high - leak);
    if (n < 16_000_000) d[o + SEEN] = n + 1;
  }

  seen = (row: number): number => this.data[row * fastStride + SEEN]!;
  said = (row: number, view: number): number => this.data[row * fastStride + SAID + view]!;

  /** How far the values of the past reach, slowly forgotten. */
  width = (row: number): number => this.data[row * fastStride + HIGH]! - this.data[row * fastStride + LOW]!;

  expected = (row: number): number => this.data[row * fastStride + SHORT]!;

  /** Where values would stay below surprise `surprise` in the short view. */
  band(row: number, surprise: number): readonly [number, number] {
    const d = this.data;
    const o = row * fastStride;
    const reach = (t: number): number => d[t]! + (Math.max(0, surprise - body) / perExcess) * d[t + 1]!;
    return [d[o + SHORT]! - reach(o + TAILS), d[o + SHORT]! + reach(o + TAILS + tailSize)];
  }

  /** A change was accepted: the next value is the level, the tails and the rhythm stay. */
  regime(row: number): void {
    const o = row * fastStride;
    this.data[o + SHORT] = this.data[o + LAST]!;
  }
}
