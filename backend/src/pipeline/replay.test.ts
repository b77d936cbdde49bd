import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { Policy, type QuerySeries, type WatchedQuery } from '../model/index.ts';
import { createDetection, randomOf } from './detect/index.ts';
import { createFalseAlarms } from './false-alarms.ts';
import { createFakePorts } from './ports.fake.ts';
import type { MetricsSource, Ports } from './ports.ts';
import { knownAt, replay, type ReplayParts } from './replay.ts';
import { createWorkloads } from './workloads.ts';

const step = 300;
const day = 86_400;
const to = 1_700_000_100;
const outage = { from: to - day, to: to - day + 3600 };
const watched = (name: string): WatchedQuery => ({
  ...{ name, metricType: name, query: name, unit: '', aggregate: 'sum', direction: 'up' },
});
const labels = { namespace: 'shop', deployment: 'web' };

/** Noise around a level, four times as high in the outage; the alert comes a quarter of an hour late. */
function seriesOf(promql: string, from: number, end: number): QuerySeries {
  const random = randomOf(promql.length);
  const times: number[] = [];
  const values: number[] = [];
  const isAlert = promql.startsWith('ALERTS');
  for (let at = Math.ceil(from / step) * step; at <= end; at += step) {
    const fails = at >= outage.from && at < outage.to;
    if (isAlert && (!fails || at < outage.from + 900)) continue;
    times.push(at);
    values.push(isAlert ? 1 : (fails ? 4 : 1) * (10 + random()));
  }
  const named = isAlert ? { ...labels, alertname: 'WebIsSlow' } : labels;
  return { labels: named, timestamps: Float64Array.from(times), values: Float64Array.from(values) };
}

let store: SqliteStore;
beforeEach(async () => void (store = await openSqliteStore({ path: ':memory:' })));
afterEach(() => store.close());

function setUp() {
  const fakes = createFakePorts(store);
  const metrics: MetricsSource = {
    ...fakes.ports.metrics,
    queryRange: async (promql, from, end) => ({
      ...{ ok: true, series: [seriesOf(promql, from, end)], dropped: 0, seconds: 0 },
    }),
  };
  const ports: Ports = { ...fakes.ports, metrics };
  const parts: ReplayParts = {
    ports,
    governance: { policy: () => Policy.parse({}), runbooks: () => [], mode: () => 'AUTO', killSwitch: () => false },
    queries: () => [watched('cpu'), watched('latency')],
    fresh(interval) {
      const detection = createDetection({ thresholds: { default: 0.75 } });
      return {
        detection,
        workloads: createWorkloads({ trees: { n: 10, height: 8, window: 250 }, seed: 1, training: undefined }),
        falseAlarms: createFalseAlarms(detection, { default: 0.75 }, { perWeek: 3, round: interval }),
      };
    },
    openStore: () => openSqliteStore({ path: ':memory:' }),
  };
  return { fakes, parts };
}

describe('the replay of history', () => {
  it('opens the incident of the past, ahead of its alert and of its label, and touches nothing of the present', async () => {
    const { fakes, parts } = setUp();
    const shares: number[] = [];
    const work = { progress: (share: number) => void shares.push(share), signal: new AbortController().signal };
    const done = await replay(parts, { from: to - 2 * day, to, step, labels: [outage] }, work);
    if (!done.ok) throw new Error(done.message);
    const { incidents, ...found } = done.value;
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.signals).toEqual(expect.arrayContaining(['metric:cpu', 'metric:latency']));
    expect(incidents[0]!.at - outage.from).toBeLessThanOrEqual(2 * step);
    expect(found).toMatchObject({ days: 2, alerts: 1, matched: 1, incidentsPerDay: 0.5 });
    expect(found.medianLead).toBeGreaterThanOrEqual(300);
    expect(found.labels).toMatchObject({ count: 1, matched: 1 });
    expect(found.samples).toBeGreaterThanOrEqual((2 * 2 * day) / step);
    expect(shares.at(-1)).toBeGreaterThan(0.9);
    expect([fakes.sent, fakes.notifications, await store.incidents.find({ limit: 1 })]).toEqual([[], [], []]);
  });

  it('ends early when nobody waits any more', async () => {
    const { parts } = setUp();
    const stop = new AbortController();
    stop.abort();
    const done = await replay(parts, { from: to - day, to, step }, { progress: () => undefined, signal: stop.signal });
    expect(done.ok && done.value.incidents).toEqual([]);
  });
});

describe('changes of the past', () => {
  it('are known from when they were made, and their end from when it came', () => {
    const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
    const change = { at: 100, kind: 'Rollout' as const, target, byUs: false, message: '' };
    const changes = [{ ...change, settledAt: 150 }, change];
    expect(knownAt(changes, 99)).toEqual([]);
    expect(knownAt(changes, 149)).toEqual([change, change]);
    expect(knownAt(changes, 150)).toEqual(changes);
  });
});
