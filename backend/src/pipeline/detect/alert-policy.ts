import { grown } from './columns.ts';

/** When an incident surprise is worth a word: once, and again only if it becomes far stranger or it has been quiet. */
export const alertRules = {
  from: 3.5,
  /** Samples without a second alert, unless the surprise is `stronger` times the one of the last alert. */
  quiet: 60,
  stronger: 8,
  /** The fused surprise that 2 % of the samples of a usual series exceed: its views depend on each other. */
  quantile: 0.98,
  usual: 2.8,
  /** Part of what is missing to that, or too much, that is made up for. */
  correction: 0.3,
  levelRate: 0.002,
  /** Ten times as many earlier alerts make one less of a surprise by so much: who looks often finds something. */
  weariness: 0.25,
  /** Samples after which an alert counts a third. */
  memory: 20_000,
};

export const policyStride = 4;
const SILENCE = 0;
const LAST = 1;
const LEVEL = 2;
const ALERTS = 3;

/**
 * The fused surprise is a norm of dependent views and so no logarithm of a probability any more: how often it exceeds a
 * value differs from series to series. The policy learns where the series has its 98 % quantile (stochastic
 * approximation: Robbins and Monro, Annals of Mathematical Statistics 1951) and moves the surprise by a part of the
 * distance to the usual place: shrinkage, as the tail beyond the quantile is not known as well as the quantile.
 */
export class AlertPolicy {
  /** Per row: samples of silence left, surprise of the last alert, level of the fused surprise, alerts so far. */
  data = new Float32Array(0);

  grow(size: number): void {
    this.data = grown(this.data, size * policyStride);
  }

  reset(row: number): void {
    this.data.fill(0, row * policyStride, (row + 1) * policyStride);
  }

  /**
   * Replaces the fused surprise at `i` by the calibrated one where it alerts, else by the part of it that stays under the
   * alert level. `seen`: samples before this one.
   */
  judge(row: number, surprises: Float64Array, i: number, seen: number, learn: boolean): void {
    const d = this.data;
    const o = row * policyStride;
    const { from, quiet, stronger, usual, correction, weariness, memory } = alertRules;
    const fused = surprises[i]!;
    const surprise = Math.max(
      0,
      fused + correction * (usual - d[o + LEVEL]!) - weariness * Math.log10(1 + d[o + ALERTS]!),
    );
    if (learn) this.#learn(o, surprises, i, seen);
    if (d[o + SILENCE]! > 0) d[o + SILENCE] = d[o + SILENCE]! - 1;
    d[o + ALERTS] = d[o + ALERTS]! * (1 - 1 / memory);
    const speaks = surprise >= from && (d[o + SILENCE] === 0 || surprise >= stronger * d[o + LAST]!);
    surprises[i] = speaks ? surprise : (0.5 * from * surprise) / (from + surprise);
    if (!speaks) return;
    d[o + SILENCE] = quiet;
    d[o + LAST] = surprise;
    d[o + ALERTS] = d[o + ALERTS]! + 1;
  }

  #learn(o: number, surprises: Float64Array, i: number, seen: number): void {
    const { quantile, levelRate } = alertRules;
    const level = this.data[o + LEVEL]!;
    const step = Math.max(2 * levelRate, 1 / (seen + 1));
    this.data[o + LEVEL] = Math.max(0, level + step * (surprises[i]! > level ? quantile : quantile - 1));
  }
}
