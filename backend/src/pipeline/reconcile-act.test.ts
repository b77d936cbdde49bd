import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { annotations, at, Policy, text, type Incident, type JsonObject } from '../model/index.ts';
import { createAuditLog } from './audit.ts';
import { createLedger } from './ledger.ts';
import { createOperate } from './operate.ts';
import { createSwitches } from './switches.ts';
import type { Identity, Kubernetes, WriteAnswer } from './ports.ts';
import { createFakePorts, fakeIncident, type Fakes } from './ports.fake.ts';
import { createReconcile, type Reconcile } from './reconcile.ts';

const operator: Identity = { subject: 'olga', issuer: 'token', role: 'operator' };
const approver: Identity = { subject: 'anna', issuer: 'token', role: 'approver' };
const node = (name: string): JsonObject => ({
  kind: 'Node',
  metadata: { name, uid: `uid-${name}`, resourceVersion: '1' },
  spec: {},
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});
const pod = (name: string, namespace = 'shop'): JsonObject => ({
  kind: 'Pod',
  metadata: { name, namespace, uid: `uid-${name}`, ownerReferences: [{ kind: 'ReplicaSet', controller: true }] },
  status: { phase: 'Running' },
});
const answer = (status: number, reason = ''): WriteAnswer => ({ status, reason, message: reason, object: undefined });

/** Nodes and pods that change as they are written to; an eviction of a pod in `held` meets its budget. */
function world(fakes: Fakes, held: ReadonlySet<string>): Kubernetes {
  const { objects, ports } = fakes;
  const write: Kubernetes['send'] = async (request, options) => {
    const { kind, namespace, name } = request.ref;
    const key = `${kind}/${namespace}/${name}`;
    const live = objects.get(key) ?? {};
    if (request.verb === 'evict' && held.has(name)) return answer(429, 'DisruptionBudget');
    if (options.dryRun) return answer(200);
    const changed =
      request.verb === 'evict'
        ? { metadata: { ...(live['metadata'] as JsonObject), deletionTimestamp: 'now' } }
        : {
            metadata: {
              ...(live['metadata'] as JsonObject),
              ...(at(request.body, 'metadata') as JsonObject),
            },
            spec: at(request.body, 'spec'),
          };
    objects.set(key, { ...live, ...changed });
    return answer(request.verb === 'evict' ? 201 : 200);
  };
  const send: Kubernetes['send'] = async (request, options) => {
    await ports.kubernetes.send(request, options);
    return write(request, options);
  };
  return { ...ports.kubernetes, send };
}

