import { clamped, grown } from './columns.ts';
import { learnEpisode, learnTail, slowTail, slowTailStride, tailSurprise, withFamiliarity } from './slow-tail.ts';

/**
 * Incident surprises of single series: distance from a long mean and from the hour of the day, drift of two moving
 * means, unrest, and an unusual order of values. Each view has an unforgetting tail per sign. Values are kept as
 * distances from the first one, so that single precision suffices at any level.
 */
export const slowViewNames = ['long', 'season', 'std', 'mean12', 'mean96', 'context'] as const;
const views = slowViewNames.length;

export const slowParameters = {
  long: 5e-4,
  seasonRate: 0.1,
  seasonGate: 0.9,
  errorRate: 0.002,
  leak: 2e-5,
  power: 3,
  symbols: 8,
  contextSpan: 12,
  contextFloor: 0.02,
  /** Samples until the surprise counts in full. */
  grace: 30,
};
type Parameters = typeof slowParameters;

const SEEN = 0;
const ORIGIN = 1;
const LONG = 2;
const LOW = 3;
const HIGH = 4;
const SEASON_ERROR = 5;
const LONG_ERROR = 6;
const FIRST_HOUR = 7;
const STD = 8;
const MEAN12 = 9;
const MEAN96 = 10;
const SUM96 = 11;
const SYMBOL = 12;
const CONTEXT = 13;
/** Residuals and surprises of the last sample, one per view. */
const RESIDUAL = 14;
const SAID = RESIDUAL + views;
const HOURS = SAID + views;
const RING = HOURS + 24;
const ringSize = 96;
const PAIRS = RING + ringSize;
const TAILS = PAIRS + 64;
export const slowStride = TAILS + 2 * views * slowTailStride;

export class SlowHead {
  data = new Float32Array(0);
  readonly #p: Parameters;

  constructor(parameters: Parameters = slowParameters) {
    this.#p = parameters;
  }

  grow(size: number): void {
    this.data = grown(this.data, size * slowStride);
  }

  /**
   * Scores, then learns if asked; `reference` is a known width of the value's range (0: unknown), `lower` its lower end:
   * symbols of values are parts of the known range then, and do not move when a new extreme is seen.
   */
  step(row: number, value: number, timestamp: number, learn: boolean, reference: number, lower: number = NaN): number {
    const d = this.data;
    const o = row * slowStride;
    const hours = timestamp / 3600;
    const n = d[o + SEEN]!;
    if (n === 0) {
      if (learn) this.#start(o, clamped(value), hours);
      return 0;
    }
    const x = clamped(value) - d[o + ORIGIN]!;
    const bucket = o + HOURS + (((Math.floor(hours) % 24) + 24) % 24);
    const slot = o + RING + (n % ringSize);
    const old = d[slot]!;
    this.#residuals(o, x, bucket, n);
    const symbol = this.#symbol(o, x, lower - d[o + ORIGIN]!, reference);
    const pair = o + PAIRS + d[o + SYMBOL]! * this.#p.symbols + symbol;
    const context = this.#context(o, symbol, pair);
    d[o + RESIDUAL + 5] = context;
    const surprise = this.#fuse(o, n, reference, learn, hours);
    if (!learn) {
      d[slot] = old;
      return surprise;
    }
    d[pair] = d[pair]! + 1;
    d[o + SYMBOL] = symbol;
    d[o + CONTEXT] = context;
    this.#absorb(o, x, old, bucket, n);
    return surprise;
  }

