import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAuditLog } from '../../backend/src/pipeline/audit.ts';
import { createLedger } from '../../backend/src/pipeline/ledger.ts';
import type { Store } from '../../backend/src/pipeline/ports.ts';
import type { OpenStore } from './contract.ts';
import { incident, pending } from './documents.ts';

/** The audit chain and the ledger over a real store. */
export function chainContract(open: OpenStore): void {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());
  const ids = (prefix: string, n: number) => Array.from({ length: n }, (_, i) => pending(`${prefix}-${i}`));
  const chain = async (writer: string) =>
    store.audit.find({ where: { writer }, orderBy: { field: 'seq', direction: 'asc' }, limit: 1000 });

  it('the same entries again add nothing', async () => {
    const log = createAuditLog(store.audit, 'again');
    await log.append(ids('again', 5));
    await createAuditLog(store.audit, 'again').append(ids('again', 7));
    expect(await log.verify()).toMatchObject({ ok: true, entries: 7 });
  });
  it('two writers on one chain leave one chain', async () => {
    const logs = [createAuditLog(store.audit, 'two'), createAuditLog(store.audit, 'two')];
    await Promise.all(logs.map((log, i) => log.append(ids(`two-${i}`, 20))));
    expect(await logs[0]?.verify()).toMatchObject({ ok: true, entries: 40 });
  });
  it('entries that a crash left in the incident are settled once', async () => {
    const log = createAuditLog(store.audit, 'settle');
    const silent = { count: () => {}, observe: () => {}, gauge: () => {}, resetGauge: () => {} };
    const mute = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const ledger = createLedger({ store, recorder: silent, log: mute }, log);
    const owing = incident('owing', { openKey: 'owing', pendingAudit: ids('settle', 2) });
    await store.incidents.insert(owing);
    for (let i = 0; i < 3; i += 1) await ledger.settle(owing);
    expect(await log.verify()).toMatchObject({ ok: true, entries: 2 });
  });

  const damages: readonly [string, (writer: string) => Promise<void>, RegExp][] = [
    [
      'a changed text',
      async (writer) => void (await forge(writer, 3, { message: 'nothing happened' })),
      /^entry 3 \(.*-3\): was changed/,
    ],
    [
      'a changed text with a hash that fits it',
      async (writer) => void (await forge(writer, 3, { message: 'x', hash: '0'.repeat(64) })),
      /^entry 3 \(.*-3\): was changed/,
    ],
    [
      'a missing entry',
      async (writer) => void (await store.audit.deleteWhere({ writer, seq: 3 })),
      /^entry 4 \(.*-4\): expected sequence number 3; an entry is missing/,
    ],
    [
      'a missing beginning',
      async (writer) => void (await store.audit.deleteWhere({ writer, seq: { lt: 2 } })),
      /^entry 2 \(.*-2\): expected sequence number 0; an entry is missing/,
    ],
    [
      'another entry in its place',
      async (writer) => void (await forge(writer, 3, { previousHash: 'f'.repeat(64) })),
      /^entry 3 \(.*-3\): does not continue/,
    ],
  ];
  async function forge(writer: string, seq: number, fields: object): Promise<void> {
    const found = (await chain(writer)).find((one) => one.seq === seq);
    if (!found) throw new Error('nothing to forge');
    await store.audit.upsert([{ ...found, ...fields }]);
  }
  it.each(damages)('verify finds %s, and where', async (name, damage, message) => {
    const log = createAuditLog(store.audit, name);
    await log.append(ids(name, 8));
    expect(await log.verify()).toMatchObject({ ok: true, entries: 8 });
    await damage(name);
    const answer = await log.verify();
    expect(answer.ok).toBe(false);
    expect(answer.message).toMatch(message);
  });
}
