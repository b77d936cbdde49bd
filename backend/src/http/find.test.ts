import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { targetKey, type Anomaly } from '../model/index.ts';
import { alikeTo } from './find.ts';

let store: SqliteStore;
beforeEach(async () => void (store = await openSqliteStore({ path: ':memory:' })));
afterEach(() => store.close());

function anomaly(id: string, at: number, fields: Partial<Anomaly> & { name?: string } = {}): Anomaly {
  const { name = 'web', ...more } = fields;
  const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name };
  return {
    ...{ id, version: 0, schemaVersion: 1, cluster: 'test', series: name, query: 'latency', metricType: 'latency' },
    ...{ unit: 's', target, targetKey: targetKey(target), value: 2, expected: 1, band: [0.8, 1.2], score: 0.9 },
    ...{ peak: 0.9, threshold: 0.78, severity: 'warning', confidence: 1, views: [], sentence: '', startedAt: at },
    ...{ updatedAt: at, endedAt: at + 60, open: false, reason: '', features: { S_short: 6, S_lag: 4 }, ...more },
  };
}

describe('similar past episodes', () => {
  it('are of the same metric type, earlier, the same target first, then by what the views said and which way', async () => {
    await store.anomalies.upsert([
      anomaly('now', 1000),
      anomaly('same-other-views', 100, { features: { S_std: 5 } }),
      anomaly('same-alike', 200),
      anomaly('elsewhere-alike', 300, { name: 'api' }),
      anomaly('elsewhere-down', 400, { name: 'api', value: 0.2 }),
      anomaly('another-metric', 500, { metricType: 'cpu' }),
      anomaly('later', 2000),
    ]);
    const found = await alikeTo({ store }, anomaly('now', 1000));
    expect(found.map((one) => one.anomaly.id)).toEqual([
      'same-alike',
      'same-other-views',
      'elsewhere-alike',
      'elsewhere-down',
    ]);
    expect(found[0]?.likeness).toBeCloseTo(1, 9);
    expect(found[3]?.likeness).toBeCloseTo(0.5, 9);
  });
});