  #start(o: number, x: number, hours: number): void {
    const d = this.data;
    d.fill(0, o, o + slowStride);
    d[o + SEEN] = 1;
    d[o + ORIGIN] = x;
    d[o + FIRST_HOUR] = hours;
    d.fill(NaN, o + HOURS, o + HOURS + 24);
  }

  /** Writes the residual of every view but the context, and the new value into the ring. */
  #residuals(o: number, x: number, bucket: number, n: number): void {
    const d = this.data;
    const ring = o + RING;
    const at = n % ringSize;
    const old = d[ring + at]!;
    d[ring + at] = x;
    let sum = 0;
    let sum12 = 0;
    for (let i = 0; i < 48; i += 1) {
      const v = d[ring + (at >= i ? at - i : at - i + ringSize)]!;
      sum += v;
      if (i < 12) sum12 += v;
    }
    const mean = sum / 48;
    let squares = 0;
    for (let i = 0; i < 48; i += 1) {
      const v = d[ring + (at >= i ? at - i : at - i + ringSize)]! - mean;
      squares += v * v;
    }
    const r = o + RESIDUAL;
    const known = d[bucket]!;
    d[r] = x - d[o + LONG]!;
    d[r + 1] = known === known ? x - known : d[r];
    d[r + 2] = Math.sqrt(squares / 48) - d[o + STD]!;
    d[r + 3] = sum12 / 12 - d[o + MEAN12]!;
    d[r + 4] = (d[o + SUM96]! + x - old) / ringSize - d[o + MEAN96]!;
  }

  /** Which part of the range of values this one lies in; `lower` (NaN: unknown) and `reference` as far as it is known. */
  #symbol(o: number, x: number, lower: number, reference: number): number {
    const low = this.data[o + LOW]!;
    const high = this.data[o + HIGH]!;
    const from = lower < low ? lower : low;
    const width = (lower + reference > high ? lower + reference : high) - from;
    const { symbols } = this.#p;
    return width > 0 ? Math.max(0, Math.min(symbols - 1, Math.floor((symbols * (x - from)) / width))) : 0;
  }

  /** Mean of -log10 p(symbol | the one before) over the last `contextSpan`, as it would be with this symbol. */
  #context(o: number, symbol: number, pair: number): number {
    const d = this.data;
    const { symbols, contextSpan } = this.#p;
    const from = pair - symbol;
    let total = 0;
    for (let i = 0; i < symbols; i += 1) total += d[from + i]!;
    const unusual = -Math.log10((d[pair]! + 0.5) / (total + symbols / 2));
    return d[o + CONTEXT]! + (unusual - d[o + CONTEXT]!) * (2 / (contextSpan + 1));
  }

  #fuse(o: number, n: number, reference: number, learn: boolean, hours: number): number {
    const p = this.#p;
    const d = this.data;
    const floor = slowTail.rangeFloor * Math.max(d[o + HIGH]! - d[o + LOW]!, reference) + 1e-12;
    const seasonal = hours - d[o + FIRST_HOUR]! > 48 && d[o + SEASON_ERROR]! < p.seasonGate * d[o + LONG_ERROR]!;
    let sum = 0;
    for (let v = 0; v < views; v += 1) {
      const surprise = this.#view(o, v, v === 5 ? p.contextFloor : floor, learn);
      const said = v === 1 && !seasonal ? 0 : Math.min(surprise, 40);
      d[o + SAID + v] = d[o + RESIDUAL + v]! < 0 ? -said : said;
      sum += said ** p.power;
    }
    return Math.min(1, n / p.grace) * Math.cbrt(sum);
  }

  #view(o: number, v: number, floor: number, learn: boolean): number {
    const d = this.data;
    const residual = d[o + RESIDUAL + v]!;
    const up = residual >= 0;
    const a = up ? residual : -residual;
    const tail = o + TAILS + (2 * v + (up ? 1 : 0)) * slowTailStride;
    const surprise = withFamiliarity(d, tail, a, tailSurprise(d, tail, a, floor));
    if (learn) {
      learnEpisode(d, tail, a, surprise);
      learnTail(d, tail, a, floor);
      const other = o + TAILS + (2 * v + (up ? 0 : 1)) * slowTailStride;
      learnEpisode(d, other, 0, 0);
      learnTail(d, other, 0, floor);
    }
    return surprise;
  }

  #absorb(o: number, x: number, old: number, bucket: number, n: number): void {
    const p = this.#p;
    const d = this.data;
    const r = o + RESIDUAL;
    const slow = Math.max(p.long, 1 / (n + 1));
    const error = Math.max(p.errorRate, 1 / (n + 1));
    d[o + LONG] = d[o + LONG]! + slow * d[r]!;
    d[o + STD] = d[o + STD]! + slow * d[r + 2]!;
    d[o + MEAN12] = d[o + MEAN12]! + slow * d[r + 3]!;
    d[o + MEAN96] = d[o + MEAN96]! + slow * d[r + 4]!;
    d[o + SEASON_ERROR] = d[o + SEASON_ERROR]! + error * (Math.abs(d[r + 1]!) - d[o + SEASON_ERROR]!);
    d[o + LONG_ERROR] = d[o + LONG_ERROR]! + error * (Math.abs(d[r]!) - d[o + LONG_ERROR]!);
    const known = d[bucket]!;
    d[bucket] = known === known ? known + p.seasonRate * (x - known) : x;
    d[o + SUM96] = n % ringSize === 0 ? this.#sumOfRing(o) : d[o + SUM96]! + x - old;
    const width = d[o + HIGH]! - d[o + LOW]!;
    d[o + LOW] = Math.min(x, d[o + LOW]! + p.leak * width);
    d[o + HIGH] = Math.max(x, d[o + HIGH]! - p.leak * width);
    // keeps its place in the ring when single precision can count no further
    d[o + SEEN] = n < 9_600_000 ? n + 1 : n + 1 - 96 * 90_000;
  }

  /** Rounding does not add up for longer than one turn of the ring. */
  #sumOfRing(o: number): number {
    let sum = 0;
    for (let i = 0; i < ringSize; i += 1) sum += this.data[o + RING + i]!;
    return sum;
  }

  seen = (row: number): number => this.data[row * slowStride + SEEN]!;
  said = (row: number, view: number): number => this.data[row * slowStride + SAID + view]!;

  /** Sum of the cubed surprises of the views that know up from down, each with the sign of its residual. */
  lean(row: number): number {
    const o = row * slowStride + SAID;
    const d = this.data;
    return d[o]! ** 3 + d[o + 1]! ** 3 + d[o + 3]! ** 3 + d[o + 4]! ** 3;
  }

  /** A change was accepted: the level moves there with the next samples, tails and rhythm stay. */
  regime(row: number): void {
    const d = this.data;
    const o = row * slowStride;
    const shift = d[o + RESIDUAL]!;
    for (const at of [LONG, MEAN12, MEAN96]) d[o + at] = d[o + at]! + shift;
    for (let i = 0; i < 24; i += 1) d[o + HOURS + i] = d[o + HOURS + i]! + shift;
  }
}
