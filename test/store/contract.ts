import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdapterError, type Collection, type Find, type Store } from '../../backend/src/pipeline/ports.ts';
import { increment } from './increment.ts';
import { alert, anomaly, closed, entry, event, incident, setting } from './documents.ts';

export interface Unreadable {
  readonly collection: string;
  readonly id: string;
}
/** Opens an empty store; `reported` collects what it says it cannot read. */
export type OpenStore = (options?: { readonly onUnreadable?: (row: Unreadable) => void }) => Promise<Store>;

/** What every store has to do, whatever stands behind it. */
export function storeContract(open: OpenStore): void {
  const reported: Unreadable[] = [];
  let store: Store;
  beforeAll(async () => {
    store = await open({ onUnreadable: (row) => reported.push(row) });
  });
  afterAll(() => store.close());
  const stores = { one: () => store, reported };

  describe('documents', () => documents(stores.one));
  describe('unique combinations', () => uniqueness(stores.one));
  describe('compare-and-set', () => compareAndSet(stores.one));
  describe('find', () => finding(stores.one));
  describe('retention', () => retention(stores.one));
  describe('schema evolution', () => evolution(stores.one, reported));
}

const refusal = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(() => 'no error').catch((e: unknown) => e);

function documents(store: () => Store): void {
  it('come back as they went in', async () => {
    const value = {
      ...{ 'kubewise.io/action-id': 'a', $set: [1, 2.5, -0.1, 1e21, 9007199254740991], 'a.b.c': { 'd.e': null } },
      ...{ text: 'ü€😀\u0000"\\', yes: true, no: false, empty: {}, list: [[], [{}]] },
    };
    expect(await store().settings.insert(setting('strange', value))).toBe('Inserted');
    expect(await store().settings.get('strange')).toEqual(setting('strange', value));
    const again = { ...setting('strange', { 'x.y': 1 }), version: 0 };
    expect(await store().settings.replace(again, 0)).toBe(true);
    expect(await store().settings.get('strange')).toEqual({ ...again, version: 1 });
  });
  it('that nobody wrote are undefined', async () => {
    expect(await store().settings.get('nobody')).toBeUndefined();
  });
  it('keep ids apart that differ in case or end in spaces', async () => {
    for (const id of ['Id', 'id', 'id ']) expect(await store().settings.insert(setting(id, id))).toBe('Inserted');
    expect((await store().settings.get('id '))?.value).toBe('id ');
  });
  it('are written in bulk, and the last one wins', async () => {
    const many = Array.from({ length: 1200 }, (_, i) => event(`bulk-${i}`, { lastSeen: i }));
    await store().events.upsert(many);
    await store().events.upsert([]);
    await store().events.upsert([...many.slice(0, 3), event('bulk-0', { count: 7 }), event('bulk-0', { count: 8 })]);
    expect(await store().events.count()).toBe(1200);
    expect((await store().events.get('bulk-0'))?.count).toBe(8);
  });
  it('answers a ping', async () => {
    await expect(store().ping()).resolves.toBeUndefined();
  });
}

function uniqueness(store: () => Store): void {
  it('an id stands once', async () => {
    expect(await store().incidents.insert(closed(incident('u1')))).toBe('Inserted');
    expect(await store().incidents.insert(closed(incident('u1')))).toBe('Duplicate');
  });
  it('a target has one open incident; closed ones are exempt', async () => {
    expect(await store().incidents.insert(incident('u2', { openKey: 'k' }))).toBe('Inserted');
    expect(await store().incidents.insert(incident('u3', { openKey: 'k' }))).toBe('Duplicate');
    expect(await store().incidents.get('u3')).toBeUndefined();
    expect(await store().incidents.replace(closed(incident('u2')), 0)).toBe(true);
    expect(await store().incidents.insert(incident('u3', { openKey: 'k' }))).toBe('Inserted');
    expect(await store().incidents.insert(closed(incident('u4')))).toBe('Inserted');
  });
  it('of several fields hold as a whole', async () => {
    expect(await store().alerts.insert(alert('a1', 'f1'))).toBe('Inserted');
    expect(await store().alerts.insert(alert('a2', 'f1'))).toBe('Duplicate');
    expect(await store().alerts.insert(alert('a3', 'f2'))).toBe('Inserted');
    expect(await store().alerts.insert(alert('a4', 'f1', { cluster: 'c2' }))).toBe('Inserted');
  });
  it('a hundred at once: one gets in', async () => {
    const all = Array.from({ length: 100 }, (_, i) =>
      store().incidents.insert(incident(`race-${i}`, { openKey: 'r' })),
    );
    expect((await Promise.all(all)).filter((answer) => answer === 'Inserted')).toHaveLength(1);
  });
  it('stop a replace, which is no retry but a refusal', async () => {
    await store().incidents.insert(incident('u5', { openKey: 'taken' }));
    await store().incidents.insert(closed(incident('u6')));
    const error = await refusal(store().incidents.replace(incident('u6', { openKey: 'taken' }), 0));
    expect(error).toBeInstanceOf(AdapterError);
    expect(error).toMatchObject({ system: 'store', retryable: false, status: 409 });
    expect((await store().incidents.get('u6'))?.openKey).toBeUndefined();
  });
}

