import { describe, expect, it } from 'vitest';
import type { WatchedQuery } from '../model/index.ts';
import { createSeriesTable } from './collect/index.ts';
import { emptyBatch, push } from './poll.ts';
import { createWorkloads, forecastInWords, workloadQueries } from './workloads.ts';

const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
const watched = (name: string, more: Partial<WatchedQuery> = {}): WatchedQuery => ({
  ...{ name, metricType: name, query: name, unit: '', aggregate: 'sum', direction: 'up', ...more },
});

describe('workloads as rows', () => {
  it('says how strange a workload is as a whole, and how near a leak is to its limit', () => {
    const workloads = createWorkloads({ trees: { n: 10, height: 8, window: 100 }, seed: 1, training: undefined });
    const table = createSeriesTable((row) => workloads.add(row));
    const batch = emptyBatch(8);
    const values = new Map<string, number>();
    const round = (i: number, cpu: number, memory: number): void => {
      batch.count = 0;
      batch.timestamp = i * 60;
      push(batch, table.rowOf(watched('cpu'), target).row, cpu, false);
      push(batch, table.rowOf(watched('memory', { range: [0, 1] }), target).row, memory, false);
      workloads.extend(batch, table);
      for (let k = 0; k < batch.count; k += 1) values.set(table.at(batch.rows[k]!).query.metricType, batch.values[k]!);
    };
    for (let i = 0; i < 300; i += 1) round(i, 1 + 0.1 * Math.sin(i), 0.5 + 0.01 * Math.cos(1.7 * i));
    expect(values.get('forecast')).toBe(0);
    expect(values.get('workload_distance')).toBeLessThan(workloadQueries.distance.healthy!);
    expect(values.has('workload_forest')).toBe(false);
    for (let i = 300; i < 480; i += 1) round(i, 1 + 0.1 * Math.sin(i), 0.5 + (i - 300) * 0.002);
    expect(values.get('forecast')).toBeGreaterThan(1);
    round(480, 5, 0.86);
    expect(values.get('workload_distance')).toBeGreaterThan(workloadQueries.distance.healthy!);
  });

  it('puts a forecast in words', () => {
    expect(forecastInWords(workloadQueries.forecast, 50)).toBe(
      'if it goes on like this, a limit is reached within 8 min',
    );
    expect(forecastInWords(workloadQueries.distance, 50)).toBeUndefined();
  });
});
