/**
 * Min-max scaling as the stream shows its range (River's MinMaxScaler), with a leak, so that one old extreme does not
 * squeeze everything for ever. Columns are scaled each by itself; a value outside what was seen is 0 or 1.
 */
export class AdaptiveScaling {
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #leak: number;

  constructor(columns: number, leak = 0) {
    this.#low = new Float64Array(columns).fill(NaN);
    this.#high = new Float64Array(columns).fill(NaN);
    this.#leak = leak;
  }

  learn(column: number, value: number): void {
    if (!Number.isFinite(value)) return;
    const low = this.#low[column]!;
    const high = this.#high[column]!;
    if (low !== low) {
      this.#low[column] = value;
      this.#high[column] = value;
      return;
    }
    const give = this.#leak * (high - low);
    this.#low[column] = Math.min(value, low + give);
    this.#high[column] = Math.max(value, high - give);
  }

  /** 0…1; 0 while the range is a point, NaN for NaN. */
  scaled(column: number, value: number): number {
    const low = this.#low[column]!;
    const width = this.#high[column]! - low;
    if (!(width > 0)) return value === value ? 0 : NaN;
    const z = (value - low) / width;
    return z < 0 ? 0 : z > 1 ? 1 : z;
  }
}
