import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { planDigest, Policy, stepCommand, type Incident } from '../model/index.ts';
import { createAuditLog, type AuditLog } from './audit.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createOperate } from './operate.ts';
import { createSwitches } from './switches.ts';
import { AdapterError, type Identity } from './ports.ts';
import { createFakePorts, fakeIncident, type Fakes } from './ports.fake.ts';
import { createReconcile, type Reconcile } from './reconcile.ts';

const operator: Identity = { subject: 'olga', issuer: 'token', role: 'operator' };
const approver: Identity = { subject: 'anna', issuer: 'token', role: 'approver' };
const scale = 'scale_deployment name=web ns=shop replicas=4';
const web = (replicas = 2, annotations: Record<string, string> = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-web', resourceVersion: '7', generation: 1, annotations },
  spec: { replicas, template: { spec: { containers: [{ name: 'web' }] } } },
  status: { observedGeneration: 1, replicas, updatedReplicas: replicas, availableReplicas: replicas },
});

let store: SqliteStore;
let fakes: Fakes;
let ledger: Ledger;
let audit: AuditLog;
let reconcile: Reconcile;
let operate: ReturnType<typeof createOperate>;
let policy: Policy;
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  fakes = createFakePorts(store);
  audit = createAuditLog(store.audit, 'test');
  ledger = createLedger(fakes.ports, audit);
  policy = Policy.parse({});
  const switches = createSwitches(fakes.ports, 'MANUAL');
  const governance = {
    policy: () => policy,
    runbooks: () => [],
    mode: () => switches.mode(),
    killSwitch: () => switches.killSwitch(),
  };
  const parts = { ports: fakes.ports, ledger, governance, readings: () => [] };
  reconcile = createReconcile(parts);
  operate = createOperate({
    ...parts,
    audit,
    switches,
    kick: () => undefined,
    alerts: () => undefined,
    feedback: () => undefined,
  });
  fakes.objects.set('Deployment/shop/web', web());
  await ledger.create(fakeIncident());
});
afterEach(() => store.close());

const now = async (): Promise<Incident> => {
  const incident = await store.incidents.get('incident-1');
  if (!incident) throw new Error('the incident is gone');
  return incident;
};
const writes = () => fakes.sent.filter((one) => !one.dryRun);
const step = async (times = 1): Promise<Incident> => {
  for (let i = 0; i < times; i += 1) await reconcile.step('incident-1');
  return now();
};
async function proposed(): Promise<string> {
  const answer = await operate.command('incident-1', scale, operator);
  expect(answer.ok).toBe(true);
  return (await now()).plan?.digest ?? '';
}

describe('a plan of a person', () => {
  it('is proven by a dry run and waits for somebody who may approve', async () => {
    const digest = await proposed();
    const incident = await now();
    expect(incident.phase).toBe('Proposed');
    expect(incident.plan?.dryRuns.map((run) => run.verdict)).toEqual(['Pass']);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(writes()).toEqual([]);
  });

  it('is executed after the approval, with our field manager’s stamp, once', async () => {
    await operate.approve('incident-1', await proposed(), approver);
    const incident = await step(3);
    expect(incident.phase).toBe('Remediating');
    expect(writes()).toHaveLength(1);
    expect(writes()[0]?.request).toMatchObject({ verb: 'patch', patch: 'merge', ref: { name: 'web' } });
    expect((await step(1)).phase).toBe('Verifying');
    expect(writes()).toHaveLength(1);
  });

  it('finds its own work after a crash between the write and the save', async () => {
    await operate.approve('incident-1', await proposed(), approver);
    const before = await step(2);
    const id = before.actions[0]?.id ?? '';
    fakes.objects.set('Deployment/shop/web', web(4, { 'kubewise.io/action-id': id }));
    expect((await step(1)).actions[0]?.state).toBe('Applied');
    expect(writes()).toEqual([]);
  });

  it('sends the same request again when no answer came', async () => {
    await operate.approve('incident-1', await proposed(), approver);
    fakes.answers.push(new AdapterError('kubernetes', 'socket closed', { retryable: true }));
    await step(3);
    fakes.advance(10);
    await step(1);
    expect(writes()).toHaveLength(2);
    expect(writes()[0]?.request).toEqual(writes()[1]?.request);
  });

  it('is refused with a reason where the command, the object or the policy says no', async () => {
    expect(await operate.command('incident-1', 'rm everything', operator)).toMatchObject({ ok: false, status: 400 });
    policy = Policy.parse({ protectedNamespaces: ['shop'] });
    expect(await operate.command('incident-1', scale, operator)).toMatchObject({ reason: 'ProtectedNamespace' });
    policy = Policy.parse({});
    fakes.objects.clear();
    expect(await operate.command('incident-1', scale, operator)).toMatchObject({ ok: false, status: 422 });
  });
});

