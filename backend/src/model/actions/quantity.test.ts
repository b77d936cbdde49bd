import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printCpu, printMemory, Quantity, quantity } from './quantity.ts';

const same = (value: number, texts: readonly string[]) => texts.map((text) => [text, value] as const);

it.each([
  ...same(2 ** 29, ['512Mi', '0.5Gi', '.5Gi', '+512Mi', '524288Ki']),
  ...same(1e9, ['1e9', '1E9', '1.e9', '1G', '1000M', '1000000k', '+1.0e+9']),
  ...same(0.25, ['250m', '.25', '25e-2', '250000u', '250000000n']),
  ...same(1e18, ['1E']),
  ...same(2 ** 60, ['1Ei']),
  ...same(5, ['5.']),
  ...same(-1, ['-1']),
  ...same(0, ['0']),
])('%s is %d', (text, expected) => {
  expect(quantity(text)).toBeCloseTo(expected, 9);
});

it.each(['', '.', 'Mi', '1 Gi', '1gi', '1K', '1mi', '1e', '1e9Mi', '1e1.5', '--1', 'Infinity', 'NaN', '0x10', '1\n'])(
  'what Kubernetes does not take is no quantity: %j',
  (text) => {
    expect(quantity(text)).toBeNaN();
    expect(Quantity.safeParse(text).success).toBe(false);
  },
);

it('as a parameter of an action is above zero', () => {
  for (const text of ['0', '-1Gi', '0Mi']) expect(Quantity.safeParse(text).success).toBe(false);
});

it('is read as it was printed, rounded up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), (n) => {
      expect(quantity(printCpu(n / 1000))).toBeCloseTo(n / 1000, 2);
      expect(quantity(printMemory(n * 2 ** 20))).toBe(n * 2 ** 20);
    }),
  );
});
