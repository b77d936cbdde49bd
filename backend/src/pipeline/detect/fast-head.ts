import type { Detector } from './detector.ts';
import { clamped, grown } from './columns.ts';

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
type Parameters = typeof fastParameters;

const perExcess = 0.4342945;

export class FastHead implements Detector {
  data = new Float32Array(0);
  readonly #p: Parameters;
  /** Surprise of a residual at the level of its tail. */
  readonly #body: number;

  constructor(parameters: Parameters = fastParameters) {
    this.#p = parameters;
    this.#body = -Math.log10(1 - parameters.quantile);
  }

  grow(size: number): void {
    this.data = grown(this.data, size * fastStride);
  }

  score(row: number, value: number, timestamp: number): number {
    return this.step(row, value, timestamp, false, 0);
  }

  learn(row: number, value: number, timestamp: number): void {
    this.step(row, value, timestamp, true, 0);
  }

  /** Scores, then learns if asked; `reference` is a known width of the value's range (0: unknown). */
  step(row: number, value: number, timestamp: number, learn: boolean, reference: number): number {
    const p = this.#p;
    const d = this.data;
    const o = row * fastStride;
    const x = clamped(value);
    const n = d[o + SEEN]!;
    const hours = timestamp / 3600;
    const bucket = o + BUCKETS + (((Math.floor(hours) % 24) + 24) % 24);
    if (n === 0) {
      if (learn) this.#start(o, x, hours);
      return 0;
    }
    const short = x - d[o + SHORT]!;
    const lag = x - d[o + LAST]!;
    const known = d[bucket]!;
    const season = known === known ? x - known : short;
    const seasonal = hours - d[o + FIRST_HOUR]! > 48 && d[o + SEASON_ERROR]! < p.seasonGate * d[o + SHORT_ERROR]!;
    const floor = p.floor * Math.max(d[o + HIGH]! - d[o + LOW]!, reference) + 1e-30;
    let sum = this.#view(o, 0, short, n, floor, learn) + this.#view(o, 1, lag, n, floor, learn);
    const third = this.#view(o, 2, season, n, floor, learn);
    if (seasonal) sum += third;
    else d[o + SAID + 2] = 0;
    if (learn) this.#absorb(o, x, short, season, bucket, n);
    return Math.cbrt(sum);
  }

  #start(o: number, x: number, hours: number): void {
    const d = this.data;
    d.fill(0, o, o + fastStride);
    d[o + SEEN] = 1;
    d[o + SHORT] = x;
    d[o + LAST] = x;
    d[o + LOW] = x;
    d[o + HIGH] = x;
    d[o + FIRST_HOUR] = hours;
    d.fill(NaN, o + BUCKETS, o + BUCKETS + 24);
  }

  /** The cubed surprise of one residual; learns its tail. */
  #view(o: number, v: number, residual: number, n: number, floor: number, learn: boolean): number {
    const d = this.data;
    const up = residual >= 0;
    const a = up ? residual : -residual;
    const t = o + TAILS + (v * 2 + (up ? 1 : 0)) * tailSize;
    const u = d[t]!;
    const m = d[t + 1]! + floor;
    const s = a <= u ? (this.#body * a) / (u + floor) : this.#body + (perExcess * (a - u)) / m;
    const said = Math.min(s, 40) * Math.min(1, n / 30);
    d[o + SAID + v] = up ? said : -said;
    if (learn) {
      this.#learnTail(t, a, n, floor);
      this.#learnTail(o + TAILS + (v * 2 + (up ? 0 : 1)) * tailSize, 0, n, floor);
    }
    return said * said * said;
  }

  #learnTail(t: number, a: number, n: number, floor: number): void {
    const p = this.#p;
    const d = this.data;
    const u = d[t]!;
    const excess = a - u;
    const scale = d[t + 2]!;
    const early = 1 / (n + 1);
    const capped = Math.min(a, u + p.cap * (d[t + 1]! + floor));
    d[t + 2] = scale + Math.max(0.002, early) * (capped - scale);
    const rate = Math.max(p.levelRate, early) * (scale + 0.1 * floor);
    d[t] = Math.max(0, u + rate * (excess > 0 ? p.quantile : p.quantile - 1));
    if (excess <= 0) return;
    // of n samples, only the share beyond the quantile has said something about excesses
    const rateOfExcess = Math.max(p.excessRate, 1 / (1 + (1 - p.quantile) * n));
    d[t + 1] = d[t + 1]! + rateOfExcess * (Math.min(excess, p.cap * (d[t + 1]! + floor)) - d[t + 1]!);
  }

  #absorb(o: number, x: number, short: number, season: number, bucket: number, n: number): void {
    const p = this.#p;
    const d = this.data;
    const early = 1 / (n + 1);
    d[o + SHORT] = d[o + SHORT]! + Math.max(p.short, early) * short;
    d[o + LAST] = x;
    const slow = Math.max(0.002, early);
    d[o + SEASON_ERROR] = d[o + SEASON_ERROR]! + slow * (Math.abs(season) - d[o + SEASON_ERROR]!);
    d[o + SHORT_ERROR] = d[o + SHORT_ERROR]! + slow * (Math.abs(short) - d[o + SHORT_ERROR]!);
    const known = d[bucket]!;
    d[bucket] = known === known ? known + p.seasonRate * (x - known) : x;
    const width = d[o + HIGH]! - d[o + LOW]!;
    d[o + LOW] = Math.min(x, d[o + LOW]! + p.leak * width);
    d[o + HIGH] = Math.max(x, d[o + HIGH]! - p.leak * width);
    if (n < 16_000_000) d[o + SEEN] = n + 1;
  }

  seen = (row: number): number => this.data[row * fastStride + SEEN]!;
  said = (row: number, view: number): number => this.data[row * fastStride + SAID + view]!;

  /** Sum of the views' cubed surprises, each with the sign of its residual. */
  lean(row: number): number {
    const o = row * fastStride + SAID;
    return this.data[o]! ** 3 + this.data[o + 1]! ** 3 + this.data[o + 2]! ** 3;
  }

  /** How far the values of the past reach, slowly forgotten. */
  width = (row: number): number => this.data[row * fastStride + HIGH]! - this.data[row * fastStride + LOW]!;

  expected = (row: number): number => this.data[row * fastStride + SHORT]!;

  /** Where values would stay below surprise `surprise` in the short view. */
  band(row: number, surprise: number): readonly [number, number] {
    const d = this.data;
    const o = row * fastStride;
    const reach = (t: number): number => d[t]! + (Math.max(0, surprise - this.#body) / perExcess) * d[t + 1]!;
    return [d[o + SHORT]! - reach(o + TAILS), d[o + SHORT]! + reach(o + TAILS + tailSize)];
  }

  /** A change was accepted: the next value is the level, the tails and the rhythm stay. */
  regime(row: number): void {
    const o = row * fastStride;
    this.data[o + SHORT] = this.data[o + LAST]!;
  }
}
