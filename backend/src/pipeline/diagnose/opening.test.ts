import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../model/index.ts';
import { shouldOpen, signalsOf } from './opening.ts';

const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
const anomaly = (metricType: string, value: number, expected: number): Anomaly => ({
  ...{ id: metricType, version: 0, schemaVersion: 1, cluster: 'test', series: metricType, query: metricType },
  ...{ metricType, unit: '', target, targetKey: 'web', value, expected, band: [0, 1], score: 0.9, peak: 0.9 },
  ...{ threshold: 0.78, severity: 'warning', confidence: 1, views: [], features: {}, sentence: '' },
  ...{ startedAt: 0, updatedAt: 0, open: true, reason: '' },
});
const noticed = (...anomalies: readonly Anomaly[]) => ({ anomalies, events: [], alerts: [] });

describe('shouldOpen', () => {
  it('waits with a limit that is an hour away while only more is used, and not with one that is near', () => {
    const cpu = anomaly('cpu', 0.16, 0.14);
    expect(shouldOpen(noticed(cpu, anomaly('forecast', 5, 0)))).toEqual({ open: false, reason: 'UsageOnly' });
    expect(shouldOpen(noticed(cpu, anomaly('forecast', 40, 0)))).toEqual({ open: true, reason: 'SignalsAgree' });
    expect(shouldOpen(noticed(anomaly('connections', 0.9, 0.1), anomaly('forecast', 5, 0))).open).toBe(true);
  });
  it('takes an autoscaler at its maximum for a limit that is reached, and for no incident alone', () => {
    const [busy, maxed] = [anomaly('hpa', 0.9, 0.4), anomaly('hpa', 1, 0.4)];
    expect(signalsOf(noticed(busy))).toEqual(['metric:hpa']);
    expect(signalsOf(noticed(maxed))).toEqual(['limit:hpa', 'metric:hpa']);
    expect(shouldOpen(noticed(maxed, anomaly('cpu', 0.9, 0.4)))).toEqual({ open: false, reason: 'UsageOnly' });
  });
});
