import { describe, expect, test } from 'vitest';
import { blockOf } from './columns.ts';
import { createDetection } from './detection.ts';
import { shiftParameters } from './level-shift.ts';
import { randomOf } from './random.ts';
import { SlowHead } from './slow-head.ts';

/** What is said of shifts, value by value. */
function saidOf(values: readonly number[], learns: (i: number) => boolean = () => true): number[] {
  const head = new SlowHead();
  head.grow(1);
  const block = blockOf(1);
  return values.map((value, i) => {
    block.learns[0] = learns(i) ? 1 : 0;
    block.values[0] = value;
    head.observe(block, 1, 1_700_000_000);
    return block.shifts[0] ?? NaN;
  });
}

/** Noise with a standard deviation of 0.5. */
function noiseOf(count: number): number[] {
  const random = randomOf(11);
  return Array.from({ length: count }, () => 100 + random() + random() + random() - 1.5);
}

const said = (count: number, level: (i: number) => number): number[] =>
  saidOf(noiseOf(count).map((value, i) => value + level(i)));

const at = 4000;
const isShift = (surprise: number): boolean => surprise !== 0;

describe('a level that moves by less than three times the noise', () => {
  const moved = said(at + 200, (i) => (i >= at && i < at + 100 ? -1.4 : 0));

  test('is told within eight samples, with its direction, at most twice', () => {
    const told = moved.slice(at, at + 100).filter(isShift);
    expect(moved.slice(at, at + 8).some((one) => one <= -shiftParameters.from)).toBe(true);
    expect(told.length).toBeLessThanOrEqual(shiftParameters.speaks);
  });

  test('is no news when it comes back', () => {
    expect(moved.slice(at + 100).filter(isShift)).toEqual([]);
  });

  test('is news when it goes on to the other side', () => {
    const across = said(at + 108, (i) => (i < at ? 0 : i < at + 100 ? -1.4 : 3));
    expect(Math.max(...across.slice(at + 100))).toBeGreaterThanOrEqual(shiftParameters.from);
  });
});

test('noise alone is told about as rarely as its surprise says', () => {
  const told = said(20_000, () => 0).filter(isShift);
  expect(told.length).toBeLessThan(2 * 20_000 * 10 ** -shiftParameters.from);
});

test('a lone spike, however high, is no level', () => {
  for (const height of [5, 50, 5e6])
    expect(said(at + 8, (i) => (i === at ? height : 0)).slice(at)).not.toContainEqual(expect.toSatisfy(isShift));
});

test('a sample that is not learnt leaves nothing behind', () => {
  const noise = noiseOf(at + 8).map((value, i) => value + (i >= at ? 1.6 : 0));
  const plain = saidOf(noise);
  // between two samples, another one that does not count
  const mixed = saidOf(
    noise.flatMap((value) => [value, 500]),
    (i) => i % 2 === 0,
  );
  expect(plain.some(isShift)).toBe(true);
  expect(mixed.filter((_, i) => i % 2 === 0)).toEqual(plain);
});

test('the explanation names the shift', () => {
  const detection = createDetection({ thresholds: {} });
  detection.add(0, { metricType: 'latency', direction: 'up', key: 'a', targetKey: 'w' });
  const random = randomOf(3);
  const batch = { rows: Uint32Array.of(0), values: new Float64Array(1), masked: new Uint8Array(1), count: 1 };
  const views: string[] = [];
  for (let i = 0; i < at + 8; i += 1) {
    batch.values[0] = 100 + (random() + random() + random() - 1.5) + (i >= at ? 1.6 : 0);
    detection.observe({ ...batch, timestamp: 1_700_000_000 + 60 * i });
    if (i >= at) views.push(...detection.explain(0).views.map(({ name }) => name));
  }
  expect(views).toContain('shift');
});
