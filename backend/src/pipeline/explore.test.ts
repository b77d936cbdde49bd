import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { targetKey, type Anomaly } from '../model/index.ts';
import { createAuditLog } from './audit.ts';
import { createExplore } from './explore.ts';
import { createSwitches } from './switches.ts';
import { createFakePorts, type Fakes } from './ports.fake.ts';
import type { QueryStatus, ScoreRow, SeriesRequest } from './ports.ts';

const now = 1_700_000_000;
const web = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
const gone = { ...web, name: 'gone' };
const memory: QueryStatus = {
  ...{ name: 'memory', query: 'memory', metricType: 'memory', unit: 'bytes', aggregate: 'sum', direction: 'up' },
  ...{ state: 'found', series: 1, dropped: 0, seconds: 0, message: '' },
};
const row = (query: string, fields: Partial<ScoreRow> = {}): ScoreRow => ({
  ...{
    target: web,
    targetKey: targetKey(web),
    query,
    metricType: query,
    value: 5,
    expected: 1,
    band: [0, 2],
    score: 0.9,
    threshold: 0.78,
  },
  ...{ state: 'anomalous', timestamp: now, window: [], ...fields },
});
const anomaly = (fields: Partial<Anomaly>): Anomaly => ({
  ...{ id: 'anomaly', version: 0, schemaVersion: 1, cluster: 'test', series: 's', query: 'memory', unit: 'bytes' },
  ...{ metricType: 'memory', target: gone, targetKey: targetKey(gone), value: 6, worst: 9, expected: 1, band: [0, 2] },
  ...{ score: 0.8, peak: 0.95, threshold: 0.78, severity: 'warning', confidence: 1, views: [], features: {} },
  ...{ sentence: '', startedAt: now - 600, updatedAt: now - 300, open: false, reason: '', ...fields },
});

let store: SqliteStore;
let fakes: Fakes;
let rows: ScoreRow[];
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  fakes = createFakePorts(store);
  rows = [];
});
afterEach(() => store.close());

/** Prometheus knows the last hour of this deployment. */
function history(deployment: string): void {
  const timestamps = Float64Array.from({ length: 60 }, (_, i) => now - 3600 + i * 60);
  const values = timestamps.map((_, i) => 100 + (i % 3));
  const labels = { namespace: 'shop', deployment };
  fakes.vectors.set('memory', { ok: true, dropped: 0, seconds: 0, series: [{ labels, timestamps, values }] });
}

async function lines(asked: Partial<Omit<SeriesRequest, 'from' | 'to'>> = {}) {
  const { ports } = fakes;
  const explore = createExplore({
    ports,
    observe: { scores: () => rows, queries: () => [memory], replaceQueries: () => undefined },
    audit: createAuditLog(store.audit, 'test'),
    switches: createSwitches(ports, 'MANUAL'),
    detection: { thresholds: { default: 0.75 } },
    interval: 60,
  });
  const answer = await explore.series({ from: now - 3600, to: now, limit: 10, points: 100, ...asked });
  if (!answer.ok) throw new Error(answer.message);
  return answer.value;
}

describe('the series behind an anomaly', () => {
  it('is drawn from history although no detector holds it any more', async () => {
    history('gone');
    await store.anomalies.upsert([anomaly({})]);
    const { series, omitted } = await lines(gone);
    expect(omitted).toBe(0);
    expect(series).toMatchObject([{ target: { name: 'gone' }, query: 'memory', unit: 'bytes' }]);
    expect(series[0]?.values).toHaveLength(60);
    expect(series[0]?.values[1]).toBe(101);
  });

  it('is what the anomaly kept of it where Prometheus knows nothing', async () => {
    await store.anomalies.upsert([anomaly({}), anomaly({ id: 'before', startedAt: 1, updatedAt: 2 })]);
    const { series } = await lines(gone);
    expect(series).toMatchObject([
      { times: [now - 600, now - 300], values: [9, 6], low: [0, 0], high: [2, 2], scores: [0.95, 0.8] },
    ]);
  });

  it('is the recent values of a series that no query brings, like the count of events', async () => {
    rows = [
      row('events', {
        window: [
          [now - 120, 0],
          [now - 60, 4],
          [now + 60, 5],
        ] as const,
      }),
    ];
    const { series } = await lines({ metricType: 'events' });
    expect(series).toMatchObject([{ metricType: 'events', times: [now - 120, now - 60], values: [0, 4] }]);
  });

  it('is there once, and the present ones come first', async () => {
    history('web');
    rows = [row('memory')];
    await store.anomalies.upsert([anomaly({}), anomaly({ id: 'same', target: web, targetKey: targetKey(web) })]);
    const { series } = await lines();
    expect(series.map(({ target }) => target.name)).toEqual(['web', 'gone']);
  });

  it('of another workload or time is not', async () => {
    await store.anomalies.upsert([anomaly({}), anomaly({ id: 'old', startedAt: 1, updatedAt: 2 })]);
    expect((await lines(web)).series).toEqual([]);
    expect((await lines({ metricType: 'cpu' })).series).toEqual([]);
  });
});
