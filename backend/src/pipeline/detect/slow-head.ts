import { blockOf, clamped, grown, type Block } from './columns.ts';
import {
  beatsLast,
  EXCESS,
  familiarity,
  halve,
  learnPeak,
  learnQuiet,
  learnResidual,
  LEVEL,
  PEAK,
  refresh,
  slowTail,
  slowTailStride,
  USED,
  usedOf,
  type Cells,
} from './slow-tail.ts';

/**
 * Incident surprises of single series: distance from a long mean and from the hour of the day, drift of two moving
 * means, unrest, and an unusual order of values. Each view has an unforgetting tail per sign. Values are kept as
 * distances from the first one, so that single precision suffices at any level. 1280 bytes per series, most of them
 * not floats: the last 96 values are steps of a 65,000th of their range, the tails' lists are logarithms.
 */
export const slowViewNames = ['long', 'season', 'std', 'mean12', 'mean96', 'context'] as const;
const views = slowViewNames.length;
/** These two do not know up from down. */
const unrestView = 2;
const contextView = 5;

export const slowParameters = {
  long: 5e-4,
  seasonRate: 0.1,
  seasonGate: 0.9,
  errorRate: 0.002,
  leak: 2e-5,
  symbols: 8,
  contextSpan: 12,
  contextFloor: 0.02,
  /** Samples until the surprise counts in full. */
  grace: 30,
};
const p = slowParameters;

const perExcess = 0.4342945;

/** Floats of a row. */
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
const SYMBOL = 11;
const CONTEXT = 12;
/** Of the last sample: its distance from the long mean, and the surprise of every view. */
const OFF = 13;
const SAID = 14;
/** What the codes of the ring stand for: value = middle + step x code. */
const MIDDLE = SAID + views;
const STEP = MIDDLE + 1;
/** Sums of the last 12, 48 and 96 codes: integers below 2^24, so exact. */
const SUM12 = STEP + 1;
const SUM48 = SUM12 + 1;
const SUM96 = SUM48 + 1;
/** Samples that the tails stand for, length of their lists, tails in which an episode goes on (bits). */
const TAIL_N = SUM96 + 1;
const COUNT = TAIL_N + 1;
const OPEN = COUNT + 1;
const HOURS = OPEN + 1;
/** Sum of the squares of the last 48 codes, as a double. */
const SQUARES = HOURS + 24;
/** 96 codes of 16 bits. */
const RING = SQUARES + 2;
const ringSize = 96;
/** How often a symbol followed another: 64 counts of 16 bits. */
const PAIRS = RING + ringSize / 2;
/** One tail per view and sign, each a cache line; the context's residual is never negative and has one. */
const TAILS = 144;
const tails = 2 * views - 1;
export const slowStride = TAILS + tails * slowTailStride;
const most = 32_767;
/** How far the codes reach beyond the range that they were made for, in parts of it. */
const room = 4;

/** Of view v, the tail of negative (0) or positive (1) residuals. */
const tailOf = (v: number, up: number): number => (v === contextView ? 2 * v : 2 * v + up);

export class SlowHead {
  data = new Float32Array(0);
  #bytes = new Uint8Array(0);
  #codes = new Int16Array(0);
  #counts = new Uint16Array(0);
  #doubles = new Float64Array(0);
  #cells: Cells = { floats: this.data, bytes: this.#bytes, residual: new Float64Array(1) };
  #block: Block = blockOf(0);
  #hours = 0;
  #hour = 0;
  #floor = 0.5;
  readonly #residuals = new Float64Array(views);

  grow(size: number): void {
    this.data = grown(this.data, size * slowStride);
    const { buffer } = this.data;
    this.#bytes = new Uint8Array(buffer);
    this.#codes = new Int16Array(buffer);
    this.#counts = new Uint16Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#cells = { ...this.#cells, floats: this.data, bytes: this.#bytes };
  }

