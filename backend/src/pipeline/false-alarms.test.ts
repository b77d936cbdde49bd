import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { targetKey, type Anomaly, type WatchedQuery } from '../model/index.ts';
import { createSeriesTable } from './collect/index.ts';
import { createDetection, FeedbackForest, randomOf, withFeedback } from './detect/index.ts';
import { createFalseAlarms } from './false-alarms.ts';
import { forestOfStore } from './labels.ts';
import { emptyBatch, push } from './poll.ts';

const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
const watched = (name: string): WatchedQuery => ({
  ...{ name, metricType: name, query: name, unit: '', aggregate: 'sum', direction: 'up', tolerance: 0 },
});

describe('false alarms', () => {
  it('raises the threshold of a cluster that is noisier than the budget, and leaves a threshold of one’s own alone', () => {
    const random = randomOf(1);
    const detection = createDetection({ thresholds: { default: 0.75 } });
    const table = createSeriesTable(({ row, key, query }) =>
      detection.add(row, { metricType: query.metricType, direction: 'up', key, targetKey: targetKey(target) }),
    );
    const kept = createFalseAlarms(
      detection,
      { default: 0.75 },
      { perWeek: 1, round: 300, lowest: 2, perTarget: 99, highest: 40 },
    );
    const batch = emptyBatch(4);
    for (let i = 0; i < 4000; i += 1) {
      batch.count = 0;
      batch.timestamp = 300 * i;
      const burst = i % 97 > 94 ? 40 : 0;
      for (const name of ['cpu', 'latency'])
        push(batch, table.rowOf(watched(name), target).row, 10 + burst * random() + random(), false);
      detection.replay(batch);
      kept.settle(batch, table);
    }
    expect(kept.threshold).toBeGreaterThan(0.75);
    expect(kept.rate).toBeLessThanOrEqual(2);
    expect(kept.standing).toMatchObject({ perWeek: 1, state: 'Kept', threshold: kept.threshold });
    expect(detection.thresholdOf(0)).toBe(kept.threshold);
    const crash = table.rowOf({ ...watched('restarts'), metricType: 'restarts' }, target).row;
    expect(detection.thresholdOf(crash)).toBe(0.75);
    const next = createFalseAlarms(detection, { default: 0.75 }, { perWeek: 1, round: 300, lowest: 2, highest: 40 });
    expect(next.restore(kept.snapshot().slice(0, -1))).toBe(false);
    expect(next.standing.state).toBe('Learning');
    expect(next.restore(kept.snapshot())).toBe(true);
    expect(next.standing.state).toBe('Kept');
    expect(next.threshold).toBeCloseTo(kept.threshold, 2);
    kept.setThresholds({ default: 0.9 });
    expect(kept.standing.state).toBe('Set');
    expect(detection.thresholdOf(0)).toBe(0.9);
  });
});

describe('labels', () => {
  let store: SqliteStore;
  beforeEach(async () => void (store = await openSqliteStore({ path: ':memory:' })));
  afterEach(() => store.close());

  it('outlive a restart: the forest is taught from the stored verdicts', async () => {
    const anomaly = (i: number): Anomaly => ({
      ...{ id: `a${i}`, version: 0, schemaVersion: 1, cluster: 'test', series: 's', query: 'cpu', metricType: 'cpu' },
      ...{ unit: '', target, targetKey: targetKey(target), value: 1, expected: 1, band: [0, 1], score: 0.8, peak: 0.8 },
      ...{ threshold: 0.78, severity: 'warning', confidence: 1, views: [], sentence: '', startedAt: i, updatedAt: i },
      ...{ open: false, reason: '', features: { S_short: i } },
      feedback: { verdict: i % 2 ? 'TruePositive' : 'FalsePositive', comment: '', subject: 'olga', at: i },
    });
    await store.anomalies.upsert(Array.from({ length: 12 }, (_, i) => anomaly(i)));
    expect((await forestOfStore(store, 'test', 1)).labels).toBe(12);
    expect((await forestOfStore(store, 'other', 1)).labels).toBe(0);
  });

  it('quiet what people called a false alarm ten times', () => {
    const forest = new FeedbackForest();
    const detection = withFeedback(createDetection({ thresholds: { default: 0.75 } }), forest);
    detection.add(0, { metricType: 'cpu', direction: 'up', key: 'k', targetKey: 't' });
    const batch = {
      rows: Uint32Array.of(0),
      values: Float64Array.of(1),
      masked: new Uint8Array(1),
      timestamp: 0,
      count: 1,
    };
    const see = (value: number): void => {
      batch.timestamp += 60;
      batch.values[0] = value;
      detection.observe(batch);
    };
    for (let i = 0; i < 300; i += 1) see(10 + Math.sin(i));
    for (let i = 0; i < 3; i += 1) see(13);
    expect(detection.stateOf(0)).toBe('anomalous');
    for (let i = 0; i < 10; i += 1) detection.feedback(0, false);
    expect(detection.stateOf(0)).toBe('normal');
    expect(detection.scores.length).toBeGreaterThan(0);
  });
});
