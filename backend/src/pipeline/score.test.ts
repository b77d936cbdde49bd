import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scoreTable } from './score.ts';

const value = fc.oneof({ weight: 8, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) }, fc.constant(NaN));

test('strictly online: another future changes no score so far, to the bit', () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 50, maxLength: 300 }),
      fc.array(value, { minLength: 1, maxLength: 100 }),
      fc.integer({ min: 1, max: 3 }),
      (past, future, count) => {
        const table = (values: readonly number[], step: number) => {
          const times = values.map((_, i) => 1_700_000_000 + (i < past.length ? 60 * i : 60 * past.length + step * i));
          const columns = Array.from({ length: count }, (_, c) => values.map((x) => x * (c + 1)));
          return scoreTable({ times, columns });
        };
        const alone = table(past, 60);
        const followed = table([...past, ...future], 3600);
        expect(followed.scores.subarray(0, past.length)).toEqual(alone.scores);
        expect(followed.anomalyScores.subarray(0, past.length)).toEqual(alone.anomalyScores);
      },
    ),
    { numRuns: 40 },
  );
});

test('several series of a workload together say more than one alone', () => {
  const calm = Array.from({ length: 1000 }, (_, i) => 10 + Math.sin(i) + (i % 7) * 0.1);
  const shaken = calm.map((x, i) => (i === 900 ? x + 30 : x));
  const times = calm.map((_, i) => 60 * i);
  const one = scoreTable({ times, columns: [shaken, calm, calm] }).scores[900] ?? 0;
  const three = scoreTable({ times, columns: [shaken, shaken, shaken] }).scores[900] ?? 0;
  expect(three).toBeGreaterThan(one);
});

test('a series that falls silent after a shock does not go on about it', () => {
  const calm = Array.from({ length: 1000 }, (_, i) => 10 + Math.sin(i) + (i % 7) * 0.1);
  const times = calm.map((_, i) => 60 * i);
  const silent = calm.map((x, i) => (i < 900 ? x : i === 900 ? x + 30 : NaN));
  const { scores } = scoreTable({ times, columns: [silent, calm, calm] });
  const usual = scoreTable({ times, columns: [calm, calm] }).scores;
  expect(scores[900]).toBeGreaterThan(0.7);
  expect(Math.abs((scores[990] ?? 1) - (usual[990] ?? 0))).toBeLessThan(0.1);
});
