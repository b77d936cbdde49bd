import { clamped } from './columns.ts';

/** Per row: samples, level, slope (per second), mean deviation from the forecast, time of the last sample. */
const stride = 5;
const SEEN = 0;
const LEVEL = 1;
const SLOPE = 2;
const NOISE = 3;
const AT = 4;

export const trendParameters = {
  /** Seconds over which the level and the slope forget. */
  levelMemory: 1800,
  slopeMemory: 7200,
  warm: 30,
  /** A slope counts when its line goes this far beyond the noise within the level's memory (noise alone stays below 0.3). */
  clear: 1,
};

/** Seconds until a limit is reached, the slope per second, and how far its line goes in units of the noise. */
export interface Forecast {
  readonly seconds: number;
  readonly slope: number;
  readonly clarity: number;
}

/**
 * Holt's linear trend per row with memories in seconds, so that the interval does not matter: where does a slow leak
 * end? `learn` per sample, `timeTo(row, limit)` when asked; nothing is allocated by `learn`. 40 B per row.
 */
export class Trend {
  #data = new Float64Array(0);

  grow(size: number): void {
    if (size * stride <= this.#data.length) return;
    const wider = new Float64Array(Math.max(size * stride, 2 * this.#data.length));
    wider.set(this.#data);
    this.#data = wider;
  }

  reset(row: number): void {
    this.#data.fill(0, row * stride, (row + 1) * stride);
  }

  learn(row: number, value: number, timestamp: number): void {
    const d = this.#data;
    const o = row * stride;
    if (!Number.isFinite(value)) return;
    const x = clamped(value);
    const n = d[o + SEEN]!;
    const passed = timestamp - d[o + AT]!;
    if (n === 0) {
      d[o + SEEN] = 1;
      d[o + LEVEL] = x;
      d[o + AT] = timestamp;
      return;
    }
    if (passed <= 0) return;
    const forecast = d[o + LEVEL]! + d[o + SLOPE]! * passed;
    const miss = x - forecast;
    const early = 2 / (n + 2);
    const a = Math.max(early, 1 - Math.exp(-passed / trendParameters.levelMemory));
    const b = Math.max(early * early, 1 - Math.exp(-passed / trendParameters.slopeMemory));
    const change = (a * b * miss) / passed;
    d[o + LEVEL] = forecast + a * miss;
    d[o + SLOPE]! += change;
    d[o + NOISE]! += a * (Math.abs(miss) - d[o + NOISE]!);
    d[o + AT] = timestamp;
    d[o + SEEN] = n + 1;
  }

  slope = (row: number): number => this.#data[row * stride + SLOPE]!;
  level = (row: number): number => this.#data[row * stride + LEVEL]!;

  /** How far the line would go in its own memory, in units of the noise around it. */
  clarity(row: number): number {
    const o = row * stride;
    const noise = this.#data[o + NOISE]! + 1e-9 * Math.abs(this.#data[o + LEVEL]!) + 1e-12;
    return (Math.abs(this.#data[o + SLOPE]!) * trendParameters.levelMemory) / noise;
  }

  /** undefined when there is no clear trend, or when it leads away from the limit. */
  timeTo(row: number, limit: number): Forecast | undefined {
    const o = row * stride;
    const slope = this.#data[o + SLOPE]!;
    const clarity = this.clarity(row);
    if (this.#data[o + SEEN]! < trendParameters.warm || clarity < trendParameters.clear) return undefined;
    const seconds = (limit - this.#data[o + LEVEL]!) / slope;
    return seconds >= 0 && Number.isFinite(seconds) ? { seconds, slope, clarity } : undefined;
  }
}
