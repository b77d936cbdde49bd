import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { closed } from '../model/index.ts';
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

  it('does not let one that cannot be said hold up the others', async () => {
    await open();
    const other = { target: { ...fakeIncident().target, name: 'db' }, targetKey: 'db', openKey: 'db' };
    await ledger.create(
      fakeIncident({ id: 'incident-2', ...other, pendingNotifications: ['incident-2:IncidentOpen'] }),
    );
    const send = fakes.ports.notifier.send.bind(fakes.ports.notifier);
    vi.spyOn(fakes.ports.notifier, 'send').mockImplementation(async (one) => {
      if (one.incidentId === 'incident-1') throw new TypeError('a bug');
      return send(one);
    });
    await expect(messenger.deliver()).rejects.toThrow('a bug');
    await messenger.deliver();
    expect(fakes.notifications.map((one) => one.key)).toEqual(['incident-2:IncidentOpen']);
  });

  it('says once that a receiver is down and once that it is back, however often it tries; it waits longer each time', async () => {
    fakes.down.add('notifier');
    await open();
    for (const seconds of [0, 31, 31, 30, 121]) {
      fakes.advance(seconds);
      await messenger.deliver();
    }
    const tries = fakes.counts.filter((one) => one.name === 'kubewise_notification_failures_total');
    expect(tries).toHaveLength(4);
    expect(messenger.health()).toMatchObject({ status: 'degraded', message: 'notifier is down' });
    fakes.down.delete('notifier');
    fakes.advance(241);
    await messenger.deliver();
    expect(fakes.logged.filter((one) => one.message.startsWith('notif'))).toEqual([
      { level: 'warn', message: 'notifier is down' },
      { level: 'info', message: 'notifications are taken again' },
    ]);
    expect(messenger.health()).toMatchObject({ status: 'ok', lastSuccess: fakes.ports.clock.now() });
    expect(fakes.counts).toContainEqual({ name: 'kubewise_notifications_total', labels: { kind: 'IncidentOpen' } });
  });

  it('tells after a restart what an incident that is closed by now still owes', async () => {
    const incident = fakeIncident({ phase: 'Diagnosed', reason: 'Diagnosed' });
    await ledger.create(incident);
    const over = closed(incident, fakes.ports.clock.now());
    await store.incidents.replace(over, 0);
    const stopping = new AbortController();
    const clock = { ...fakes.ports.clock, sleep: async () => stopping.abort() };
    await createMessenger({ ports: { ...fakes.ports, clock }, ledger, publicUrl: 'http://x' }).run(stopping.signal);
    expect(fakes.notifications.map((one) => one.key)).toEqual(['incident-1:Resolved']);
  });

  it('says nothing about an incident that a silence covers', async () => {
    await ledger.create(fakeIncident({ phase: 'Suppressed', pendingNotifications: ['incident-1:IncidentOpen'] }));
    await messenger.deliver();
    expect(fakes.notifications).toEqual([]);
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
