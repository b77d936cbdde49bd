import assert from 'node:assert/strict';
import { apply, causesOf, expectStatus, merge, pod, strategic, type Row, type Trial } from '../row.ts';
import type { KubeObject } from '../../runtime.ts';

const definition = (group: string): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `clusters.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'clusters', singular: 'cluster', kind: 'Cluster' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['instances'],
                properties: { instances: { type: 'integer', minimum: 1 }, mode: { type: 'string', default: 'async' } },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
});

/** Registers a definition of its own group and waits until it is served. */
async function served(t: Trial): Promise<{ readonly path: string; readonly version: string }> {
  const group = `${t.ns}.example.com`;
  await t.made('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition(group));
  const path = t.group(`${group}/v1`, 'clusters');
  await t.eventually(path, (reply) => reply.status === 200);
  return { path, version: `${group}/v1` };
}
const forget = (t: Trial): Promise<unknown> =>
  t.del(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clusters.${t.ns}.example.com`);

/** Discovery, health, subresources, custom resources. */
export const surfaceRows: readonly Row[] = [
  {
    id: 'crd-protected-group',
    says: 'a definition in a group of k8s.io without an approval is refused with 422',
    async run(t) {
      const group = `${t.ns}.k8s.io`;
      const reply = await t.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition(group));
      expectStatus(reply, 422, 'Invalid');
      const [cause] = causesOf(reply);
      assert.equal(cause?.['reason'], 'FieldValueRequired');
      assert.equal(cause?.['field'], 'metadata.annotations[api-approved.kubernetes.io]');
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clusters.${group}`;
      assert.equal((await t.get(path)).status, 404);
    },
  },
  {
    id: 'health',
    says: '/readyz, /livez and /version answer',
    async run(t) {
      for (const path of ['/readyz', '/livez']) assert.equal((await t.get(path)).text, 'ok');
      assert.equal((await t.read('/version'))['major'], '1');
    },
  },
  {
    id: 'discovery',
    says: '/apis lists the groups, /apis/apps/v1 the kinds with verbs and scale',
    async run(t) {
      const groups = ((await t.read('/apis'))['groups'] as KubeObject[]).map((one) => one['name'] as string);
      for (const name of [
        'apps',
        'batch',
        'autoscaling',
        'policy',
        'networking.k8s.io',
        'coordination.k8s.io',
        'rbac.authorization.k8s.io',
        'authorization.k8s.io',
        'authentication.k8s.io',
        'events.k8s.io',
        'discovery.k8s.io',
        'storage.k8s.io',
      ])
        assert.ok(groups.includes(name), name);
      const resources = (await t.read('/apis/apps/v1'))['resources'] as KubeObject[];
      const found = resources.find((one) => one['name'] === 'deployments');
      assert.deepEqual(found?.['verbs'], [
        'create',
        'delete',
        'deletecollection',
        'get',
        'list',
        'patch',
        'update',
        'watch',
      ]);
      assert.deepEqual(found['shortNames'], ['deploy']);
      const scale = resources.find((one) => one['name'] === 'deployments/scale');
      assert.deepEqual([scale?.['kind'], scale?.['group'], scale?.['version']], ['Scale', 'autoscaling', 'v1']);
    },
  },
  {
    id: 'unknown-path',
    says: 'an unknown kind is 404',
    async run(t) {
      const reply = await t.get(t.core('nonsense'));
      assert.equal(reply.status, 404);
    },
  },
  {
    id: 'method-not-allowed',
    says: 'a verb that a kind does not have is 405',
    async run(t) {
      expectStatus(await t.get('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'), 405, 'MethodNotAllowed');
    },
  },
  {
    id: 'logs-need-a-container',
    says: 'logs of a pod with several containers need one named: 400 lists them',
    async run(t) {
      await t.made(
        t.core('pods'),
        pod('p', {
          containers: [
            { name: 'one', image: 'i:1' },
            { name: 'two', image: 'i:1' },
          ],
        }),
      );
      const reply = await t.get(t.core('pods/p/log'));
      expectStatus(reply, 400, 'BadRequest');
      assert.match(
        String(reply.body['message']),
        /a container name must be specified for pod p, choose one of: \[one two\]/,
      );
      expectStatus(await t.get(t.core('pods/p/log?container=three')), 400, 'BadRequest');
    },
  },
  {
    id: 'lease-microtime',
    says: 'a lease keeps its MicroTime with six digits',
    async run(t) {
      const path = t.group('coordination.k8s.io/v1', 'leases');
      const spec = {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        renewTime: '2026-01-01T00:00:00.123456Z',
        acquireTime: '2026-01-01T00:00:00.000000Z',
      };
      await t.made(path, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec });
      assert.deepEqual((await t.read(`${path}/l`))['spec'], spec);
    },
  },
  {
    id: 'lease-bad-time',
    says: 'a timestamp that is none is 400',
    async run(t) {
      const path = t.group('coordination.k8s.io/v1', 'leases');
      expectStatus(
        await t.post(path, {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: 'l' },
          spec: { renewTime: 'yesterday' },
        }),
        400,
        'BadRequest',
      );
      expectStatus(await t.get(`${path}/l`), 404, 'NotFound');
    },
  },
  {
    id: 'wrong-type',
    says: 'a value of the wrong JSON type is 400 and nothing is stored',
    async run(t) {
      expectStatus(
        await t.post(t.core('configmaps'), {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'a' },
          data: { k: 5 },
        }),
        400,
        'BadRequest',
      );
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
  {
    id: 'custom-resource',
    says: 'a custom resource is served after its definition: defaults, generation, status apart, unknown fields dropped',
    async run(t) {
      const { path, version } = await served(t);
      const made = await t.made(path, {
        apiVersion: version,
        kind: 'Cluster',
        metadata: { name: 'db' },
        spec: { instances: 3, nonsense: 1 },
        status: { phase: 'ignored' },
      });
      assert.deepEqual(made['spec'], { instances: 3, mode: 'async' });
      assert.equal(made['metadata'].generation, 1);
      assert.equal(made['status'], undefined);
      expectStatus(await t.patch(`${path}/db/status`, { status: { phase: 'Ready' } }, merge), 200);
      const changed = await t.patch(`${path}/db`, { spec: { instances: 4 } }, merge);
      assert.equal(changed.body['metadata'].generation, 2);
      const list = await t.read(path);
      assert.equal(list['kind'], 'ClusterList');
      assert.equal(list['items'][0].kind, 'Cluster');
      assert.equal((await t.read(`${path}/db`))['status'].phase, 'Ready');
      await forget(t);
    },
  },
  {
    id: 'custom-resource-schema',
    says: 'a custom resource that does not fit its schema is 422 with the field',
    async run(t) {
      const { path, version } = await served(t);
      const post = (spec: KubeObject): ReturnType<Trial['post']> =>
        t.post(path, { apiVersion: version, kind: 'Cluster', metadata: { name: 'db' }, spec });
      const missing = await post({});
      expectStatus(missing, 422, 'Invalid');
      assert.equal(missing.body['details'].causes[0].field, 'spec.instances');
      expectStatus(await post({ instances: 'three' }), 422, 'Invalid');
      expectStatus(await post({ instances: 0 }), 422, 'Invalid');
      expectStatus(await t.get(`${path}/db`), 404, 'NotFound');
      await forget(t);
    },
  },
  {
    id: 'custom-resource-patch-types',
    says: 'strategic merge of a custom resource is 415; merge patch and apply work',
    async run(t) {
      const { path, version } = await served(t);
      await t.made(path, { apiVersion: version, kind: 'Cluster', metadata: { name: 'db' }, spec: { instances: 1 } });
      expectStatus(await t.patch(`${path}/db`, { spec: { instances: 2 } }, strategic), 415, 'UnsupportedMediaType');
      expectStatus(await t.patch(`${path}/db`, { spec: { instances: 2 } }, merge), 200);
      const body = { apiVersion: version, kind: 'Cluster', metadata: { name: 'db' }, spec: { mode: 'sync' } };
      expectStatus(await t.patch(`${path}/db?fieldManager=gitops`, body, apply), 409, 'Conflict');
      expectStatus(await t.patch(`${path}/db?fieldManager=gitops&force=true`, body, apply), 200);
      assert.deepEqual((await t.read(`${path}/db`))['spec'], { instances: 2, mode: 'sync' });
      await forget(t);
    },
  },
  {
    id: 'exec-not-implemented',
    simulatedOnly: 'a real API server would try to reach a kubelet',
    says: 'exec answers 501',
    async run(t) {
      await t.made(t.core('pods'), pod('p'));
      const reply = await t.post(t.core('pods/p/exec?command=ls'), undefined);
      assert.equal(reply.status, 501, reply.text);
      assert.equal((await t.read(t.core('pods/p')))['metadata'].name, 'p');
    },
  },
];
