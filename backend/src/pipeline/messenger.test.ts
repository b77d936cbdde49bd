import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { createAuditLog } from './audit.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createMessenger, type Messenger } from './messenger.ts';
import { createFakePorts, fakeIncident, type Fakes } from './ports.fake.ts';

let store: SqliteStore;
let fakes: Fakes;
let ledger: Ledger;
let messenger: Messenger;
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  fakes = createFakePorts(store);
  ledger = createLedger(fakes.ports, createAuditLog(store.audit, 'test'));
  messenger = createMessenger({ ports: fakes.ports, ledger, publicUrl: 'http://kubewise.example' });
});
afterEach(() => store.close());

const open = () => ledger.create(fakeIncident({ pendingNotifications: ['incident-1:IncidentOpen'] }));

describe('the messenger', () => {
  it('tells once about an open incident, with a link and a command', async () => {
    await open();
    await messenger.deliver();
    await messenger.deliver();
    expect(fakes.notifications).toHaveLength(1);
    expect(fakes.notifications[0]).toMatchObject({ kind: 'IncidentOpen', key: 'incident-1:IncidentOpen' });
    expect(fakes.notifications[0]?.link).toBe('http://kubewise.example/api/v1/incidents/incident-1');
    expect((await store.incidents.get('incident-1'))?.pendingNotifications).toEqual([]);
  });

  it('tries again with the same key when a receiver is down, and owes it meanwhile', async () => {
    fakes.down.add('notifier');
    await open();
    await messenger.deliver();
    expect((await store.incidents.get('incident-1'))?.pendingNotifications).toHaveLength(1);
    fakes.down.delete('notifier');
    await messenger.deliver();
    expect(fakes.notifications).toHaveLength(0);
    fakes.advance(31);
    await messenger.deliver();
    expect(fakes.notifications.map((one) => one.key)).toEqual(['incident-1:IncidentOpen']);
  });

  it('is silent while an incident is snoozed', async () => {
    await ledger.create(
      fakeIncident({ pendingNotifications: ['incident-1:IncidentOpen'], snoozedUntil: fakes.ports.clock.now() + 100 }),
    );
    await messenger.deliver();
    expect(fakes.notifications).toEqual([]);
    fakes.advance(101);
    await messenger.deliver();
    expect(fakes.notifications).toHaveLength(1);
  });

  it('drops what is out of date: a plan that is not waiting any more', async () => {
    await ledger.create(fakeIncident({ pendingNotifications: ['plan-1:PlanWaiting'] }));
    await messenger.deliver();
    expect(fakes.notifications).toEqual([]);
    expect((await store.incidents.get('incident-1'))?.pendingNotifications).toEqual([]);
  });
});
