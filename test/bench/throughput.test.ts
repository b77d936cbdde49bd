import { describe, expect, it } from 'vitest';
import { throughput } from './throughput.ts';

describe('the benchmark', () => {
  it('measures every row with something to show for it', () => {
    const { rows, times } = throughput(true);
    expect(new Set(rows.map((row) => row.name)).size).toBeGreaterThanOrEqual(7);
    for (const row of rows) {
      expect(row.samplesPerSecond, row.name).toBeGreaterThan(1000);
      expect(Number.isFinite(row.checksum), row.name).toBe(true);
      expect(row.checksum, row.name).not.toBe(0);
    }
    for (const one of times) expect(one.milliseconds, one.what).toBeGreaterThan(0);
  });
});
