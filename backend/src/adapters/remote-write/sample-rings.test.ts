import { expect, test } from 'vitest';
import { createWindow, SampleRings, type Window } from './sample-rings.ts';

/** A generator with a fixed seed, so that a failure can be repeated. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** What a window over the last 64 samples holds, by the book. */
function scanned(samples: readonly (readonly [number, number])[], from: number, to: number): Window {
  const kept = samples.slice(-64);
  const inside = kept.filter(([time]) => time >= from && time <= to);
  const [firstTime, first] = inside[0] ?? [NaN, NaN];
  const [lastTime, last] = inside.at(-1) ?? [NaN, NaN];
  const lost = inside.reduce((sum, [, value], i) => {
    const before = inside[i - 1]?.[1] ?? NaN;
    return value < before ? sum + before : sum;
  }, 0);
  return {
    ...{ size: inside.length, firstTime, first, lastTime, last, lost, steps: inside.length - 1 },
    ...{ earlier: kept.some(([time]) => time < from), later: kept.some(([time]) => time > to) },
  };
}

test('a window says what a walk over its samples says: resets, NaN and rings that are full included', () => {
  const next = chance(17);
  const rings = new SampleRings();
  const rows = [0, 1, 1023, 1024, 2500];
  for (let row = 0; row <= 2500; row += 1) rings.open(row);
  const sent = new Map(rows.map((row) => [row, [] as [number, number][]]));
  const window = createWindow();
  let compared = 0;
  let resets = 0;
  for (let time = 1_000_000; compared < 4000; time += 10_000 + Math.floor(next() * 9000))
    for (const [row, samples] of sent) {
      const value = [0, NaN, Infinity][Math.floor(next() * 40)] ?? (samples.at(-1)?.[1] || 5) + next();
      expect(rings.push(row, value, time)).toBe(true);
      samples.push([time, value]);
      const to = time - Math.floor(next() * next() * 600_000);
      const from = to - Math.floor(next() * 900_000);
      rings.window(row, from, to, window);
      const expected = scanned(samples, from, to);
      if (expected.size > 0) expect(window).toEqual(expected);
      else expect(window).toMatchObject({ size: 0, earlier: expected.earlier, later: expected.later });
      compared += 1;
      if (expected.lost > 0) resets += 1;
    }
  expect(resets).toBeGreaterThan(500);
});

test('samples that are closer than the ring needs become one, and are counted as steps', () => {
  const rings = new SampleRings();
  rings.open(0);
  const window = createWindow();
  for (let i = 0; i < 100; i += 1) rings.push(0, i, 1000 * (i + 1));
  rings.window(0, 0, 200_000, window);
  expect(window).toMatchObject({ first: 0, last: 99, steps: 99, lost: 0, earlier: false, later: false });
  expect(window.size).toBeLessThan(15);
});

test('a row that is opened again knows nothing of the series before', () => {
  const rings = new SampleRings();
  rings.open(0);
  for (const [i, value] of [9, 3, 4].entries()) rings.push(0, value, 20_000 * (i + 1));
  rings.end(0, 70_000);
  rings.open(0);
  const value = new Float64Array(1);
  expect(rings.latest(0, 0, 100_000, value, 0)).toBe(false);
  rings.push(0, 1, 10_000);
  rings.push(0, 2, 30_000);
  const window = createWindow();
  rings.window(0, 0, 100_000, window);
  expect(window).toMatchObject({ size: 2, lost: 0, steps: 1 });
  expect(rings.latest(0, 0, 100_000, value, 0)).toBe(true);
  expect(value[0]).toBe(2);
});