function compareAndSet(store: () => Store): void {
  it('writes only over the version that was read', async () => {
    await store().settings.insert(setting('cas', 0));
    expect(await store().settings.replace(setting('cas', 1), 1)).toBe(false);
    expect(await store().settings.replace(setting('cas', 1), 0)).toBe(true);
    expect(await store().settings.replace(setting('cas', 2), 0)).toBe(false);
    expect(await store().settings.get('cas')).toMatchObject({ value: 1, version: 1 });
    expect(await store().settings.replace(setting('absent', 1), 0)).toBe(false);
  });
  it('loses no increment of fifty at once', async () => {
    await store().settings.insert(setting('sum', 0));
    await Promise.all(Array.from({ length: 50 }, () => increment(store().settings, 'sum')));
    expect(await store().settings.get('sum')).toMatchObject({ value: 50, version: 50 });
  });
}

function finding(store: () => Store): void {
  const ids = async (find: Partial<Find>): Promise<string[]> => {
    const where = { cluster: 'find', ...find.where };
    return (await store().anomalies.find({ limit: 100, ...find, where })).map((one) => one.id);
  };
  beforeAll(async () => {
    const one = (id: string, fields: object) => anomaly(id, { cluster: 'find', ...fields });
    await store().anomalies.upsert([
      one('f1', { updatedAt: 10, open: true, metricType: 'cpu', incidentId: 'i1' }),
      one('f2', { updatedAt: 20, open: false, metricType: 'memory' }),
      one('f3', { updatedAt: 20, open: true, metricType: 'memory', incidentId: 'i2' }),
      one('f4', { updatedAt: 30.5, open: false, metricType: 'oom', incidentId: 'i1' }),
    ]);
  });
  it.each<[string, Find['where'], string[]]>([
    ['text', { metricType: 'memory' }, ['f2', 'f3']],
    ['a boolean', { open: false }, ['f2', 'f4']],
    ['gte and lt', { updatedAt: { gte: 20, lt: 30.5 } }, ['f2', 'f3']],
    ['gt and lte', { updatedAt: { gt: 20, lte: 30.5 } }, ['f4']],
    ['a list', { metricType: { in: ['cpu', 'oom', 'x'] } }, ['f1', 'f4']],
    ['a list of booleans', { open: { in: [true] } }, ['f1', 'f3']],
    ['an empty list', { metricType: { in: [] } }, []],
    ['presence', { incidentId: { exists: true } }, ['f1', 'f3', 'f4']],
    ['absence', { incidentId: { exists: false } }, ['f2']],
    ['several fields', { incidentId: 'i1', open: true }, ['f1']],
    ['the id', { id: { in: ['f2', 'f4'] } }, ['f2', 'f4']],
  ])('by %s', async (_, where, expected) => {
    expect(await ids({ where: where ?? {} })).toEqual(expected);
    expect(await store().anomalies.count({ cluster: 'find', ...where })).toBe(expected.length);
  });
  it('in order, ties by id, in both directions', async () => {
    expect(await ids({ orderBy: { field: 'updatedAt', direction: 'asc' } })).toEqual(['f1', 'f2', 'f3', 'f4']);
    expect(await ids({ orderBy: { field: 'updatedAt', direction: 'desc' } })).toEqual(['f4', 'f3', 'f2', 'f1']);
    expect(await ids({ orderBy: { field: 'id', direction: 'desc' }, skip: 1, limit: 2 })).toEqual(['f3', 'f2']);
  });
  it('leaves out of an order what has no place in it', async () => {
    expect(await ids({ orderBy: { field: 'incidentId', direction: 'asc' } })).toEqual(['f1', 'f4', 'f3']);
  });
  it('refuses a field without an index, as the bug that it is', async () => {
    await expect(store().anomalies.find({ where: { value: 1 }, limit: 1 })).rejects.toBeInstanceOf(TypeError);
    await expect(store().anomalies.count({ "x' OR 1=1": 1 })).rejects.toBeInstanceOf(TypeError);
    await expect(store().anomalies.deleteWhere({ value: 1 })).rejects.toBeInstanceOf(TypeError);
  });
  it.each(['asc', 'desc'] as const)('pages never overlap and miss nothing, %s', async (direction) => {
    const cluster = `pages-${direction}`;
    const many = Array.from({ length: 230 }, (_, i) => anomaly(`${direction}-${i}`, { cluster, updatedAt: i % 7 }));
    await store().anomalies.upsert(many);
    const seen = await pages(store().anomalies, cluster, direction);
    expect(seen).toHaveLength(230);
    expect(new Set(seen).size).toBe(230);
  });
}

