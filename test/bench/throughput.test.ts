import { describe, expect, it } from 'vitest';
import { scoreTable } from '../../backend/src/pipeline/score.ts';
import { garbage, start, throughput, valueOf } from './throughput.ts';

/** The sum of what `kubewise score` writes for each of these series, one file per series, in the benchmark's order. */
function scoreOf(series: number, rounds: number): number {
  const times = Array.from({ length: rounds }, (_, round) => start + 60 * round);
  const scored = Array.from({ length: series }, (_, row) =>
    scoreTable({ times, columns: [times.map((_time, round) => valueOf(row, round))] }),
  );
  let sum = 0;
  for (let round = 0; round < rounds; round += 1) for (const { scores } of scored) sum += scores[round] ?? NaN;
  return Number(sum.toPrecision(9));
}

describe('the benchmark', () => {
  it('measures every row with something to show for it', () => {
    const { rows, times } = throughput(true);
    expect(new Set(rows.map((row) => row.name)).size).toBeGreaterThanOrEqual(7);
    for (const row of rows) {
      expect(row.samplesPerSecond, row.name).toBeGreaterThan(1000);
      expect(Number.isFinite(row.checksum), row.name).toBe(true);
      expect(row.checksum, row.name).not.toBe(0);
    }
    expect(rows.find(({ name }) => name.startsWith('kubewise score'))?.checksum).toBe(scoreOf(400, 40));
    for (const one of times) expect(one.milliseconds, one.what).toBeGreaterThan(0);
  });

  it('shows a hot path that leaves nothing behind', async () => {
    // A boxed number is 16 bytes: one per sample would be 16 kB a thousand.
    // Three times: on a busy machine V8 may still be compiling the first; what is left behind per sample is so every time.
    const runs = [await garbage(1000, 200), await garbage(1000, 200), await garbage(1000, 200)];
    const least = Math.min(...runs.map(({ kilobytes, samples }) => kilobytes / (samples / 1000)));
    expect(least).toBeLessThan(4);
  });
});
