import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import {
  targetKey,
  type Alert,
  type EventRecord,
  type Intervention,
  type Mute,
  type WatchedQuery,
} from '../model/index.ts';
import { createAuditLog } from './audit.ts';
import { createDetection } from './detect/index.ts';
import { createGauges } from './gauges.ts';
import { createLedger } from './ledger.ts';
import { createObserve, type Observe } from './observe.ts';
import { AdapterError } from './ports.ts';
import { createFakePorts, type Fakes } from './ports.fake.ts';

const interval = 60;
const watched = (name: string, metricType: string): WatchedQuery => ({
  ...{ name, metricType, query: name, unit: '', aggregate: 'sum', direction: 'up' },
});
const queries = [watched('waiting', 'waiting'), watched('gap', 'replicas')];
const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
const key = targetKey(target);

let store: SqliteStore;
let fakes: Fakes;
let observe: Observe;
let mutes: Mute[];
let changes: Intervention[];
const observing = (asked: readonly WatchedQuery[]): Observe =>
  createObserve({
    ports: fakes.ports,
    ledger: createLedger(fakes.ports, createAuditLog(store.audit, 'test')),
    detection: createDetection({ thresholds: { default: 0.75 } }),
    gauges: createGauges(fakes.ports, () => ({ mode: 'MANUAL', killSwitch: false })),
    queries: asked,
    interval,
    retryDelay: 5,
    window: 600,
    warmStart: { days: 0, step: 300 },
    mutes: () => mutes,
  });
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  changes = [];
  fakes = createFakePorts(store, { topology: { targets: () => [target], interventions: () => changes } });
  mutes = [];
  observe = observing(queries);
  await observe.start();
});
afterEach(() => store.close());

function say(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values))
    fakes.vectors.set(name, {
      ok: true,
      dropped: 0,
      seconds: 0.01,
      series: [
        {
          labels: { namespace: 'shop', deployment: 'web' },
          timestamps: Float64Array.of(fakes.ports.clock.now()),
          values: Float64Array.of(value),
        },
      ],
    });
}
async function rounds(count: number, values: Readonly<Record<string, number>>): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    fakes.advance(interval);
    say(values);
    await observe.tick();
  }
}
const event = (reason: string, count = 1): EventRecord => ({
  ...{ id: `event-${reason}`, version: 0, schemaVersion: 1, cluster: 'test', type: 'Warning', reason, message: 'said' },
  involved: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u' },
  ...{ target, targetKey: key, source: 'kubelet', count },
  firstSeen: fakes.ports.clock.now(),
  lastSeen: fakes.ports.clock.now(),
});
const alert = (labels: Record<string, string>): Alert => ({
  ...{ id: 'a', version: 0, schemaVersion: 1, cluster: 'test', fingerprint: 'f', status: 'firing', annotations: {} },
  ...{ labels, startsAt: 0, receivedAt: fakes.ports.clock.now(), target, targetKey: key, own: false },
});
const mute = (): Mute => ({
  ...{ id: 'm', version: 0, schemaVersion: 1, cluster: 'test', namespace: 'shop', why: 'migration' },
  ...{ until: fakes.ports.clock.now() + 1e6, subject: 'olga', createdAt: 0 },
});
const incidents = () => store.incidents.find({ limit: 10 });
const anomalies = () => store.anomalies.find({ limit: 10 });