/** Walks all pages while others write documents that sort before the place it has reached. */
async function pages(anomalies: Store['anomalies'], cluster: string, direction: 'asc' | 'desc'): Promise<string[]> {
  const seen: string[] = [];
  let after: Find['after'];
  for (let i = 0; ; i += 1) {
    const orderBy = { field: 'updatedAt', direction };
    const page = await anomalies.find({ where: { cluster }, orderBy, limit: 17, ...(after && { after }) });
    const last = page.at(-1);
    if (!last) return seen;
    seen.push(...page.map((one) => one.id));
    after = { value: last.updatedAt, id: last.id };
    await anomalies.upsert([anomaly(`late-${cluster}-${i}`, { cluster, updatedAt: direction === 'asc' ? -1 : 8 })]);
  }
}

function retention(store: () => Store): void {
  it('deletes what a condition names, and says how many went', async () => {
    const many = Array.from({ length: 1101 }, (_, i) => event(`old-${i}`, { cluster: 'keep', lastSeen: i }));
    await store().events.upsert(many);
    expect(await store().events.deleteWhere({ cluster: 'keep', lastSeen: { lt: 1100 } })).toBe(1100);
    expect(await store().events.deleteWhere({ cluster: 'keep', lastSeen: { lt: 1100 } })).toBe(0);
    expect(await store().events.count({ cluster: 'keep' })).toBe(1);
  });
}

/** Writes past the schema, as an older or newer version would have. */
const plant = async (collection: Pick<Collection<never>, 'upsert'>, document: object): Promise<void> =>
  collection.upsert([document as never]);

function evolution(store: () => Store, reported: Unreadable[]): void {
  it('old documents get the defaults of fields that came later', async () => {
    const { pendingNotifications: _p, attempts: _a, version: _v, schemaVersion: _s, ...old } = closed(incident('old'));
    await plant(store().incidents, old);
    const read = await store().incidents.get('old');
    expect(read).toMatchObject({ pendingNotifications: [], attempts: 0, version: 0, schemaVersion: 1 });
    expect(await store().incidents.replace({ ...closed(incident('old')), attempts: 1 }, 0)).toBe(true);
    expect(await store().incidents.get('old')).toMatchObject({ attempts: 1, version: 1 });
  });
  it('fields of a newer version are ignored', async () => {
    await plant(store().audit, { ...entry('new', 'w', 0), mood: 'good' });
    expect(await store().audit.get('new')).toEqual(entry('new', 'w', 0));
  });
  it('what no longer parses is reported, and pages are filled behind it', async () => {
    for (const id of ['bad1', 'bad2']) await plant(store().mutes, { id, version: 0, schemaVersion: 1, until: 1 });
    const mute = { ...{ cluster: 'c1', until: 2, why: 'y', subject: 's', createdAt: 1 }, version: 0, schemaVersion: 1 };
    await store().mutes.upsert([1, 2, 3].map((i) => ({ ...mute, id: `good${i}` })));
    const found = await store().mutes.find({ orderBy: { field: 'until', direction: 'asc' }, limit: 2 });
    expect(found.map((one) => one.id)).toEqual(['good1', 'good2']);
    expect(reported.map((one) => `${one.collection}/${one.id}`)).toEqual(['mutes/bad1', 'mutes/bad2']);
    const error = await refusal(store().mutes.get('bad1'));
    expect(error).toMatchObject({ name: 'AdapterError', system: 'store', retryable: false });
  });
}
