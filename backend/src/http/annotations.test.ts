import { describe, expect, it } from 'vitest';
import { eventsPerLayer, merged, type Happening } from './annotations.ts';
import { ofAnomalies } from './layers.ts';
import { anomaly } from './server.fake.ts';

const week = 7 * 86_400;
const begin = 1_700_000_000;
const shown = { from: begin, to: begin + week };
const targetOf = (n: number) => ({
  ...{ cluster: 'test', kind: 'Deployment', namespace: `team-${n % 5}`, name: `service-${n}` },
});

/** `count` anomalies of `workloads` targets, evenly over the week; every hundredth is open, every tenth critical. */
const many = (count: number, workloads: number): readonly Happening[] =>
  ofAnomalies(
    Array.from({ length: count }, (_, n) =>
      anomaly(`anomaly-${n}`, {
        ...{ target: targetOf(n % workloads), severity: n % 10 === 0 ? 'critical' : 'info' },
        ...{ startedAt: begin + (n * week) / count, open: n % 100 === 0 },
        ...(n % 100 !== 0 && { endedAt: begin + (n * week) / count + 60 }),
      }),
    ),
    shown,
  );

describe('a layer of annotations', () => {
  it('is painted as it is while it is small', () => {
    const { events, bucketSeconds } = merged(many(eventsPerLayer, 7), week);
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: eventsPerLayer }, (_, n) => `anomaly-${n}`));
    expect(bucketSeconds).toBe(0);
  });

  it.each([
    [301, 1],
    [10_000, 1],
    [10_000, 40],
    [10_000, 2000],
    [50_000, 5000],
  ])('has at most 300 events for %i anomalies of %i workloads, and none is lost', (count, workloads) => {
    const happenings = many(count, workloads);
    const { events } = merged(happenings, week);
    expect(events.length).toBeLessThanOrEqual(eventsPerLayer);
    expect(events.length).toBeGreaterThan(10);
    expect(events.reduce((sum, one) => sum + one.count, 0)).toBe(count);
    expect(events.reduce((sum, one) => sum + one.open, 0)).toBe(happenings.filter((one) => one.open).length);
  });

  it('says of what was merged how much it is, how bad and from when to when', () => {
    const target = targetOf(1);
    const four = ofAnomalies(
      [
        anomaly('first', { target, startedAt: begin + 10, endedAt: begin + 20, open: false, severity: 'info' }),
        anomaly('worst', { target, startedAt: begin + 5, endedAt: begin + 90, open: false, severity: 'critical' }),
        anomaly('third', { target, startedAt: begin + 50, open: true, severity: 'warning' }),
        anomaly('other', { target: targetOf(2), startedAt: begin + 50, endedAt: begin + 51, open: false }),
      ],
      shown,
    );
    const { events } = merged(four, week, 2);
    expect(events).toMatchObject([
      {
        id: 'first',
        count: 3,
        open: 1,
        severity: 'critical',
        title: 'cpu of Deployment team-1/service-1 (2 more, 1 open)',
      },
      { id: 'other', count: 1, open: 0 },
    ]);
    expect(events[0]?.time).toBe(new Date((begin + 5) * 1000).toISOString());
    expect(events[0]?.timeEnd).toBe(new Date(shown.to * 1000).toISOString());
  });

  it('keeps its buckets where they are when the range moves on', () => {
    const happenings = many(10_000, 3);
    const all = merged(happenings, week).events;
    const later = merged(happenings.slice(200), week).events;
    const times = new Set(all.map(({ time }) => time));
    // The bucket that is cut begins later; all others begin where they began.
    expect(later.filter(({ time }) => !times.has(time)).length).toBeLessThanOrEqual(3);
  });
});