  /** Scores the first `count` samples of a block, each before it is learnt, and writes their surprises. */
  observe(block: Block, count: number, timestamp: number): void {
    this.#block = block;
    this.#hours = timestamp / 3600;
    this.#hour = ((Math.floor(this.#hours) % 24) + 24) % 24;
    for (let i = 0; i < count; i += 1) {
      const o = block.rows[i]! * slowStride;
      if (this.data[o + SEEN] === 0) this.#start(i, o);
      else this.#step(i, o);
    }
  }

  #start(i: number, o: number): void {
    this.#block.surprises[i] = 0;
    this.#block.leans[i] = 0;
    if (this.#block.learns[i] === 0) return;
    const d = this.data;
    d.fill(0, o, o + slowStride);
    d[o + SEEN] = 1;
    d[o + ORIGIN] = clamped(this.#block.values[i]!);
    d[o + FIRST_HOUR] = this.#hours;
    d[o + STEP] = 1e-30;
    d.fill(NaN, o + HOURS, o + HOURS + 24);
  }

  #step(i: number, o: number): void {
    const d = this.data;
    const learns = this.#block.learns[i] !== 0;
    const x = clamped(this.#block.values[i]!) - d[o + ORIGIN]!;
    const n = d[o + SEEN]!;
    // codes that do not reach, or once per turn of the ring, that are far too coarse
    const span = most * d[o + STEP]!;
    const coarse = n % ringSize === 0 && 16 * (d[o + HIGH]! - d[o + LOW]!) < span;
    if (learns && (coarse || Math.abs(x - d[o + MIDDLE]!) > span)) this.#recode(i, o);
    const at = n % ringSize;
    const ring = 2 * (o + RING);
    const codes = this.#codes;
    const step = d[o + STEP]!;
    const code = Math.round((x - d[o + MIDDLE]!) / step);
    const left12 = codes[ring + ((at + ringSize - 12) % ringSize)]!;
    const left48 = codes[ring + ((at + ringSize - 48) % ringSize)]!;
    const left96 = codes[ring + at]!;
    const sum12 = d[o + SUM12]! + code - left12;
    const sum48 = d[o + SUM48]! + code - left48;
    const sum96 = d[o + SUM96]! + code - left96;
    const squares = this.#doubles[(o + SQUARES) >> 1]! + code * code - left48 * left48;
    const bucket = o + HOURS + this.#hour;
    const known = d[bucket]!;
    const low = d[o + LOW]!;
    const high = d[o + HIGH]!;
    const width = high - low;
    // with known bounds, symbols of values do not move when a new extreme is seen
    const reference = this.#block.widths[i]!;
    const bound = this.#block.lowers[i]! - d[o + ORIGIN]!;
    const from = bound < low ? bound : low;
    const reach = (bound + reference > high ? bound + reference : high) - from;
    const symbol = reach > 0 ? Math.max(0, Math.min(p.symbols - 1, Math.floor((p.symbols * (x - from)) / reach))) : 0;
    const pairs = 2 * (o + PAIRS) + d[o + SYMBOL]! * p.symbols;
    const residuals = this.#residuals;
    const long = x - d[o + LONG]!;
    const season = known === known ? x - known : long;
    residuals[0] = long;
    residuals[1] = season;
    residuals[2] = (step * Math.sqrt(Math.max(0, 48 * squares - sum48 * sum48))) / 48 - d[o + STD]!;
    residuals[3] = d[o + MIDDLE]! + (step * sum12) / 12 - d[o + MEAN12]!;
    residuals[4] = d[o + MIDDLE]! + (step * sum96) / ringSize - d[o + MEAN96]!;
    this.#context(o, pairs, symbol);
    d[o + OFF] = long;
    this.#floor = slowTail.rangeFloor * Math.max(width, reference) + 1e-12;
    const seasonal = this.#hours - d[o + FIRST_HOUR]! > 48 && d[o + SEASON_ERROR]! < p.seasonGate * d[o + LONG_ERROR]!;
    this.#views(i, o, seasonal, learns);
    if (!learns) return;
    d[o + SUM12] = sum12;
    d[o + SUM48] = sum48;
    d[o + SUM96] = sum96;
    this.#doubles[(o + SQUARES) >> 1] = squares;
    codes[ring + at] = code;
    this.#countPair(pairs, symbol);
    d[o + SYMBOL] = symbol;
    d[o + CONTEXT] = residuals[5]!;
    const early = 1 / (n + 1);
    const slow = Math.max(p.long, early);
    const error = Math.max(p.errorRate, early);
    d[o + LONG] = d[o + LONG]! + slow * long;
    d[o + STD] = d[o + STD]! + slow * residuals[2];
    d[o + MEAN12] = d[o + MEAN12]! + slow * residuals[3];
    d[o + MEAN96] = d[o + MEAN96]! + slow * residuals[4];
    d[o + SEASON_ERROR] = d[o + SEASON_ERROR]! + error * (Math.abs(season) - d[o + SEASON_ERROR]!);
    d[o + LONG_ERROR] = d[o + LONG_ERROR]! + error * (Math.abs(long) - d[o + LONG_ERROR]!);
    d[bucket] = known === known ? known + p.seasonRate * (x - known) : x;
    d[o + LOW] = Math.min(x, low + p.leak * width);
    d[o + HIGH] = Math.max(x, high - p.leak * width);
    // keeps its place in the ring when single precision can count no further
    d[o + SEEN] = n < 9_600_000 ? n + 1 : n + 1 - 96 * 90_000;
  }

  /** Mean of -log10 p(symbol | the one before) over the last `contextSpan`, as it would be with this symbol. */
  #context(o: number, pairs: number, symbol: number): void {
    const counts = this.#counts;
    let total = 0;
    for (let k = 0; k < p.symbols; k += 1) total += counts[pairs + k]!;
    const unusual = -Math.log10((counts[pairs + symbol]! + 0.5) / (total + p.symbols / 2));
    const before = this.data[o + CONTEXT]!;
    this.#residuals[contextView] = before + (unusual - before) * (2 / (p.contextSpan + 1));
  }

