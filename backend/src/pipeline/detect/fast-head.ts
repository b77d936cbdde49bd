import type { Detector } from './detector.ts';
import { clamped, grown } from './columns.ts';

/**
 * Point surprises of single series in O(1) time and one block of 64 floats (256 B) per series: a short mean, the last
 * value and the hour of the day say what to expect; each residual has a forgetting exponential tail of its own per sign,
 * after the noise that belongs to its time of the day is divided out of the first two.
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
/** How calm this time of the day is, as a factor; what the last sample was multiplied by. */
const CALM = 11;
/** Per view and sign: level u, mean excess m; per view and sign: scale. */
const TAILS = 12;
const tailSize = 3;
/** Mean size of the jumps from value to value over the whole day. */
const JUMP = 30;
/** Eight parts of the day, in one cache line each four: the means of their three hours, then how calm they are. */
const DAY = 32;
const partHours = 3;
const partSize = partHours + 1;
export const fastViewNames = ['short', 'lag', 'season'] as const;

export const fastParameters = {
  short: 0.04,
  quantile: 0.95,
  /** Rate of levels, scales and errors, unless fewer samples than its inverse were seen. */
  levelRate: 0.002,
  excessRate: 0.002,
  cap: 8,
  floor: 0.005,
  seasonRate: 0.1,
  seasonGate: 0.9,
  /** One sample in so many (a power of two) teaches how calm its part of the day is. */
  calmEvery: 2,
  calmRate: 0.01,
  /** Part of the whole day's jumps that every part of the day has for certain: no factor beyond 0.4 to 3.4. */
  calmPrior: 0.1,
  /** Jumps count up to so many times the mean one. */
  calmCap: 6,
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
    const hour = (hours - 24 * Math.floor(hours / 24)) | 0;
    const part = (hour / partHours) | 0;
    const bucket = o + DAY + hour + part;
    const calmAt = o + DAY + part * partSize + partHours;
    if (n === 0) {
      if (learn) this.#start(o, x, hours);
      return 0;
    }
    const short = x - d[o + SHORT]!;
    const lag = x - d[o + LAST]!;
    const known = d[bucket]!;
    const season = known === known ? x - known : short;
    const twoDays = hours - d[o + FIRST_HOUR]! > 48;
    const seasonal = twoDays && d[o + SEASON_ERROR]! < p.seasonGate * d[o + SHORT_ERROR]!;
    const floor = p.floor * Math.max(d[o + HIGH]! - d[o + LOW]!, reference) + 1e-30;
    const rate = Math.max(p.levelRate, 1 / (n + 1));
    const calm = twoDays ? d[calmAt]! : 1;
    d[o + CALM] = calm;
    let sum = this.#view(o, 0, short * calm, n, rate, floor, learn);
    sum += this.#view(o, 1, lag * calm, n, rate, floor, learn);
    const third = this.#view(o, 2, season, n, rate, floor, learn);
    if (seasonal) sum += third;
    else d[o + SAID + 2] = 0;
    if (learn) {
      this.#absorb(o, x, short, season, bucket, n, rate);
      if ((n & (p.calmEvery - 1)) === 0) this.#learnCalm(o, lag, calmAt, floor, rate);
    }
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
    d[o + CALM] = 1;
    for (let at = o + DAY; at < o + fastStride; at += 1) d[at] = (at - o) % partSize === partHours ? 1 : NaN;
  }

  /** The cubed surprise of one residual; learns its tail. */
  #view(o: number, v: number, residual: number, n: number, rate: number, floor: number, learn: boolean): number {
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
      this.#learnTail(t, a, n, rate, floor);
      this.#relaxTail(o + TAILS + (v * 2 + (up ? 0 : 1)) * tailSize, rate, floor);
    }
    return said * said * said;
  }

  #learnTail(t: number, a: number, n: number, rate: number, floor: number): void {
    const p = this.#p;
    const d = this.data;
    const u = d[t]!;
    const excess = a - u;
    const scale = d[t + 2]!;
    const capped = Math.min(a, u + p.cap * (d[t + 1]! + floor));
    d[t + 2] = scale + rate * (capped - scale);
    const step = rate * (scale + 0.1 * floor);
    d[t] = Math.max(0, u + step * (excess > 0 ? p.quantile : p.quantile - 1));
    if (excess <= 0) return;
    // of n samples, only the share beyond the quantile has said something about excesses
    const rateOfExcess = Math.max(p.excessRate, 1 / (1 + (1 - p.quantile) * n));
    d[t + 1] = d[t + 1]! + rateOfExcess * (Math.min(excess, p.cap * (d[t + 1]! + floor)) - d[t + 1]!);
  }

  /** The tail of the other sign learns a residual of 0. */
  #relaxTail(t: number, rate: number, floor: number): void {
    const d = this.data;
    const scale = d[t + 2]!;
    d[t + 2] = scale - rate * scale;
    d[t] = Math.max(0, d[t]! + rate * (scale + 0.1 * floor) * (this.#p.quantile - 1));
  }

  /**
   * Learns how calm this part of the day is: the square root of how much smaller its jumps are than those of the whole
   * day, so that noise that comes and goes with the load is divided out (variance as a product of a slow part and one by
   * time of day: Andersen and Bollerslev, Journal of Empirical Finance 1997). The root shrinks the factor to 1, as it is
   * learnt from few samples; by stochastic approximation, so that judging a sample costs one multiplication.
   */
  #learnCalm(o: number, lag: number, calmAt: number, floor: number, rate: number): void {
    const d = this.data;
    const { calmEvery, calmRate, calmPrior, calmCap } = this.#p;
    const day = d[o + JUMP]!;
    const jump = Math.min(lag < 0 ? -lag : lag, calmCap * (day + floor));
    d[o + JUMP] = day + Math.min(1, calmEvery * rate) * (jump - day);
    const calm = d[calmAt]!;
    const share = (calm * calm * (jump + calmPrior * day + floor)) / ((1 + calmPrior) * day + floor);
    d[calmAt] = calm * (1 + calmRate * (1 - Math.min(share, calmCap)));
  }

  #absorb(o: number, x: number, short: number, season: number, bucket: number, n: number, rate: number): void {
    const p = this.#p;
    const d = this.data;
    d[o + SHORT] = d[o + SHORT]! + Math.max(p.short, rate) * short;
    d[o + LAST] = x;
    d[o + SEASON_ERROR] = d[o + SEASON_ERROR]! + rate * (Math.abs(season) - d[o + SEASON_ERROR]!);
    d[o + SHORT_ERROR] = d[o + SHORT_ERROR]! + rate * (Math.abs(short) - d[o + SHORT_ERROR]!);
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
    const reach = (t: number): number =>
      (d[t]! + (Math.max(0, surprise - this.#body) / perExcess) * d[t + 1]!) / (d[o + CALM]! || 1);
    return [d[o + SHORT]! - reach(o + TAILS), d[o + SHORT]! + reach(o + TAILS + tailSize)];
  }

  /** A change was accepted: the next value is the level, the tails and the rhythm stay. */
  regime(row: number): void {
    const o = row * fastStride;
    this.data[o + SHORT] = this.data[o + LAST]!;
  }
}
