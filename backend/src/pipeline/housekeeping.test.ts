import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { closed, type Alert, type Anomaly, type EventRecord } from '../model/index.ts';
import { createHousekeeping } from './housekeeping.ts';
import { createFakePorts, fakeIncident, type Fakes } from './ports.fake.ts';

let store: SqliteStore;
let fakes: Fakes;
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  fakes = createFakePorts(store);
});
afterEach(() => store.close());

const day = 86_400;
const house = () => createHousekeeping({ ports: fakes.ports, retentionDays: 30 });
const ended = (id: string, fields: Partial<Anomaly> = {}): Anomaly => ({
  ...{ id, version: 0, schemaVersion: 1, cluster: 'test', series: 's', query: 'cpu', metricType: 'cpu', unit: '' },
  ...{
    target: { cluster: 'test', kind: 'Pod', namespace: 'shop', name: 'web' },
    targetKey: 'k',
    value: 1,
    expected: 0,
  },
  ...{ band: [0, 1], score: 0.8, peak: 0.9, threshold: 0.78, severity: 'warning', confidence: 1, views: [] },
  ...{ features: { S_fused: 4 }, sentence: '', startedAt: 1, updatedAt: 1, open: false, reason: '', ...fields },
});
const incident = (id: string) => fakeIncident({ id, openKey: id });

it('deletes what is over and old, and nothing that is open or young', async () => {
  const at = fakes.ports.clock.now();
  await store.incidents.insert(closed(incident('over'), at));
  await store.incidents.insert(incident('open'));
  const target = { cluster: 'test', kind: 'Pod', namespace: 'shop', name: 'web' };
  const event = { id: 'e', version: 0, schemaVersion: 1, cluster: 'test', reason: 'BackOff', message: '', count: 1 };
  const seen = { type: 'Warning', firstSeen: at, lastSeen: at, involved: target, target, targetKey: 'k' };
  await store.events.upsert([{ ...event, ...seen } as unknown as EventRecord]);
  const alert = { version: 0, schemaVersion: 1, cluster: 'test', labels: {}, annotations: {}, receivedAt: at };
  for (const status of ['firing', 'resolved'])
    await store.alerts.insert({ ...alert, id: status, fingerprint: status, status } as unknown as Alert);
  fakes.advance(29 * day);
  await store.incidents.insert(closed(incident('young'), fakes.ports.clock.now()));
  expect(await house().tidy()).toBe(0);
  fakes.advance(2 * day);
  expect(await house().tidy()).toBe(3);
  const [open, young, over] = await Promise.all(['open', 'young', 'over'].map((id) => store.incidents.get(id)));
  expect([open?.id, young?.id, over]).toEqual(['open', 'young', undefined]);
  expect(await store.alerts.count({ status: 'firing' })).toBe(1);
  expect(await store.events.count()).toBe(0);
});

it('keeps an anomaly that a person has judged', async () => {
  const at = fakes.ports.clock.now();
  const feedback = { verdict: 'FalsePositive' as const, comment: '', subject: 'jo', at };
  await store.anomalies.upsert([ended('judged', { feedback }), ended('unjudged')]);
  fakes.advance(400 * day);
  expect(await house().tidy()).toBe(1);
  expect((await store.anomalies.find({ limit: 9 })).map(({ id }) => id)).toEqual(['judged']);
});

it('never touches the audit log', async () => {
  const entry = { id: 'a', version: 0, schemaVersion: 1, at: 1, subject: 's', action: 'A', object: 'o', reason: 'R' };
  await store.audit.insert({ ...entry, message: '', writer: 'w', seq: 0, previous: '', digest: '' } as never);
  fakes.advance(4000 * day);
  await house().tidy();
  expect(await store.audit.count()).toBe(1);
});

it('survives a store that does not answer, and goes on', async () => {
  const stop = new AbortController();
  let rounds = 0;
  const clock = { ...fakes.ports.clock, sleep: async () => void ((rounds += 1) === 2 && stop.abort()) };
  await store.close();
  await createHousekeeping({ ports: { ...fakes.ports, clock }, retentionDays: 30 }).run(stop.signal);
  const failures = fakes.counts.filter(({ labels }) => labels['loop'] === 'housekeeping');
  expect(failures).toHaveLength(2);
  store = await openSqliteStore({ path: ':memory:' });
});
