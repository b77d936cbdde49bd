import { describe, expect, it } from 'vitest';
import { targetKey, type WatchedQuery } from '../model/index.ts';
import { compared, Hindsight } from './backtest.ts';
import { createSeriesTable } from './collect/index.ts';
import { createDetection, randomOf } from './detect/index.ts';
import { emptyBatch, push } from './poll.ts';

const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
const key = targetKey(target);
const watched = (name: string): WatchedQuery => ({
  ...{ name, metricType: name, query: name, unit: '', aggregate: 'sum', direction: 'up' },
});

describe('backtest of the last days', () => {
  it('finds the outage in history, once, says how far ahead of its alert, and nothing else', () => {
    const random = randomOf(1);
    const detection = createDetection({ thresholds: { default: 0.75 } });
    const table = createSeriesTable(({ row, key: series, query }) =>
      detection.add(row, { metricType: query.metricType, direction: 'up', key: series, targetKey: key }),
    );
    const hindsight = new Hindsight(detection, 7 * 86_400);
    const batch = emptyBatch(4);
    const outage = 10 * 86_400;
    for (let at = 0; at < 14 * 86_400; at += 300) {
      batch.count = 0;
      batch.timestamp = at;
      const factor = at >= outage && at < outage + 3600 ? 4 : 1;
      const alone = at === 12 * 86_400 || at === 12 * 86_400 + 300 ? 5 : 1;
      push(batch, table.rowOf(watched('cpu'), target).row, factor * alone * (10 + random()), false);
      push(batch, table.rowOf(watched('latency'), target).row, factor * (1 + 0.1 * random()), false);
      detection.replay(batch);
      hindsight.see(batch, table);
    }
    const incidents = hindsight.incidents();
    expect(incidents.map((one) => one.signals)).toEqual([expect.arrayContaining(['metric:cpu', 'metric:latency'])]);
    expect(incidents[0]!.at - outage).toBeLessThanOrEqual(300);
    const alerts = [
      { targetKey: key, from: outage + 900, to: outage + 3600 },
      { targetKey: 'Deployment/shop/other', from: outage, to: outage + 60 },
    ];
    const found = compared(incidents, alerts, 7);
    expect(found).toMatchObject({ alerts: 2, matched: 1, days: 7 });
    expect(found.medianLead).toBeGreaterThanOrEqual(600);
    expect(found.incidentsPerDay).toBeCloseTo(1 / 7, 9);
  });
});
