import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectKubernetes, type Connection } from '../../backend/src/adapters/kubernetes/index.ts';
import { createCredentials } from '../../backend/src/adapters/kubernetes/credentials.ts';
import { recording, until } from '../../backend/src/adapters/kubernetes/recording.ts';
import { createTransport, type Transport } from '../../backend/src/adapters/kubernetes/transport.ts';
import type { EventRecord, JsonObject } from '../../backend/src/model/index.ts';
import type { Clock } from '../../backend/src/pipeline/ports.ts';
import { startControlPlane } from './control-plane.ts';
import { kubernetesContract, pod, type Stage } from './kubernetes-contract.ts';

const plane = await startControlPlane();
const { recorder, log, said } = recording();
const clock: Clock = {
  now: () => Date.now() / 1000,
  sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  hold: () => () => undefined,
};
const events: EventRecord[] = [];
let connection: Connection;
let admin: Transport;

const stage: Stage = async (method, path, body) => {
  const strategic = method === 'PATCH' && !path.endsWith('/status');
  const contentType = `application/${method !== 'PATCH' ? '' : strategic ? 'strategic-merge-patch+' : 'merge-patch+'}json`;
  const query = method === 'GET' ? {} : { fieldManager: 'somebody' };
  const reply = await admin.request(method as 'POST', path, { query, body, contentType });
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body;
};

