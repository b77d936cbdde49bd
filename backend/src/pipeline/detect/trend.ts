import { clamped, grownDoubles } from './columns.ts';

/**
 * Per row: samples, the first value, time of the last sample, and the discounted sums of weights, times, squared times,
 * values, times × values and squared values. Times are seconds before the last sample, values distances from the first.
 */
const stride = 9;
const SEEN = 0;
const ORIGIN = 1;
const AT = 2;
const W = 3;
const T = 4;
const TT = 5;
const X = 6;
const TX = 7;
const XX = 8;

/** Seconds after which a sample counts a third, and how clear a slope has to be to count. */
export interface TrendMemory {
  readonly memory: number;
  /** In units of the noise around the line, over the memory. */
  readonly clear: number;
}

/**
 * For what takes hours to fill, and for what takes minutes. Of noise alone fewer than one sample in a hundred is as clear,
 * also when it wanders (AR(1) with 0.9), at any interval from 15 to 60 s, and for hours up to 300 s; at longer ones minutes
 * say nothing.
 */
export const trendParameters = {
  hours: { memory: 7200, clear: 2 },
  minutes: { memory: 120, clear: 3 },
  warm: 30,
  /** Samples within the memory, each by its weight: two points are on a line whatever they are. */
  least: 2.2,
} as const;

/** Seconds until a limit is reached, the slope per second, and how far its line goes in units of the noise. */
export interface Forecast {
  readonly seconds: number;
  readonly slope: number;
  readonly clarity: number;
}

/**
 * A straight line per row by discounted least squares (Brown 1963), with a memory in seconds, so that the interval does
 * not matter: where does a leak end? `learn` per sample, `timeTo(row, limit)` when asked; nothing is allocated by
 * `learn`. 72 B per row.
 */
export class Trend {
  #data = new Float64Array(0);
  readonly #memory: TrendMemory;

  constructor(memory: TrendMemory = trendParameters.hours) {
    this.#memory = memory;
  }

  grow(size: number): void {
    this.#data = grownDoubles(this.#data, size * stride);
  }

  reset(row: number): void {
    this.#data.fill(0, row * stride, (row + 1) * stride);
  }

  learn(row: number, value: number, timestamp: number): void {
    if (!Number.isFinite(value)) return;
    const d = this.#data;
    const o = row * stride;
    const passed = timestamp - d[o + AT]!;
    if (d[o + SEEN] === 0) d[o + ORIGIN] = clamped(value);
    else if (passed <= 0) return;
    else this.#discount(o, passed);
    const x = clamped(value) - d[o + ORIGIN]!;
    d[o + W]! += 1;
    d[o + X]! += x;
    d[o + XX]! += x * x;
    d[o + AT] = timestamp;
    d[o + SEEN]! += 1;
  }

  /** The last sample was so many seconds ago: all times move back by that, and count for less. */
  #discount(o: number, passed: number): void {
    const d = this.#data;
    const kept = Math.exp(-passed / this.#memory.memory);
    d[o + TT] = kept * (d[o + TT]! - 2 * passed * d[o + T]! + passed * passed * d[o + W]!);
    d[o + TX] = kept * (d[o + TX]! - passed * d[o + X]!);
    d[o + T] = kept * (d[o + T]! - passed * d[o + W]!);
    d[o + W]! *= kept;
    d[o + X]! *= kept;
    d[o + XX]! *= kept;
  }

  /** Per second. */
  slope(row: number): number {
    const d = this.#data;
    const o = row * stride;
    const spread = d[o + W]! * d[o + TT]! - d[o + T]! * d[o + T]!;
    return spread > 0 ? (d[o + W]! * d[o + TX]! - d[o + T]! * d[o + X]!) / spread : 0;
  }

  /** Where the line is at the last sample. */
  level(row: number): number {
    const d = this.#data;
    const o = row * stride;
    if (d[o + W] === 0) return 0;
    return d[o + ORIGIN]! + (d[o + X]! - this.slope(row) * d[o + T]!) / d[o + W]!;
  }

  /** How far the line goes in its memory, in units of the noise around it. */
  clarity(row: number): number {
    const d = this.#data;
    const o = row * stride;
    if (d[o + W] === 0) return 0;
    const slope = this.slope(row);
    const w = d[o + W]!;
    const explained = slope * (d[o + TX]! - (d[o + T]! * d[o + X]!) / w);
    const variance = Math.max(0, (d[o + XX]! - (d[o + X]! * d[o + X]!) / w - explained) / w);
    const noise = Math.sqrt(variance) + 1e-9 * Math.abs(this.level(row)) + 1e-12;
    return (Math.abs(slope) * this.#memory.memory) / noise;
  }

  /** undefined when there is no clear trend, or when it leads away from the limit. */
  timeTo(row: number, limit: number): Forecast | undefined {
    const { warm, least } = trendParameters;
    if (this.#data[row * stride + SEEN]! < warm || this.#data[row * stride + W]! < least) return undefined;
    const clarity = this.clarity(row);
    if (!(clarity >= this.#memory.clear)) return undefined;
    const slope = this.slope(row);
    const seconds = (limit - this.level(row)) / slope;
    return seconds >= 0 && Number.isFinite(seconds) ? { seconds, slope, clarity } : undefined;
  }
}
