import { describe, expect, it } from 'vitest';
import { Budget } from './budget.ts';
import { randomOf } from './random.ts';

const week = 604_800;
const interval = 60;
const targets = 40;
const types = 4;

/** Rounds of calibrated noise (P(S > s) = 10^-s), and how many incidents a threshold opens in them. */
function healthyWeek(budget: Budget, random: () => number, from: number, threshold: () => number): number {
  const openUntil = new Float64Array(targets);
  const raisedAt = new Float64Array(targets * types).fill(-Infinity);
  let incidents = 0;
  for (let at = from; at < from + week; at += interval) {
    for (let row = 0; row < targets * types; row += 1) {
      const target = Math.floor(row / types);
      const raised = budget.raised(row, -Math.log10(1 - random()));
      budget.note(target, row % types, raised, at);
      if (raised >= threshold()) raisedAt[row] = at;
    }
    budget.settle(at);
    for (let target = 0; target < targets; target += 1) {
      let signals = 0;
      for (let type = 0; type < types; type += 1) if (at - raisedAt[target * types + type]! <= 600) signals += 1;
      if (signals >= 2 && at > openUntil[target]!) incidents += 1;
      if (signals >= 2) openUntil[target] = at + 1800;
    }
  }
  return incidents;
}

describe('false-alarm budget', () => {
  it('keeps what was asked for within a factor of two on healthy noise', () => {
    for (const perWeek of [20]) {
      const random = randomOf(9);
      const budget = new Budget({ perWeek, lowest: 1 });
      for (let i = 0; i < 2; i += 1) healthyWeek(budget, random, i * week, () => 99);
      let sum = 0;
      for (let i = 2; i < 4; i += 1) {
        const threshold = budget.threshold!;
        sum += healthyWeek(budget, random, i * week, () => threshold);
      }
      expect(sum / 2 / perWeek).toBeGreaterThan(0.5);
      expect(sum / 2 / perWeek).toBeLessThan(2);
    }
  }, 20_000);

  it('says nothing before it has seen enough, and stays within its bounds', () => {
    const budget = new Budget();
    budget.settle(0);
    expect(budget.threshold).toBeUndefined();
    for (let at = 0; at < week; at += 60) budget.settle(at);
    expect(budget.threshold).toBe(2);
  });

  it('does not let one target in trouble make all others deaf', () => {
    const budget = new Budget({ round: 600 });
    for (let at = 0; at < 2 * week; at += 600) {
      if (at % 7200 === 0) for (const type of [1, 2]) budget.note(7, type, 12, at);
      budget.settle(at);
    }
    expect(budget.rate(9)).toBeLessThanOrEqual(2);
  });
});
