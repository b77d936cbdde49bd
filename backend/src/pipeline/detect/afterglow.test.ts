import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Afterglow, afterglowRules } from './afterglow.ts';
import { budgetParameters } from './budget.ts';

const made = (): Afterglow => {
  const afterglow = new Afterglow();
  afterglow.grow(1);
  return afterglow;
};

function over(afterglow: Afterglow, surprise: number): number {
  const surprises = Float64Array.of(surprise);
  afterglow.over(0, surprises, 0);
  return surprises[0]!;
}

test('trouble that lasts keeps the surprise up for a while, one blink does not', () => {
  const lasting = made();
  for (let i = 0; i < 20; i += 1) over(lasting, 5);
  const after = Array.from({ length: 60 }, () => over(lasting, 0.2));
  expect(after[0]).toBeGreaterThan(1.9);
  expect(after.every((glow, i) => i === 0 || glow <= after[i - 1]!)).toBe(true);
  expect(after.at(-1)).toBeCloseTo(0.2);
  const blink = made();
  over(blink, 5);
  expect(over(blink, 0.2)).toBeCloseTo(0.2);
});

test('no sample gets over a threshold that its own surprise does not reach', () => {
  expect(afterglowRules.most).toBeLessThan(budgetParameters.lowest);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { maxLength: 200 }), (surprises) => {
      const afterglow = made();
      for (const surprise of surprises) {
        const said = over(afterglow, surprise);
        expect(said).toBeGreaterThanOrEqual(surprise);
        if (surprise < budgetParameters.lowest) expect(said).toBeLessThan(budgetParameters.lowest);
      }
    }),
  );
});