it('a plan says what became of earlier incidents of its cause; the approval is not bound to that', async () => {
  const cause = { class: 'OutOfMemory', target: fakeIncident().target, score: 1, message: '', evidence: [], facts: {} };
  const { openKey: _open, ...past } = fakeIncident({ id: 'past', phase: 'SelfRecovered', causes: [cause] });
  await store.incidents.insert({ ...past, closedAt: past.startedAt + 600 });
  const incident = await now();
  await store.incidents.replace({ ...incident, causes: [cause] }, incident.version);
  const digest = await proposed();
  const { plan } = await now();
  expect(plan?.forecast?.doNothing).toEqual({ seen: 1, recovered: 1, medianSeconds: 600 });
  const { digest: _digest, forecast: _forecast, ...rest } = plan ?? expect.fail('there is no plan');
  expect(planDigest(rest)).toBe(digest);
});

describe('part of a plan', () => {
  const step = (id: string, replicas: number, dependsOn: string[] = []) => ({
    ...{ id, dependsOn, preconditions: [], expectedOutcome: '', verification: '' },
    action: { name: 'scale_deployment', params: { name: 'web', ns: 'shop', replicas } },
  });
  /** A plan of three steps, the last of which needs the first. */
  async function three(): Promise<string> {
    await proposed();
    const incident = await now();
    if (!incident.plan) throw new Error('there is no plan');
    const whole = { ...incident.plan, steps: [step('a', 3), step('b', 4), step('c', 5, ['a'])] };
    const plan = { ...whole, digest: planDigest(whole) };
    await store.incidents.replace({ ...incident, plan }, incident.version);
    return plan.digest;
  }
  const commandsOf = async () => (await now()).plan?.steps.map(stepCommand);

  it('is a plan of its own: proven, with another digest, and the only one that can be approved', async () => {
    const digest = await three();
    const before = (await now()).plan;
    const command = 'scale_deployment name=web ns=shop replicas=6';
    const answer = await operate.revise('incident-1', { digest, steps: [{ id: 'c', command }, { id: 'a' }] }, operator);
    expect(answer).toMatchObject({ ok: true, value: { phase: 'Proposed', formerPlans: [before?.id] } });
    expect(await commandsOf()).toEqual(['scale_deployment name=web ns=shop replicas=3', command]);
    const { plan } = await now();
    expect(plan).toMatchObject({ author: { kind: 'Human', name: 'olga' }, verify: before?.verify, fallbacks: [] });
    expect(plan?.dryRuns.map((run) => run.stepId)).toEqual(['a', 'c']);
    expect(await operate.approve('incident-1', digest, approver)).toMatchObject({ reason: 'PlanChanged' });
    expect(writes()).toEqual([]);
    expect(await operate.approve('incident-1', plan?.digest ?? '', approver)).toMatchObject({ ok: true });
    await reconcile.step('incident-1');
    await reconcile.step('incident-1');
    await reconcile.step('incident-1');
    expect(writes().map(({ request }) => request.body)).toMatchObject([{ spec: { replicas: 3 } }]);
  });

  it.each([
    ['a step that the plan does not have', [{ id: 'z' }], 422, 'UnknownStep'],
    ['a step without the one that it needs', [{ id: 'c' }], 422, 'StepNeeded'],
    ['another action', [{ id: 'a', command: 'restart_deployment name=web ns=shop' }], 422, 'OtherAction'],
    ['what is no command', [{ id: 'a', command: 'scale_deployment replicas=many' }], 400, 'BadCommand'],
  ])('cannot be %s', async (_, steps, status, reason) => {
    const digest = await three();
    expect(await operate.revise('incident-1', { digest, steps }, operator)).toMatchObject({ status, reason });
    expect((await now()).plan?.digest).toBe(digest);
  });

  it('is judged by the policy again, and only while the plan waits', async () => {
    const digest = await three();
    policy = Policy.parse({ protectedNamespaces: ['shop'] });
    const part = { digest, steps: [{ id: 'a' }] };
    expect(await operate.revise('incident-1', part, operator)).toMatchObject({ reason: 'ProtectedNamespace' });
    policy = Policy.parse({});
    await operate.approve('incident-1', digest, approver);
    expect(await operate.revise('incident-1', part, operator)).toMatchObject({ status: 409, reason: 'NotProposed' });
  });
});