describe.skipIf(!plane)('a real control plane', () => {
  beforeAll(async () => {
    const kubeconfig = plane?.admin as string;
    admin = createTransport(createCredentials({ kubeconfig }));
    await until(
      'namespace default',
      async () => {
        const reply = await admin.request('GET', '/api/v1/namespaces/default/serviceaccounts/default');
        return reply.status === 200;
      },
      60,
    );
    const timing = { backoff: { first: 0.2, most: 2 }, refused: 2 };
    connection = await connectKubernetes({ kubeconfig, clock, log, recorder, timing });
    await connection.watcher.start((batch) => void events.push(...batch));
  });
  afterAll(async () => {
    await connection.close();
    await admin.close();
    await plane?.stop();
  });

  const topology = () => connection.watcher.topology;
  const changes = (name: string) =>
    topology()
      .interventions(0)
      .filter((one) => one.target.name === name);

  describe('the contract', () => {
    const versions = { policy: 'policy/v1beta1', autoscaling: 'autoscaling/v1' };
    kubernetesContract(() => ({ kubernetes: connection.kubernetes, stage, ...versions }));
  });

  test('everything is watched; the cluster is named by its uid', async () => {
    expect(connection.watcher.synced).toBe(true);
    expect(connection.watcher.degraded()).toEqual([]);
    expect(topology().cluster).toBe(await connection.kubernetes.clusterUid());
    expect(topology().namespaces()).toContain('kube-system');
  });

  test('owner chains and interventions of a Deployment come from the watch', async () => {
    const web = '/apis/apps/v1/namespaces/default/deployments/web';
    const spec = {
      replicas: 2,
      selector: { matchLabels: { app: 'web-app' } },
      template: {
        metadata: { labels: { app: 'web-app' } },
        spec: { containers: [{ name: 'main', image: 'registry.example/web:1' }] },
      },
    };
    await stage('POST', '/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'web' }, spec });
    const target = { cluster: topology().cluster, kind: 'Deployment', namespace: 'default', name: 'web' };
    await until('two pods of web', () => topology().podsOf(target).length === 2, 30);
    const [first] = topology().podsOf(target);
    expect(topology().ownerOf('Pod', 'default', first?.name ?? '')).toMatchObject({ kind: 'Deployment', name: 'web' });

    const before = clock.now();
    const image = { spec: { template: { spec: { containers: [{ name: 'main', image: 'registry.example/web:2' }] } } } };
    await stage('PATCH', web, image);
    await until('a rollout', () => changes('web').some((one) => one.message.includes('web:2')));
    const rollout = changes('web').find((one) => one.message.includes('web:2'));
    expect(rollout).toMatchObject({ kind: 'Rollout', byUs: false });
    expect(Math.abs((rollout?.at ?? 0) - before)).toBeLessThan(5);

    const ref = { kind: 'Deployment', namespace: 'default', name: 'web' } as const;
    const annotations = { 'kubewise.io/action-id': 'action-1' };
    const body = { metadata: { annotations }, spec: { replicas: 3 } };
    await connection.kubernetes.send(
      { verb: 'patch', ref, patch: 'merge', body, preconditions: {} },
      { dryRun: false },
    );
    await until('our scaling', () => changes('web').some((one) => one.kind === 'Scaling'));
    expect(changes('web').at(-1)).toMatchObject({
      kind: 'Scaling',
      byUs: true,
      message: 'scaled from 2 to 3 replicas',
    });

    const restarted = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    await stage('PATCH', web, { spec: { template: { metadata: { annotations: restarted } } } });
    await until('a restart', () => changes('web').some((one) => one.kind === 'Restart'));
    expect(changes('web').at(-1)).toMatchObject({ kind: 'Restart', byUs: false });
  });

  test('events arrive once, with the owner that a remediation would touch', async () => {
    await until('an event of web', () => events.some((one) => one.reason === 'ScalingReplicaSet'));
    const isOfWeb = (one: EventRecord) => one.reason === 'FailedScheduling' && one.involved.name.startsWith('web-');
    await until('a scheduling failure', () => events.some(isOfWeb), 30);
    const failed = events.find(isOfWeb);
    expect(failed).toMatchObject({ type: 'Warning', target: { kind: 'Deployment', name: 'web' } });
    const seen = events.map((one) => `${one.id} ${one.count}`);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('a node that is cordoned and a pod that we evict are interventions', async () => {
    await stage('POST', '/api/v1/nodes', { metadata: { name: 'node-a' } });
    await until('node-a', () => topology().ownerOf('Node', '', 'node-a') !== undefined);
    await stage('PATCH', '/api/v1/nodes/node-a', { spec: { unschedulable: true } });
    await until('a cordon', () => changes('node-a').length > 0);
    expect(changes('node-a')[0]).toMatchObject({ kind: 'NodeCordon', message: 'cordoned' });

    const target = { cluster: topology().cluster, kind: 'Deployment', namespace: 'default', name: 'web' };
    const victim = topology().podsOf(target)[0];
    const ref = { kind: 'Pod', namespace: 'default', name: victim?.name ?? '' } as const;
    const evict = { verb: 'evict', ref, preconditions: { uid: victim?.uid } } as const;
    expect((await connection.kubernetes.send(evict, { dryRun: false })).status).toBe(201);
    expect(changes('web').at(-1)).toMatchObject({ kind: 'Restart', byUs: true });
  });

  test('a kind without rights degrades by name, the others go on, and rights given later are used', async () => {
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
    const rule = (resources: string[], apiGroups: string[]) => ({
      apiGroups,
      resources,
      verbs: ['get', 'list', 'watch'],
    });
    await stage('POST', roles, { metadata: { name: 'some' }, rules: [rule(['pods', 'namespaces', 'nodes'], [''])] });
    await stage('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'some' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'some' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'viewer' }],
    });
    const timing = { refused: 1, backoff: { first: 0.2, most: 1 } };
    const kubeconfig = plane?.viewer as string;
    const viewer = await connectKubernetes({ kubeconfig, clock, log, recorder, timing });
    await viewer.watcher.start(() => undefined);
    const refused = viewer.watcher.degraded().map((one) => one.kind);
    expect(refused).toContain('Deployment');
    expect(refused).not.toContain('Pod');
    expect(said.some((one) => /Deployment: no right to list and watch/.test(one.message))).toBe(true);
    expect(viewer.watcher.topology.targets().some((one) => one.kind === 'Node')).toBe(true);
    await stage('PATCH', `${roles}/some`, {
      rules: [rule(['pods', 'namespaces', 'nodes'], ['']), rule(['deployments'], ['apps'])],
    });
    await until('Deployments', () => !viewer.watcher.degraded().some((one) => one.kind === 'Deployment'), 20);
    await until('web', () => viewer.watcher.topology.ownerOf('Deployment', 'default', 'web') !== undefined);
    await viewer.close();
  });

  test('an API server that restarts is watched again, and what happened meanwhile is seen', async () => {
    const made = await stage('POST', '/api/v1/namespaces/default/pods', pod('before-restart'));
    expect((made['metadata'] as JsonObject)['uid']).toBeTruthy();
    await until(
      'the pod',
      () => topology().object({ cluster: '', kind: 'Pod', namespace: 'default', name: 'before-restart' }) !== undefined,
    );
    await plane?.restart();
    await until(
      'the API server',
      async () => (await admin.request('GET', '/readyz').catch(() => undefined))?.status === 200,
      60,
    );
    await stage('DELETE', '/api/v1/namespaces/default/pods/before-restart', { gracePeriodSeconds: 0 });
    await until(
      'the deletion',
      () => topology().object({ cluster: '', kind: 'Pod', namespace: 'default', name: 'before-restart' }) === undefined,
      60,
    );
    expect(said.filter((one) => one.level === 'error')).toEqual([]);
  });
});
