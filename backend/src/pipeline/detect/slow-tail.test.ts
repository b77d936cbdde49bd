import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beatsLast, EXCESS, learnPeak, learnResidual, LEVEL, refresh, slowTail, slowTailStride } from './slow-tail.ts';

function made() {
  const floats = new Float32Array(slowTailStride);
  const cells = { floats, bytes: new Uint8Array(floats.buffer), residual: new Float64Array(1) };
  let count = 0;
  return {
    cells,
    learn(a: number): void {
      cells.residual[0] = a;
      if (beatsLast(cells, 0)) learnResidual(cells, 0, count);
      count = Math.min(slowTail.size, count + 1);
    },
    level: () => floats[LEVEL]!,
    excess: () => floats[EXCESS]!,
  };
}

test('the list of codes has the level and the mean excess of the exact list, within the width of a code', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: slowTail.size, maxLength: 300 }),
      fc.integer({ min: -60, max: 60 }),
      (residuals, exponent) => {
        const tail = made();
        const scale = 2 ** exponent;
        for (const a of residuals) tail.learn(a * scale);
        const largest = residuals.toSorted((a, b) => b - a).slice(0, slowTail.size);
        const mean = largest.reduce((sum, a) => sum + a, 0) / largest.length;
        refresh(tail.cells, 0, slowTail.size);
        expect(Math.abs(tail.level() / scale / largest.at(-1)! - 1)).toBeLessThan(0.02);
        expect(Math.abs((tail.level() + tail.excess()) / scale / mean - 1)).toBeLessThan(0.02);
        const before = tail.excess();
        tail.learn(11 * scale);
        const followed = tail.excess();
        refresh(tail.cells, 0, slowTail.size);
        expect(followed).not.toBe(before);
        expect(Math.abs(followed / tail.excess() - 1)).toBeLessThan(0.02);
      },
    ),
  );
});

test('the peak of an outage, however high, leaves the list as it is', () => {
  const tail = made();
  for (let i = 1; i <= 60; i += 1) tail.learn(1 + i / 60);
  const list = tail.cells.bytes.slice(24);
  tail.cells.residual[0] = 1e12;
  learnPeak(tail.cells, 0);
  expect(tail.cells.bytes.slice(24)).toEqual(list);
});