describe('an approval', () => {
  it('names a digest; a stale one is refused', async () => {
    await proposed();
    const stale = await operate.approve('incident-1', 'f'.repeat(64), approver);
    expect(stale).toMatchObject({ ok: false, status: 412, reason: 'PlanChanged' });
    expect((await now()).phase).toBe('Proposed');
  });

  it('is void when the target changed since: nothing is written', async () => {
    await operate.approve('incident-1', await proposed(), approver);
    fakes.objects.set('Deployment/shop/web', web(3));
    const incident = await step(1);
    expect(incident.phase).toBe('Diagnosed');
    expect(incident.reason).toBe('PlanStale');
    expect(writes()).toEqual([]);
  });

  it('counts once: a second one finds the plan approved', async () => {
    const digest = await proposed();
    expect((await operate.approve('incident-1', digest, approver)).ok).toBe(true);
    expect(await operate.approve('incident-1', digest, approver)).toMatchObject({ status: 409, reason: 'NotProposed' });
  });

  it('is for the policy’s approvers only', async () => {
    const digest = await proposed();
    policy = Policy.parse({ approvers: [{ subject: 'boris' }] });
    expect(await operate.approve('incident-1', digest, approver)).toMatchObject({
      status: 403,
      reason: 'NotAnApprover',
    });
  });

  it('for one namespace does not reach into another by a command of one’s own', async () => {
    policy = Policy.parse({ approvers: [{ subject: 'anna', namespaces: ['shop'] }] });
    fakes.objects.set('Deployment/bank/web', web());
    const answer = await operate.command('incident-1', scale.replace('ns=shop', 'ns=bank'), approver);
    expect(answer).toMatchObject({ ok: false, reason: 'NotAnApprover' });
    await step(3);
    expect(writes()).toEqual([]);
  });

  it('executes nothing while the kill switch is on', async () => {
    const digest = await proposed();
    await operate.approve('incident-1', digest, approver);
    await operate.setKillSwitch(true, approver);
    await step(3);
    expect(writes()).toEqual([]);
    expect((await now()).phase).toBe('Approved');
  });
});

describe('a rejection', () => {
  it('is of the plan that was looked at, never of the one that took its place', async () => {
    const digest = await proposed();
    const { plan: first } = await now();
    await operate.revise('incident-1', { digest, steps: [{ id: 'command', command: scale }] }, operator);
    const { plan: second } = await now();
    const late = await operate.reject('incident-1', first?.id ?? '', 'too much', approver);
    expect(late).toMatchObject({ ok: false, status: 412, reason: 'PlanChanged' });
    expect((await now()).phase).toBe('Proposed');
    expect(await operate.reject('incident-1', second?.id ?? '', 'too much', approver)).toMatchObject({ ok: true });
    expect(await now()).toMatchObject({ phase: 'Rejected', pastPlans: [{ id: second?.id }] });
  });
});

describe('the switches', () => {
  it('stop this process even when the store does not take it', async () => {
    vi.spyOn(store.settings, 'upsert').mockRejectedValue(new AdapterError('store', 'disk full', { retryable: true }));
    await expect(operate.setKillSwitch(true, approver)).rejects.toThrow('disk full');
    expect(operate.killSwitch()).toBe(true);
  });

  it('are all known again after a restart, however many queries were saved beside them', async () => {
    await operate.setKillSwitch(true, approver);
    const saved = Array.from({ length: 250 }, (_, i) => ({ version: 0, schemaVersion: 1, id: `a-query/${i}` }));
    await store.settings.upsert(saved.map((one) => ({ ...one, value: {}, subject: 'anna', at: 0 })));
    const after = createSwitches(fakes.ports, 'MANUAL');
    await after.restore();
    expect(after.killSwitch()).toBe(true);
    expect(after.entries()).toHaveLength(252);
  });
});

describe('everything a person does', () => {
  it('is in the timeline and in an unbroken audit chain', async () => {
    await operate.acknowledge('incident-1', operator);
    await operate.snooze('incident-1', fakes.ports.clock.now() + 60, operator);
    await operate.setMode('AUTO', approver);
    expect((await now()).timeline.map((one) => one.reason)).toEqual(['Acknowledged', 'Snoozed']);
    const entries = await store.audit.find({ orderBy: { field: 'seq', direction: 'asc' }, limit: 10 });
    expect(entries.map((one) => one.reason)).toEqual(['Acknowledged', 'Snoozed', 'ModeChanged']);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 3 });
  });
});
