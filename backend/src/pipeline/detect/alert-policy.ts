import { grown } from './columns.ts';

/** When an incident surprise is worth a word: once, and again only if it becomes far stranger or it has been quiet. */
export const alertRules = {
  from: 3.5,
  /** Samples without a second alert, unless the surprise is `stronger` times the one of the last alert. */
  quiet: 100,
  stronger: 8,
};

export const policyStride = 2;

export class AlertPolicy {
  /** Per row: samples of silence left, surprise of the last alert. */
  data = new Float32Array(0);

  grow(size: number): void {
    this.data = grown(this.data, size * policyStride);
  }

  reset(row: number): void {
    this.data.fill(0, row * policyStride, (row + 1) * policyStride);
  }

  /** The surprise itself where it alerts, else the part of it that stays under the alert level. */
  judge(row: number, surprise: number): number {
    const d = this.data;
    const o = row * policyStride;
    if (d[o]! > 0) d[o] = d[o]! - 1;
    const { from, quiet, stronger } = alertRules;
    const speaks = surprise >= from && (d[o] === 0 || surprise >= stronger * d[o + 1]!);
    if (!speaks) return (0.5 * from * surprise) / (from + surprise);
    d[o] = quiet;
    d[o + 1] = surprise;
    return surprise;
  }
}