  #countPair(pairs: number, symbol: number): void {
    const counts = this.#counts;
    counts[pairs + symbol]! += 1;
    if (counts[pairs + symbol] !== 65_535) return;
    for (let k = 0; k < p.symbols; k += 1) counts[pairs + k] = counts[pairs + k]! >> 1;
  }

  /** The surprise of every view from the tail of its residual's sign, which then learns it. */
  #views(i: number, o: number, seasonal: boolean, learns: boolean): void {
    const d = this.data;
    const bytes = this.#bytes;
    const cells = this.#cells;
    const n = d[o + TAIL_N]!;
    const used = usedOf(n);
    const ready = d[o + COUNT]! >= used && n >= used + 2;
    const base = ready ? Math.log10(n / used) : 0;
    const count = d[o + COUNT]!;
    let episodes = 0;
    let sum = 0;
    let lean = 0;
    for (let v = 0; v < views; v += 1) {
      const residual = this.#residuals[v]!;
      const up = residual >= 0;
      const a = Math.abs(residual);
      const tail = tailOf(v, up ? 1 : 0);
      const t = o + TAILS + tail * slowTailStride;
      cells.residual[0] = a;
      let surprise = 0;
      let learnt = a;
      if (ready) {
        if (bytes[4 * t + USED] !== used) refresh(cells, t, used);
        const level = d[t + LEVEL]!;
        if (a > level) {
          const floor = v === contextView ? p.contextFloor : this.#floor;
          const excess = d[t + EXCESS]! + slowTail.levelFloor * level + floor;
          surprise = base + (perExcess * (a - level)) / excess;
          if (surprise > slowTail.cap) learnt = level + ((slowTail.cap - base) * excess) / perExcess;
        } else if (level > 0) surprise = (0.999 * base * a) / level;
      }
      if (surprise >= slowTail.familiarFrom) surprise /= familiarity(cells, t);
      if (learns) {
        if (surprise >= slowTail.familiarFrom) {
          learnPeak(cells, t);
          episodes |= 1 << tail;
        }
        cells.residual[0] = learnt;
        if (beatsLast(cells, t)) learnResidual(cells, t, count);
      }
      const said = v === 1 && !seasonal ? 0 : Math.min(surprise, 40);
      d[o + SAID + v] = up ? said : -said;
      const cube = said * said * said;
      sum += cube;
      if (v !== unrestView && v !== contextView) lean += up ? cube : -cube;
    }
    this.#block.surprises[i] = Math.min(1, d[o + SEEN]! / p.grace) * Math.cbrt(sum);
    this.#block.leans[i] = lean;
    if (!learns) return;
    d[o + TAIL_N] = n + 1;
    d[o + COUNT] = Math.min(slowTail.size, d[o + COUNT]! + 1);
    if (episodes !== 0 || d[o + OPEN] !== 0) this.#learnQuiet(o, episodes);
    if (n + 1 >= slowTail.halving) this.#halve(o);
  }

  /** Where an episode went on and this sample is not of it. */
  #learnQuiet(o: number, episodes: number): void {
    const d = this.data;
    let open = d[o + OPEN]! | episodes;
    for (let tail = 0; tail < tails; tail += 1) {
      const bit = 1 << tail;
      if ((open & bit) === 0 || (episodes & bit) !== 0) continue;
      const t = o + TAILS + tail * slowTailStride;
      learnQuiet(this.#cells, t);
      if (this.#bytes[4 * t + PEAK] === 0) open &= ~bit;
    }
    d[o + OPEN] = open;
  }

  #halve(o: number): void {
    const d = this.data;
    for (let tail = 0; tail < tails; tail += 1) halve(this.#cells, o + TAILS + tail * slowTailStride);
    d[o + COUNT] = Math.ceil(d[o + COUNT]! / 2);
    d[o + TAIL_N] = Math.floor(d[o + TAIL_N]! / 2);
  }

  /** Makes the codes of the ring cover this value too, with room on either side, so that this is rare. */
  #recode(i: number, o: number): void {
    const d = this.data;
    const x = clamped(this.#block.values[i]!) - d[o + ORIGIN]!;
    const codes = this.#codes;
    const ring = 2 * (o + RING);
    const middle = d[o + MIDDLE]!;
    const step = d[o + STEP]!;
    let low = Math.min(x, d[o + LOW]!);
    let high = Math.max(x, d[o + HIGH]!);
    for (let k = 0; k < ringSize; k += 1) {
      const value = middle + step * codes[ring + k]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    d[o + MIDDLE] = low + (high - low) / 2;
    d[o + STEP] = Math.max(1e-30, (room * (high - low)) / most);
    for (let k = 0; k < ringSize; k += 1)
      codes[ring + k] = Math.round((middle + step * codes[ring + k]! - d[o + MIDDLE]!) / d[o + STEP]!);
    this.#sumUp(o);
  }

  #sumUp(o: number): void {
    const d = this.data;
    const ring = 2 * (o + RING);
    const newest = d[o + SEEN]! + ringSize - 1;
    let sum = 0;
    let squares = 0;
    for (let age = 0; age < ringSize; age += 1) {
      const code = this.#codes[ring + ((newest - age) % ringSize)]!;
      sum += code;
      if (age < 48) squares += code * code;
      if (age === 11) d[o + SUM12] = sum;
      if (age === 47) d[o + SUM48] = sum;
    }
    d[o + SUM96] = sum;
    this.#doubles[(o + SQUARES) >> 1] = squares;
  }

  seen = (row: number): number => this.data[row * slowStride + SEEN]!;
  said = (row: number, view: number): number => this.data[row * slowStride + SAID + view]!;

  /** A change was accepted: the level moves there with the next samples, tails and rhythm stay. */
  regime(row: number): void {
    const d = this.data;
    const o = row * slowStride;
    const shift = d[o + OFF]!;
    for (const at of [LONG, MEAN12, MEAN96]) d[o + at] = d[o + at]! + shift;
    for (let i = 0; i < 24; i += 1) d[o + HOURS + i] = d[o + HOURS + i]! + shift;
  }
}
