import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { Policy, targetKey, type Incident, type JsonObject, type Mode, type Target } from '../model/index.ts';
import { createLedger } from './ledger.ts';
import { createAuditLog } from './audit.ts';
import { Runbook } from './plan/index.ts';
import { AdapterError, type Ports } from './ports.ts';
import { createFakePorts, fakeIncident, type Fakes } from './ports.fake.ts';
import { createReconcile, type Reconcile } from './reconcile.ts';

const node: Target = { cluster: 'test', kind: 'Node', namespace: '', name: 'node-1' };
const iso = (at: number): string => new Date(at * 1000).toISOString();
const runbooks = [
  {
    id: 'tell',
    class: 'NodeNotReady',
    title: 'tell',
    rank: -10,
    steps: [step('notify_only', { message: 'look at it' })],
  },
  {
    ...{ id: 'free', class: 'NodeNotReady', title: 'free', when: { stranded: true } },
    steps: [
      step('delete_pod', { name: '{{strandedPod}}', ns: '{{strandedNamespace}}', uid: '{{strandedUid}}', force: true }),
    ],
  },
].map((one) => Runbook.parse(one));

function step(action: string, params: Record<string, unknown>) {
  return { id: action.replace('_', '-'), action, params };
}

describe('an incident on its way to a plan', () => {
  let store: SqliteStore;
  let fakes: Fakes;
  let reconcile: Reconcile;
  let silence: () => Promise<string | undefined>;
  let mode: Mode;
  let policy: Policy;

  const put = (key: string, object: JsonObject): void => void fakes.objects.set(key, object);
  const pod = (deletedAt: number | undefined, claim?: string): JsonObject => ({
    kind: 'Pod',
    metadata: {
      ...{ name: 'db-0', namespace: 'data', uid: 'u', creationTimestamp: iso(1_699_990_000) },
      ownerReferences: [{ kind: 'StatefulSet', name: 'db', uid: 's', controller: true }],
      ...(deletedAt && { deletionTimestamp: iso(deletedAt) }),
    },
    spec: {
      ...{ nodeName: 'node-1', containers: [] },
      ...(claim && { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] }),
    },
    status: { phase: 'Running', conditions: [] },
  });
  const silentNode = (...taints: readonly string[]): JsonObject => ({
    metadata: { name: 'node-1' },
    spec: { taints: taints.map((key) => ({ key, effect: 'NoExecute' })) },
    status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
  });

  beforeEach(async () => {
    store = await openSqliteStore({ path: ':memory:' });
    fakes = createFakePorts(store);
    silence = () => Promise.resolve(undefined);
    mode = 'MANUAL';
    policy = Policy.parse({ rules: [{ actions: ['delete_pod'], autonomy: 'Auto' }] });
    const ports: Ports = { ...fakes.ports, silences: { covering: () => silence() } };
    const ledger = createLedger(ports, createAuditLog(store.audit, ports.cluster));
    const governance = {
      ...{ policy: () => policy, runbooks: () => runbooks },
      ...{ mode: () => mode, killSwitch: () => false },
    };
    reconcile = createReconcile({ ports, ledger, governance, readings: () => [] });
    put('Node//node-1', silentNode());
    put('Pod/data/db-0', pod(undefined));
    const incident = fakeIncident({
      target: node,
      targetKey: targetKey(node),
      openKey: targetKey(node),
      signals: ['metric:node_pressure'],
    });
    const anomaly = { id: 'a', incidentId: incident.id, open: true, updatedAt: 1_700_000_000 };
    await store.anomalies.upsert([openAnomaly(anomaly)]);
    await ledger.create(incident);
  });
  afterEach(() => store.close());

  const openAnomaly = (fields: object) => ({
    ...{
      version: 0,
      schemaVersion: 1,
      cluster: 'test',
      series: 's',
      query: 'node-pressure',
      metricType: 'node_pressure',
    },
    ...{ unit: '', target: node, targetKey: targetKey(node), value: 1, expected: 0, band: [0, 0] as [number, number] },
    ...{
      score: 0.9,
      peak: 0.9,
      threshold: 0.78,
      severity: 'critical' as const,
      confidence: 1,
      views: [],
      features: {},
    },
    ...{ sentence: '', startedAt: 1_700_000_000, reason: '', id: '', open: true, updatedAt: 0, ...fields },
  });
  async function settle(): Promise<Incident | undefined> {
    for (let i = 0; i < 4; i += 1) await reconcile.tick();
    return store.incidents.get('incident-1');
  }

  it('that found nothing to try is planned for once what is known leads to an action, and not before', async () => {
    expect(await settle()).toMatchObject({ phase: 'Escalated', reason: 'PeopleTold' });
    fakes.advance(61);
    expect((await settle())?.phase).toBe('Escalated');
    put('Pod/data/db-0', pod(1_700_000_000));
    fakes.advance(61);
    const incident = await settle();
    expect(incident).toMatchObject({ phase: 'Proposed' });
    expect(incident?.plan?.steps[0]?.action).toMatchObject({
      name: 'delete_pod',
      params: { name: 'db-0', force: true },
    });
  });

  it('stays suppressed as long as Alertmanager silences it, however often it is looked at', async () => {
    silence = () => Promise.resolve('planned work');
    for (let i = 0; i < 3; i += 1) {
      expect(await settle()).toMatchObject({ phase: 'Suppressed' });
      fakes.advance(61);
    }
    silence = () => Promise.resolve(undefined);
    expect((await settle())?.phase).toBe('Escalated');
  });

  it('is looked at and told of while Alertmanager cannot be asked', async () => {
    silence = () => Promise.reject(new AdapterError('alertmanager', 'not reached', { retryable: true }));
    expect((await settle())?.phase).toBe('Escalated');
  });

  it('that the policy had approved goes back when the mode is MANUAL by the time it would be executed', async () => {
    put('Pod/data/db-0', pod(1_700_000_000));
    mode = 'AUTO';
    while ((await store.incidents.get('incident-1'))?.phase !== 'Approved') await reconcile.tick();
    mode = 'MANUAL';
    await reconcile.tick();
    expect(await store.incidents.get('incident-1')).toMatchObject({ phase: 'Diagnosed', reason: 'ApprovalVoid' });
    expect(await settle()).toMatchObject({ phase: 'Proposed', plan: { autonomy: 'Approve' } });
    expect(fakes.sent.filter((one) => !one.dryRun)).toEqual([]);
  });

  it('is not treated by itself once the policy that granted it has been taken back', async () => {
    put('Pod/data/db-0', pod(1_700_000_000));
    mode = 'AUTO';
    silence = () => Promise.resolve(undefined);
    while ((await store.incidents.get('incident-1'))?.phase !== 'Proposed') await reconcile.tick();
    policy = Policy.parse({});
    expect(await settle()).toMatchObject({ phase: 'Proposed', approvals: [] });
  });

  it.each([
    ['into a silence', () => Promise.resolve('planned work')],
    [
      'while no silence can be looked up',
      () => Promise.reject(new AdapterError('alertmanager', 'not reached', { retryable: true })),
    ],
  ])('is never treated by itself %s', async (_, later) => {
    put('Pod/data/db-0', pod(1_700_000_000));
    mode = 'AUTO';
    const answers = [() => Promise.resolve(undefined)];
    silence = () => (answers.shift() ?? later)();
    for (let i = 0; i < 3; i += 1) {
      expect(await settle()).toMatchObject({ phase: 'Proposed', plan: { autonomy: 'Auto' }, approvals: [] });
      fakes.advance(61);
    }
    silence = () => Promise.resolve(undefined);
    expect((await settle())?.approvals).toMatchObject([{ subject: 'policy' }]);
  });

  it('leaves it to people, whatever the policy says, to free a pod with data whose node may still run', async () => {
    mode = 'AUTO';
    put('Pod/data/db-0', pod(1_700_000_000, 'data-db-0'));
    put('Node//node-1', silentNode('node.kubernetes.io/unreachable'));
    const incident = await settle();
    expect(incident).toMatchObject({
      phase: 'Proposed',
      plan: { autonomy: 'Approve', autonomyReason: 'DataAtRisk' },
      approvals: [],
    });
    expect(incident?.plan?.reasoning).toMatch(/db-0 holds volume data-db-0 and may still run on node node-1/);
  });

  it('frees a pod with data by itself where a person has declared its node out of service', async () => {
    mode = 'AUTO';
    put('Pod/data/db-0', pod(1_700_000_000, 'data-db-0'));
    put('Node//node-1', silentNode('node.kubernetes.io/out-of-service'));
    expect((await settle())?.approvals).toMatchObject([{ subject: 'policy' }]);
  });
});