describe('an action of several writes', () => {
  let store: SqliteStore;
  let fakes: Fakes;
  let reconcile: Reconcile;
  let operate: ReturnType<typeof createOperate>;
  let policy: Policy;
  let killed: boolean;
  const held = new Set<string>();

  beforeEach(async () => {
    store = await openSqliteStore({ path: ':memory:' });
    fakes = createFakePorts(store);
    held.clear();
    killed = false;
    policy = Policy.parse({});
    const ports = { ...fakes.ports, kubernetes: world(fakes, held) };
    const audit = createAuditLog(store.audit, 'test');
    const ledger = createLedger(ports, audit);
    const switches = createSwitches(ports, 'MANUAL');
    const governance = {
      policy: () => policy,
      runbooks: () => [],
      mode: () => switches.mode(),
      killSwitch: () => killed,
    };
    const parts = { ports, ledger, governance, readings: () => [] };
    const nothing = () => undefined;
    reconcile = createReconcile(parts);
    operate = createOperate({ ...parts, audit, switches, kick: nothing, alerts: nothing, feedback: nothing });
    for (const name of ['a', 'b']) fakes.objects.set(`Node//${name}`, node(name));
    for (const name of ['one', 'two', 'three']) fakes.objects.set(`Pod/shop/${name}`, pod(name));
    await ledger.create(fakeIncident());
  });
  afterEach(() => store.close());

  const now = async (): Promise<Incident> => (await store.incidents.get('incident-1')) ?? expect.fail('it is gone');
  const written = (): string[] =>
    fakes.sent.filter((one) => !one.dryRun).map(({ request }) => `${request.verb} ${request.ref.name}`);
  const step = async (times: number): Promise<Incident> => {
    for (let i = 0; i < times; i += 1) {
      fakes.advance(11);
      await reconcile.step('incident-1');
    }
    return now();
  };
  async function begun(): Promise<void> {
    expect(await operate.command('incident-1', 'drain_node name=a', operator)).toMatchObject({ ok: true });
    expect(await operate.approve('incident-1', (await now()).plan?.digest ?? '', approver)).toMatchObject({ ok: true });
    await step(2);
  }

  it('is proven as a whole and carried out one saved write at a time', async () => {
    held.add('two');
    await begun();
    const { plan } = await now();
    expect(plan?.dryRuns).toHaveLength(1);
    expect(plan?.dryRuns[0]).toMatchObject({ verdict: 'Warn', reason: 'DisruptionBudget' });
    expect(plan?.dryRuns[0]?.message).toMatch(/1 of 4 writes/);
    expect(written()).toEqual([]);
    held.clear();
    for (const [times, last] of [
      [1, 'patch a'],
      [1, 'evict one'],
      [1, 'evict three'],
      [1, 'evict two'],
    ] as const) {
      const { actions } = await step(times);
      expect(written().at(-1)).toBe(last);
      if (last !== 'evict two') expect(actions[0]?.state).toBe('Sent');
    }
    expect((await now()).actions[0]?.state).toBe('Applied');
    expect((await step(1)).phase).toBe('Verifying');
    expect(written()).toHaveLength(4);
  });

  it('goes on with the others while a budget holds one, and comes back to it', async () => {
    held.add('one');
    await begun();
    await step(5);
    expect(written()).toEqual(['patch a', 'evict one', 'evict three', 'evict two', 'evict one']);
    held.clear();
    expect((await step(1)).actions[0]?.state).toBe('Applied');
  });

  it('gives up at last, uncordons and says why', async () => {
    held.add('one');
    await begun();
    await step(60);
    const incident = await now();
    expect(incident.phase).toBe('RolledBack');
    expect(incident.actions[0]?.message).toMatch(/DisruptionBudget/);
    expect(at(fakes.objects.get('Node//a'), 'spec', 'unschedulable')).toBe(false);
    expect(text(fakes.objects.get('Node//a'), 'metadata', 'annotations', annotations.actionId)).toMatch(/\/undo$/);
  });

  it('stops between two writes when the kill switch is thrown', async () => {
    await begun();
    await step(2);
    killed = true;
    expect((await step(2)).phase).toBe('Failed');
    expect(written()).toEqual(['patch a', 'evict one']);
  });

  it('takes nothing back either once the kill switch is thrown', async () => {
    held.add('one');
    await begun();
    for (let i = 0; i < 60 && (await now()).phase !== 'RollingBack'; i += 1) await step(1);
    const before = written().length;
    killed = true;
    expect(await step(3)).toMatchObject({ phase: 'Failed', reason: 'KillSwitch' });
    expect(written()).toHaveLength(before);
  });

  it('finds its own first write after a crash, goes on from there and takes it back when it fails', async () => {
    held.add('one').add('two').add('three');
    await begun();
    const { actions } = await now();
    const live = fakes.objects.get('Node//a') ?? {};
    const stamped = { ...(live['metadata'] as JsonObject), annotations: { [annotations.actionId]: actions[0]?.id } };
    fakes.objects.set('Node//a', { ...live, metadata: stamped, spec: { unschedulable: true } });
    await step(60);
    const incident = await now();
    expect(incident.phase).toBe('RolledBack');
    expect(incident.actions[0]?.state).toBe('Undone');
    expect(at(fakes.objects.get('Node//a'), 'spec', 'unschedulable')).toBe(false);
  });

  it('leaves a node alone that somebody made schedulable meanwhile', async () => {
    await begun();
    await step(2);
    const live = fakes.objects.get('Node//a') ?? {};
    fakes.objects.set('Node//a', { ...live, spec: {} });
    await step(2);
    expect(written()).toEqual(['patch a', 'evict one']);
    expect((await step(3)).phase).not.toBe('Resolved');
    expect(written()).toEqual(['patch a', 'evict one']);
  });

  it('is refused where it would reach into a protected namespace', async () => {
    policy = Policy.parse({ protectedNamespaces: ['shop'] });
    const asked = await operate.command('incident-1', 'drain_node name=a', operator);
    expect(asked).toMatchObject({ ok: false, reason: 'ProtectedNamespace' });
  });
});
