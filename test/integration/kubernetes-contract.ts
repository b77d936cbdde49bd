import { expect, test } from 'vitest';
import type { JsonObject, KubernetesRequest } from '../../backend/src/model/index.ts';
import type { Kubernetes } from '../../backend/src/pipeline/ports.ts';

/** Plain JSON to the API server as an administrator: how a test sets the stage. Throws on 4xx and 5xx. */
export type Stage = (method: string, path: string, body?: unknown) => Promise<JsonObject>;

const labels = { app: 'web' };
const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'registry.example/web:1',
            resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
          },
        ],
      },
    },
  },
});
export const pod = (name: string, node = 'node-a', more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels, ...more },
  spec: { nodeName: node, containers: [{ name: 'main', image: 'registry.example/web:1' }] },
});

const ref = (kind: KubernetesRequest['ref']['kind'], name: string) => ({ kind, namespace: 'default', name });
const metadata = (object: JsonObject) => object['metadata'] as { uid: string; resourceVersion: string };

/**
 * What every API server must answer to the adapter. One suite, run over the simulated server and over a real one;
 * `policy` and `autoscaling` are the API versions that it serves.
 */
export function kubernetesContract(
  at: () => { kubernetes: Kubernetes; stage: Stage; policy: string; autoscaling: string },
): void {
  const patch = (name: string, body: KubernetesRequest['body'], more: Partial<KubernetesRequest> = {}) =>
    ({ verb: 'patch', ref: ref('Deployment', name), patch: 'merge', body, preconditions: {}, ...more }) as const;
  const made = (name: string, replicas = 1) =>
    at().stage('POST', '/apis/apps/v1/namespaces/default/deployments', deployment(name, replicas));
  const live = (name: string) => at().stage('GET', `/apis/apps/v1/namespaces/default/deployments/${name}`);

  test('reads one object with kind and version, without managedFields; 404 is an answer', async () => {
    await made('read');
    const { kubernetes } = at();
    const answer = await kubernetes.ask({ kind: 'Object', ref: ref('Deployment', 'read') });
    expect(answer.found).toBe(true);
    expect(answer.objects[0]).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 1 } });
    expect(answer.objects[0]?.['metadata']).not.toHaveProperty('managedFields');
    const nothing = await kubernetes.ask({ kind: 'Object', ref: ref('Deployment', 'nobody') });
    expect(nothing).toMatchObject({ found: false, objects: [] });
    const claims = { kind: 'List', of: 'PersistentVolumeClaim', namespace: 'default', limit: 5 } as const;
    expect(await kubernetes.ask(claims)).toMatchObject({ found: false, objects: [] });
  });

  test('a field selector that the server does not know is an answer with an error', async () => {
    const query = {
      kind: 'List',
      of: 'Pod',
      namespace: 'default',
      fieldSelector: 'spec.nonsense=1',
      limit: 5,
    } as const;
    expect((await at().kubernetes.ask(query)).error).toMatch(/spec\.nonsense/);
  });

  test('a merge patch carries our field manager; its dry run changes nothing', async () => {
    const before = await made('patched');
    const { kubernetes } = at();
    const dry = await kubernetes.send(patch('patched', { spec: { replicas: 3 } }), { dryRun: true });
    expect(dry).toMatchObject({ status: 200, reason: '', object: { spec: { replicas: 3 } } });
    expect((await live('patched'))['spec']).toMatchObject({ replicas: 1 });
    const { uid } = metadata(before);
    const wet = await kubernetes.send(patch('patched', { spec: { replicas: 3 } }, { preconditions: { uid } }), {
      dryRun: false,
    });
    expect(wet).toMatchObject({ status: 200, object: { spec: { replicas: 3 } } });
    const managers = (metadata(await live('patched')) as unknown as { managedFields: { manager: string }[] })
      .managedFields;
    expect(managers.map((one) => one.manager)).toContain('kubewise');
  });

  test('a strategic patch merges containers by name and adds an annotation', async () => {
    await made('strategic');
    const body = {
      metadata: { annotations: { 'kubewise.io/action-id': 'a1' } },
      spec: { template: { spec: { containers: [{ name: 'main', resources: { limits: { memory: '256Mi' } } }] } } },
    };
    const answer = await at().kubernetes.send(patch('strategic', body, { patch: 'strategic' }), { dryRun: false });
    expect(answer.status).toBe(200);
    const spec = (await live('strategic'))['spec'] as { template: { spec: { containers: unknown[] } } };
    expect(spec.template.spec.containers[0]).toMatchObject({
      image: 'registry.example/web:1',
      resources: { limits: { cpu: '200m', memory: '256Mi' }, requests: { memory: '64Mi' } },
    });
  });

  test('409 has its meanings: a stale version is Conflict, an existing name AlreadyExists', async () => {
    await made('stale');
    const { kubernetes } = at();
    const stale = patch('stale', { spec: { replicas: 2 } }, { preconditions: { resourceVersion: '1' } });
    expect(await kubernetes.send(stale, { dryRun: false })).toMatchObject({ status: 409, reason: 'Conflict' });
    const create: KubernetesRequest = {
      ...{ verb: 'create', ref: ref('Deployment', 'stale'), preconditions: {} },
      body: deployment('stale', 1),
    };
    expect(await kubernetes.send(create, { dryRun: false })).toMatchObject({ status: 409, reason: 'AlreadyExists' });
  });

  test('422 has its meanings: another uid is TargetReplaced, a failed test TestFailed, a bad value Invalid', async () => {
    await made('wrong');
    const { kubernetes } = at();
    const other = patch('wrong', { spec: { replicas: 2 } }, { preconditions: { uid: 'not-this-one' } });
    expect(await kubernetes.send(other, { dryRun: false })).toMatchObject({ status: 422, reason: 'TargetReplaced' });
    const failing = [
      { op: 'test', path: '/metadata/uid', value: 'not-this-one' },
      { op: 'replace', path: '/spec/replicas', value: 2 },
    ];
    const json = patch('wrong', failing, { patch: 'json' });
    expect(await kubernetes.send(json, { dryRun: false })).toMatchObject({ status: 422, reason: 'TestFailed' });
    const limits = {
      spec: { template: { spec: { containers: [{ name: 'main', resources: { limits: { memory: '1Mi' } } }] } } },
    };
    const invalid = await kubernetes.send(patch('wrong', limits, { patch: 'strategic' }), { dryRun: true });
    expect(invalid).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(invalid.message).toMatch(/resources\.requests/);
  });

  test('404 to a write is NotFound', async () => {
    const answer = await at().kubernetes.send(patch('nobody', { spec: { replicas: 2 } }), { dryRun: true });
    expect(answer).toMatchObject({ status: 404, reason: 'NotFound', object: undefined });
  });

  test('a pod is deleted by uid only; a dry run leaves it', async () => {
    const { kubernetes, stage } = at();
    const { uid } = metadata(await stage('POST', '/api/v1/namespaces/default/pods', pod('victim')));
    const remove = (precondition: string): KubernetesRequest => ({
      ...{ verb: 'delete', ref: ref('Pod', 'victim'), gracePeriodSeconds: 0 },
      preconditions: { uid: precondition },
    });
    expect(await kubernetes.send(remove('other'), { dryRun: false })).toMatchObject({
      status: 409,
      reason: 'Conflict',
    });
    expect((await kubernetes.send(remove(uid), { dryRun: true })).status).toBe(200);
    expect((await kubernetes.ask({ kind: 'Object', ref: ref('Pod', 'victim') })).found).toBe(true);
    expect((await kubernetes.send(remove(uid), { dryRun: false })).status).toBe(200);
    expect((await kubernetes.ask({ kind: 'Object', ref: ref('Pod', 'victim') })).found).toBe(false);
    expect(await kubernetes.send(remove(uid), { dryRun: false })).toMatchObject({ status: 404, reason: 'NotFound' });
  });

  test('an eviction that a budget forbids says DisruptionBudget and the numbers; two budgets are no retry', async () => {
    const { kubernetes, stage, policy } = at();
    const { uid } = metadata(await stage('POST', '/api/v1/namespaces/default/pods', pod('guarded')));
    await stage('PATCH', '/api/v1/namespaces/default/pods/guarded/status', {
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const budgets = `/apis/${policy}/namespaces/default/poddisruptionbudgets`;
    const budget = (name: string) => ({
      apiVersion: policy,
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
    });
    await stage('POST', budgets, budget('one'));
    const evict: KubernetesRequest = { verb: 'evict', ref: ref('Pod', 'guarded'), preconditions: { uid } };
    const refused = await kubernetes.send(evict, { dryRun: true });
    expect(refused).toMatchObject({ status: 429, reason: 'DisruptionBudget' });
    await stage('POST', budgets, budget('two'));
    expect(await kubernetes.send(evict, { dryRun: false })).toMatchObject({
      status: 500,
      reason: 'SeveralDisruptionBudgets',
    });
    await stage('DELETE', `${budgets}/one`);
    await stage('DELETE', `${budgets}/two`);
    expect((await kubernetes.send(evict, { dryRun: true })).status).toBeLessThan(300);
    expect((await kubernetes.ask({ kind: 'Object', ref: ref('Pod', 'guarded') })).found).toBe(true);
    expect((await kubernetes.send(evict, { dryRun: false })).status).toBe(201);
  });

  test('reads an autoscaler in the shape of autoscaling/v2, whatever the server speaks', async () => {
    await made('scaled');
    const { kubernetes, stage, autoscaling } = at();
    const target = { type: 'Utilization', averageUtilization: 70 };
    const wanted =
      autoscaling === 'autoscaling/v1'
        ? { targetCPUUtilizationPercentage: 70 }
        : { metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] };
    await stage('POST', `/apis/${autoscaling}/namespaces/default/horizontalpodautoscalers`, {
      apiVersion: autoscaling,
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'scaled', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled' },
        ...{ minReplicas: 1, maxReplicas: 4, ...wanted },
      },
    });
    const answer = await kubernetes.ask({ kind: 'Object', ref: ref('HorizontalPodAutoscaler', 'scaled') });
    expect(answer.objects[0]).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: {
        maxReplicas: 4,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } }],
      },
    });
  });

  test('knows its rights and the server', async () => {
    const { kubernetes } = at();
    const permission = { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'default' };
    expect(await kubernetes.allowed(permission)).toBe(true);
    expect((await kubernetes.ping()).version).toMatch(/^v1\./);
    expect(await kubernetes.clusterUid()).toMatch(/^[0-9a-f-]{36}$/);
  });
}
