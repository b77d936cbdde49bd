/** Buckets of one size before two of them are merged (M of the paper). */
const perRow = 5;
const rows = 32;
/** Samples between two looks for a cut. */
const every = 8;
const fewest = 5;

/**
 * ADWIN (Bifet & Gavaldà, SDM 2007): a window over numbers in [0, 1] that drops its old part as soon as the means of
 * its two parts differ by more than chance allows. Keeps O(log n) buckets in arrays of fixed size.
 */
export class Adwin {
  readonly #delta: number;
  /** Sums and variances by row and slot; a bucket of row r holds 2^r numbers; slot 0 is the oldest. */
  readonly #sums = new Float64Array(rows * (perRow + 1));
  readonly #spreads = new Float64Array(rows * (perRow + 1));
  readonly #counts = new Uint8Array(rows);
  #width = 0;
  #total = 0;
  #spread = 0;
  #ticks = 0;

  constructor(delta = 0.002) {
    this.#delta = delta;
  }

  get width(): number {
    return this.#width;
  }

  get mean(): number {
    return this.#width === 0 ? 0 : this.#total / this.#width;
  }

  /** Takes one number; true when older numbers were dropped because they come from another world. */
  add(value: number): boolean {
    if (this.#width > 0) {
      const far = value - this.mean;
      this.#spread += (far * far * this.#width) / (this.#width + 1);
    }
    this.#width += 1;
    this.#total += value;
    this.#put(0, value, 0);
    this.#ticks += 1;
    return this.#ticks % every === 0 && this.#width > 2 * fewest && this.#shrink();
  }

  #put(row: number, sum: number, spread: number): void {
    const at = row * (perRow + 1) + this.#counts[row]!;
    this.#sums[at] = sum;
    this.#spreads[at] = spread;
    this.#counts[row]! += 1;
    if (this.#counts[row] === perRow + 1 && row + 1 < rows) this.#merge(row);
  }

  /** The two oldest buckets of a row become one of the next. */
  #merge(row: number): void {
    const at = row * (perRow + 1);
    const size = 2 ** row;
    const apart = (this.#sums[at]! - this.#sums[at + 1]!) / size;
    const sum = this.#sums[at]! + this.#sums[at + 1]!;
    const spread = this.#spreads[at]! + this.#spreads[at + 1]! + (apart * apart * size) / 2;
    this.#take(row, 2);
    this.#put(row + 1, sum, spread);
  }

  #take(row: number, count: number): void {
    const at = row * (perRow + 1);
    this.#sums.copyWithin(at, at + count, at + perRow + 1);
    this.#spreads.copyWithin(at, at + count, at + perRow + 1);
    this.#counts[row]! -= count;
  }

  #shrink(): boolean {
    let dropped = false;
    while (this.#width > 2 * fewest && this.#isCut()) {
      this.#dropOldest();
      dropped = true;
    }
    return dropped;
  }

  /** Is there a place where old and new differ by more than epsilon? Looks from the oldest bucket on. */
  #isCut(): boolean {
    let old = 0;
    let oldSum = 0;
    for (let row = rows - 1; row >= 0; row -= 1)
      for (let slot = 0; slot < this.#counts[row]!; slot += 1) {
        old += 2 ** row;
        oldSum += this.#sums[row * (perRow + 1) + slot]!;
        const young = this.#width - old;
        if (young < fewest) return false;
        if (old >= fewest && Math.abs(oldSum / old - (this.#total - oldSum) / young) > this.#epsilon(old, young))
          return true;
      }
    return false;
  }

  #epsilon(old: number, young: number): number {
    const m = 1 / (1 / (old - fewest + 1) + 1 / (young - fewest + 1));
    const chance = Math.log((2 * Math.log(this.#width)) / this.#delta);
    const variance = this.#spread / this.#width;
    return Math.sqrt((2 / m) * variance * chance) + (2 / (3 * m)) * chance;
  }

  #dropOldest(): void {
    let row = rows - 1;
    while (this.#counts[row] === 0) row -= 1;
    const size = 2 ** row;
    const sum = this.#sums[row * (perRow + 1)]!;
    const spread = this.#spreads[row * (perRow + 1)]!;
    this.#take(row, 1);
    this.#width -= size;
    this.#total -= sum;
    const apart = sum / size - this.mean;
    this.#spread = Math.max(0, this.#spread - spread - (apart * apart * size * this.#width) / (size + this.#width));
  }
}