describe('loop one', () => {
  it('opens one incident when two metrics of a workload agree, and attaches what follows', async () => {
    await rounds(60, { waiting: 0, gap: 0 });
    expect(await incidents()).toEqual([]);
    await rounds(3, { waiting: 2, gap: 2 });
    const [incident, ...more] = await incidents();
    expect(more).toEqual([]);
    expect(incident).toMatchObject({ phase: 'Firing', targetKey: key, reason: 'SignalsAgree', severity: 'critical' });
    expect(incident?.pendingNotifications).toEqual([`${incident?.id}:IncidentOpen`]);
    observe.events([event('BackOff')]);
    await observe.drain();
    expect((await incidents())[0]?.signals).toContain('event:BackOff');
  });

  it('does not open on one series alone, and says why not', async () => {
    await rounds(60, { waiting: 0, gap: 0 });
    await rounds(4, { waiting: 1, gap: 0 });
    expect(await incidents()).toEqual([]);
    expect((await anomalies()).map((one) => one.reason)).toEqual(['SingleSignal']);
  });

  it('ends an anomaly when the series is back', async () => {
    await rounds(60, { waiting: 0, gap: 0 });
    await rounds(4, { waiting: 1, gap: 0 });
    await rounds(15, { waiting: 0, gap: 0 });
    const [anomaly] = await anomalies();
    expect(anomaly).toMatchObject({ open: false, reason: 'BackToNormal' });
    expect(anomaly?.endedAt).toBeGreaterThan(anomaly?.startedAt ?? Infinity);
  });

  it('ends an anomaly of the process before whose series never came back', async () => {
    const at = fakes.ports.clock.now();
    const left = { id: 'left', version: 0, schemaVersion: 1, cluster: 'test', series: 'gap|gone', query: 'gap' };
    await store.anomalies.upsert([
      {
        ...{ ...left, metricType: 'replicas', unit: '', target, targetKey: key, value: 1, expected: 0, band: [0, 0] },
        ...{ score: 0.9, peak: 0.9, threshold: 0.78, severity: 'warning', confidence: 1, views: [], features: {} },
        ...{ sentence: '', startedAt: at, updatedAt: at, open: true, reason: 'New' },
      },
    ]);
    await observe.start();
    await rounds(5, { waiting: 0, gap: 0 });
    expect(await anomalies()).toMatchObject([{ id: 'left', open: true }]);
    await rounds(10, { waiting: 0, gap: 0 });
    expect(await anomalies()).toMatchObject([{ id: 'left', open: false, reason: 'SeriesVanished' }]);
  });

  it('opens on an alert that people wrote, never on its own', async () => {
    observe.alerts([{ ...alert({ alertname: 'KubeWiseIncidentOpen' }), own: true }]);
    await observe.drain();
    expect(await incidents()).toEqual([]);
    observe.alerts([alert({ alertname: 'KubePodCrashLooping' })]);
    await observe.drain();
    expect((await incidents()).map((one) => one.reason)).toEqual(['AlertReceived']);
  });

  it('forgets an alert that is resolved, although nobody knows any more whom it was about', async () => {
    mutes = [mute()];
    const firing = alert({ alertname: 'KubePodCrashLooping' });
    observe.alerts([firing]);
    const { target: _gone, ...rest } = firing;
    observe.alerts([{ ...rest, targetKey: '', status: 'resolved' }]);
    await observe.drain();
    mutes = [];
    observe.events([event('Unhealthy')]);
    await observe.drain();
    expect(await incidents()).toEqual([]);
  });

  it('loses no event, and no target that has news, while the store fails', async () => {
    const down = new AdapterError('store', 'disk full', { retryable: true });
    vi.spyOn(store.events, 'upsert').mockRejectedValueOnce(down);
    observe.events([event('BackOff', 3)]);
    await observe.drain();
    vi.spyOn(store.incidents, 'insert').mockRejectedValueOnce(down);
    await rounds(1, { waiting: 0, gap: 0 });
    expect(await incidents()).toEqual([]);
    await rounds(1, { waiting: 0, gap: 0 });
    expect((await incidents()).map((one) => one.reason)).toEqual(['EventSequence']);
  });

  it('keeps what a person said of an anomaly that is still open', async () => {
    await rounds(60, { waiting: 0, gap: 0 });
    await rounds(4, { waiting: 1, gap: 0 });
    const [anomaly] = await anomalies();
    const feedback = { verdict: 'FalsePositive', comment: '', subject: 'anna', at: 0 } as const;
    observe.judged({ ...(anomaly ?? expect.fail('there is none')), feedback });
    await rounds(2, { waiting: 1, gap: 0 });
    expect(await anomalies()).toMatchObject([{ open: true, feedback }]);
    await rounds(15, { waiting: 0, gap: 0 });
    expect(await anomalies()).toMatchObject([{ open: false, feedback }]);
  });

  it('opens on an event sequence that is known to be trouble', async () => {
    observe.events([event('BackOff', 1)]);
    await observe.drain();
    expect(await incidents()).toEqual([]);
    observe.events([event('BackOff', 3)]);
    await observe.drain();
    expect((await incidents()).map((one) => one.reason)).toEqual(['EventSequence']);
    expect(await store.events.count()).toBe(1);
  });

  it('opens on events that are a known sequence, and says which', async () => {
    const at = fakes.ports.clock.now();
    const said = (reason: string, message: string): EventRecord => ({ ...event(reason), message, firstSeen: at });
    observe.events([{ ...said('OOMKilling', 'Memory cgroup out of memory'), lastSeen: at }]);
    await observe.drain();
    expect(await incidents()).toEqual([]);
    fakes.advance(20);
    observe.events([{ ...said('BackOff', 'Back-off restarting failed container'), firstSeen: at + 20 }]);
    await observe.drain();
    const [incident] = await incidents();
    expect(incident).toMatchObject({ reason: 'EventSequence', severity: 'critical', startedAt: at });
    expect(incident?.signals).toContain('sequence:OomLoop');
    const [anomaly] = await anomalies();
    expect(anomaly).toMatchObject({ metricType: 'event_sequence', query: 'OomLoop', open: true, startedAt: at });
    expect(anomaly?.score).toBeGreaterThan(0.8);
    await rounds(6, { waiting: 0, gap: 0 });
    expect((await anomalies())[0]).toMatchObject({ open: false, endedAt: at + 20 });
  });

  it('takes how many events there are, and which, for one source', async () => {
    await rounds(60, { waiting: 0, gap: 0 });
    for (const reason of ['Evicted', 'Failed', 'FailedMount', 'FailedKillPod']) {
      observe.events([event(reason, 2)]);
      await rounds(3, { waiting: 0, gap: 0 });
    }
    expect((await anomalies()).map((one) => [one.metricType, one.reason])).toEqual([['events', 'SingleSignal']]);
    expect(await incidents()).toEqual([]);
  });

  it('counts how often it happens in a week, and takes the third time for worse', async () => {
    for (const nth of [1, 2, 3]) {
      observe.events([{ ...event('FailedMount', 6), id: `event-${nth}` }]);
      await observe.drain();
      const open = await store.incidents.find({ where: { openKey: { exists: true } }, limit: 5 });
      expect(open).toHaveLength(1);
      const { openKey: _, version, ...rest } = open[0]!;
      expect(rest.severity).toBe(nth < 3 ? 'warning' : 'critical');
      if (nth === 3) expect(rest.message).toContain('the third time this week');
      const closedAt = fakes.ports.clock.now();
      await store.incidents.replace(
        { ...rest, version, phase: 'SelfRecovered', closedAt, updatedAt: closedAt } as never,
        version,
      );
      fakes.advance(4 * 3600);
    }
  });

  it('says when the level of what is anomalous moved', async () => {
    for (let i = 0; i < 300; i += 1) {
      fakes.advance(600);
      say({ waiting: 0, gap: 0 });
      await observe.tick();
    }
    const before = fakes.ports.clock.now();
    await rounds(5, { waiting: 2, gap: 0 });
    const [anomaly] = await anomalies();
    expect(anomaly).toMatchObject({ metricType: 'waiting', shift: { at: before + interval, from: 0 } });
    expect(anomaly?.shift?.to).toBeCloseTo(2);
  });

  describe('while a release is rolled out', () => {
    const slow = { ...watched('slow', 'latency'), query: 'rate(slow[5m])' };
    const limit = { value: 0.05, seconds: 60 };
    const failing = { ...watched('failing', 'errors'), query: 'rate(failing[5m])', healthy: 0.005, limit };

    /** Minutes of what the release brought. */
    const minutes = (count: number, errors: number) => rounds(count, { [slow.query]: 5, [failing.query]: errors });
    async function release(byUs: boolean): Promise<void> {
      observe = observing([slow, failing]);
      await observe.start();
      for (let i = 0; i < 80; i += 1) await rounds(1, { [slow.query]: 0.1 + 0.001 * (i % 5), [failing.query]: 0 });
      const at = fakes.ports.clock.now();
      changes = [{ at, kind: 'Rollout', target, byUs, message: '', settledAt: at + 30 }];
    }
    const unusual = async () => (await anomalies()).map((one) => one.query).sort();

    it('excuses what that brings for as long as its rates look back, and no longer', async () => {
      await release(false);
      await minutes(6, 0);
      expect(await unusual()).toEqual([]);
      await minutes(3, 0);
      expect(await unusual()).toEqual(['slow']);
    });
    it('excuses nothing beyond a limit, nor then anything else of the workload', async () => {
      await release(false);
      await minutes(4, 0.2);
      expect(await unusual()).toEqual(['failing', 'slow']);
      expect(await incidents()).toHaveLength(1);
    });
    it('excuses all of it when we do it ourselves', async () => {
      await release(true);
      await minutes(4, 0.2);
      expect(await unusual()).toEqual([]);
    });
  });

  it('is silent about what is muted', async () => {
    mutes = [mute()];
    await rounds(60, { waiting: 0, gap: 0 });
    await rounds(3, { waiting: 2, gap: 2 });
    expect(await incidents()).toEqual([]);
    expect((await anomalies()).map((one) => one.reason)).toEqual(['Muted', 'Muted']);
  });

  it('goes on with the other queries when one is wrong, and names it', async () => {
    await rounds(2, { gap: 0 });
    fakes.vectors.set('waiting', { ok: false, reason: 'BadQuery', message: 'parse error' });
    await observe.tick();
    expect(observe.queries().map((one) => [one.name, one.state])).toEqual([
      ['waiting', 'error'],
      ['gap', 'found'],
    ]);
    expect(fakes.logged.some((one) => one.level === 'warn' && one.message.includes('waiting'))).toBe(true);
  });

  it('survives a Prometheus that is down', async () => {
    fakes.down.add('metrics');
    await observe.tick();
    expect(observe.queries().every((one) => one.state === 'error')).toBe(true);
    fakes.down.delete('metrics');
    await rounds(1, { waiting: 0, gap: 0 });
    expect(observe.queries().every((one) => one.state === 'found')).toBe(true);
  });
});
