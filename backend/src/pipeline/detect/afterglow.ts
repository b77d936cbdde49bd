import { grown } from './columns.ts';

export const afterglowRules = {
  /** Weight of a sample in the recent level of surprise: what happened ten samples ago counts a third. */
  rate: 0.1,
  /** A mean of dependent surprises may claim too much by this, and by no more (log10 e). */
  doubt: 0.4342945,
  /** Stays below every threshold that the false-alarm budget may set: what has been said already alarms nobody. */
  most: 1.95,
};

/**
 * Keeps the score up while trouble lasts. The exponentially weighted mean of surprises is the logarithm of a weighted
 * geometric mean of p-values, and e times such a mean is a p-value again, however much the samples depend on each other
 * (Vovk and Wang, Combining p-values via averaging, Biometrika 2020). So the level says how unusual the last samples
 * are together, on the same scale as the surprise of one. For display and ranking only: states are raised and ended by
 * the surprise itself.
 */
export class Afterglow {
  /** Per row: recent level of surprise. */
  data = new Float32Array(0);

  grow(size: number): void {
    this.data = grown(this.data, size);
  }

  /** Replaces the surprise of a sample by that of the last ones together where that is more. */
  over(row: number, surprises: Float64Array, i: number): void {
    const { rate, doubt, most } = afterglowRules;
    const surprise = surprises[i]!;
    const level = this.data[row]! + rate * (surprise - this.data[row]!);
    this.data[row] = level;
    surprises[i] = Math.max(surprise, Math.min(most, level - doubt));
  }
}
