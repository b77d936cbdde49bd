import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { Policy } from '../model/index.ts';
import { createAuditLog } from './audit.ts';
import { createLedger } from './ledger.ts';
import { AdapterError, type Ports } from './ports.ts';
import { createFakePorts, fakeIncident } from './ports.fake.ts';
import { createReconcile } from './reconcile.ts';

let store: SqliteStore;
beforeEach(async () => void (store = await openSqliteStore({ path: ':memory:' })));
afterEach(() => store.close());

it('waits between two looks at a store that can be read but not written', async () => {
  const fakes = createFakePorts(store);
  const stop = new AbortController();
  const slept: number[] = [];
  const sleep: Ports['clock']['sleep'] = async (seconds) => {
    slept.push(seconds);
    stop.abort();
  };
  const ports: Ports = { ...fakes.ports, clock: { ...fakes.ports.clock, sleep } };
  const ledger = createLedger(ports, createAuditLog(store.audit, 'test'));
  await ledger.create(fakeIncident());
  let tries = 0;
  vi.spyOn(store.incidents, 'replace').mockImplementation(async () => {
    // Without a pause nothing but this ends the loop: it never lets go of the process.
    if ((tries += 1) > 50) stop.abort();
    throw new AdapterError('store', 'disk full', { retryable: true });
  });
  const governance = {
    ...{ policy: () => Policy.parse({}), runbooks: () => [] },
    ...{ mode: () => 'MANUAL' as const, killSwitch: () => false },
  };
  await createReconcile({ ports, ledger, governance, readings: () => [] }).run(stop.signal);
  expect(slept).toEqual([2]);
  expect(tries).toBe(2);
});
