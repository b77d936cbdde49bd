import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { transition, type Incident, type PendingAudit, type Phase } from '../model/index.ts';
import { createAuditLog, type AuditLog } from './audit.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { AdapterError } from './ports.ts';
import { createFakePorts, fakeIncident } from './ports.fake.ts';

const away = new AdapterError('store', 'away', { retryable: true });
let store: SqliteStore;
let audit: AuditLog;
let ledger: Ledger;
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  audit = createAuditLog(store.audit, 'test');
  ledger = createLedger(createFakePorts(store).ports, audit);
  await ledger.create(fakeIncident());
});
afterEach(() => store.close());

const now = async (): Promise<Incident> => (await store.incidents.get('incident-1')) ?? expect.fail('it is gone');
const moved = async (phase: Phase): Promise<Incident> =>
  transition(await now(), phase, { at: 1, reason: phase, message: '', auditId: `audit-${phase}` });
const chain = async (): Promise<readonly string[]> =>
  (await store.audit.find({ orderBy: { field: 'seq', direction: 'asc' }, limit: 10 })).map((one) => one.id);

describe('the ledger', () => {
  it.each([
    ['a note', async () => ({ ...(await now()), assignee: 'anna' }), ['audit-Diagnosed']],
    ['the next phase', () => moved('Escalated'), ['audit-Diagnosed', 'audit-Escalated']],
  ])('brings what the audit chain missed into it before %s', async (_, next, expected) => {
    vi.spyOn(store.audit, 'insert').mockRejectedValueOnce(away);
    await expect(ledger.save(await now(), await moved('Diagnosed'))).rejects.toThrow('away');
    expect((await now()).phase).toBe('Diagnosed');
    await ledger.save(await now(), await next());
    expect(await chain()).toEqual(expected);
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  it('tells whoever listens what was saved, also when the chain could not be written', async () => {
    const heard: Phase[] = [];
    ledger.onIncident(({ phase }) => heard.push(phase));
    vi.spyOn(store.audit, 'insert').mockRejectedValueOnce(away);
    await expect(ledger.save(await now(), await moved('Diagnosed'))).rejects.toThrow('away');
    expect(heard).toEqual(['Diagnosed']);
  });
});

describe('the audit chain', () => {
  const entry = (id: string): PendingAudit => ({
    ...{ id, at: 0, subject: 'anna', action: 'a', object: 'o', reason: 'r', message: '' },
  });

  it('does not try for ever behind an end that cannot be read', async () => {
    await audit.append([entry('first'), entry('second')]);
    const find = store.audit.find.bind(store.audit);
    vi.spyOn(store.audit, 'find').mockImplementation(async (asked) =>
      (await find({ ...asked, limit: 10 })).filter((one) => one.id !== 'second').slice(0, asked.limit),
    );
    await expect(audit.append([entry('third')])).rejects.toThrow(/entry 1 cannot be read/);
  });
});
