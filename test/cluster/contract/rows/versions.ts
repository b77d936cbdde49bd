import assert from 'node:assert/strict';
import { configMap, deployment, expectStatus, merge, rvOf, settled, strategic, type Row } from '../row.ts';

/** resourceVersion, generation, no-op writes, dry run, names and uids. */
export const versionRows: readonly Row[] = [
  {
    id: 'create-fills-metadata',
    says: 'create answers 201 with uid, resourceVersion and creationTimestamp, and the same object can be read back',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: 'v' }));
      assert.match(String(made['metadata'].uid), /^[0-9a-f-]{36}$/);
      assert.match(String(made['metadata'].creationTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(made['metadata'].namespace, t.ns);
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'create-existing',
    says: 'creating an existing name is 409 AlreadyExists and changes nothing',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const again = await t.post(t.core('configmaps'), configMap('a', { k: '2' }));
      expectStatus(again, 409, 'AlreadyExists');
      assert.equal(again.body['message'], 'configmaps "a" already exists');
      assert.deepEqual(again.body['details'], { name: 'a', kind: 'configmaps' });
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'get-missing',
    says: 'reading what is not there is 404 NotFound with details',
    async run(t) {
      const reply = await t.get(t.group('apps/v1', 'deployments/none'));
      expectStatus(reply, 404, 'NotFound');
      assert.equal(reply.body['message'], 'deployments.apps "none" not found');
      assert.deepEqual(reply.body['details'], { name: 'none', group: 'apps', kind: 'deployments' });
    },
  },
  {
    id: 'missing-namespace',
    says: 'creating in a namespace that does not exist is 404 for the namespace',
    async run(t) {
      const reply = await t.post('/api/v1/namespaces/no-such-namespace/configmaps', configMap('a'));
      expectStatus(reply, 404, 'NotFound');
      assert.deepEqual(reply.body['details'], { name: 'no-such-namespace', kind: 'namespaces' });
    },
  },
  {
    id: 'namespace-mismatch',
    says: 'a body for another namespace is 400 and nothing is stored',
    async run(t) {
      expectStatus(await t.post(t.core('configmaps'), configMap('a', {}, { namespace: 'default' })), 400, 'BadRequest');
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
  {
    id: 'rv-on-create',
    says: 'a resourceVersion in a create is refused',
    async run(t) {
      const reply = await t.post(t.core('configmaps'), configMap('a', {}, { resourceVersion: '5' }));
      assert.equal(reply.status >= 400, true, reply.text);
      assert.match(String(reply.body['message']), /resourceVersion should not be set on objects to be created/);
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
  {
    id: 'generate-name',
    says: 'generateName gets five characters appended',
    async run(t) {
      const made = await t.made(t.core('configmaps'), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { generateName: 'gen-' },
      });
      assert.match(String(made['metadata'].name), /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      assert.equal((await t.read(t.core(`configmaps/${made['metadata'].name}`)))['metadata'].uid, made['metadata'].uid);
    },
  },
  {
    id: 'put-stale-rv',
    says: 'PUT with a stale resourceVersion is 409 Conflict and the newer object stays',
    async run(t) {
      const first = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const second = await t.patch(t.core('configmaps/a'), { data: { k: '2' } }, merge);
      const reply = await t.put(t.core('configmaps/a'), { ...first, data: { k: '3' } });
      expectStatus(reply, 409, 'Conflict');
      assert.match(
        String(reply.body['message']),
        /Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version/,
      );
      assert.deepEqual(await t.read(t.core('configmaps/a')), second.body);
    },
  },
  {
    id: 'put-fresh-rv',
    says: 'PUT with the current resourceVersion replaces the object and moves the resourceVersion on',
    async run(t) {
      const first = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const reply = await t.put(t.core('configmaps/a'), { ...first, data: { other: 'x' } });
      expectStatus(reply, 200);
      assert.deepEqual(reply.body['data'], { other: 'x' });
      assert.ok(Number(rvOf(reply.body)) > Number(rvOf(first)));
      assert.deepEqual(await t.read(t.core('configmaps/a')), reply.body);
    },
  },
  {
    id: 'put-without-rv',
    says: 'PUT without a resourceVersion has no guard',
    async run(t) {
      await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const reply = await t.put(t.core('configmaps/a'), configMap('a', { k: '2' }));
      expectStatus(reply, 200);
      assert.deepEqual((await t.read(t.core('configmaps/a')))['data'], { k: '2' });
    },
  },
  {
    id: 'put-missing',
    says: 'PUT of what is not there is 404',
    async run(t) {
      expectStatus(await t.put(t.core('configmaps/none'), configMap('none')), 404, 'NotFound');
      expectStatus(await t.get(t.core('configmaps/none')), 404, 'NotFound');
    },
  },
  {
    id: 'noop-put',
    says: 'a PUT that changes nothing keeps resourceVersion and object',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const reply = await t.put(t.core('configmaps/a'), made);
      expectStatus(reply, 200);
      assert.equal(rvOf(reply.body), rvOf(made));
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'noop-patch-no-event',
    says: 'a PATCH that changes nothing keeps resourceVersion and generation and sends no event',
    async run(t) {
      const path = t.group('networking.k8s.io/v1', 'networkpolicies');
      const made = await t.made(path, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'a' },
        spec: { podSelector: {} },
      });
      const watch = await t.watch(`${path}?watch=true&resourceVersion=${rvOf(made)}`);
      const noop = await t.patch(`${path}/a`, { spec: { podSelector: {} } }, merge);
      expectStatus(noop, 200);
      assert.equal(rvOf(noop.body), rvOf(made));
      assert.equal(noop.body['metadata'].generation, made['metadata'].generation);
      const real = await t.patch(`${path}/a`, { metadata: { labels: { x: 'y' } } }, merge);
      const events = await watch.until(1);
      watch.stop();
      assert.deepEqual(
        events.map((one) => [one.type, rvOf(one.object)]),
        [['MODIFIED', rvOf(real.body)]],
      );
    },
  },
  {
    id: 'generation',
    says: 'generation starts at 1, moves on spec changes and not on metadata or status changes',
    async run(t) {
      const path = t.group('apps/v1', 'deployments');
      const made = await t.made(path, deployment('a'));
      assert.equal(made['metadata'].generation, 1);
      const labelled = await t.patch(`${path}/a`, { metadata: { labels: { x: 'y' } } }, merge);
      assert.equal(labelled.body['metadata'].generation, 1);
      const status = await t.patch(`${path}/a/status`, { status: { observedGeneration: 1 } }, merge);
      expectStatus(status, 200);
      assert.equal(status.body['metadata'].generation, 1);
      const changed = await t.patch(`${path}/a`, { spec: { minReadySeconds: 3 } }, merge);
      assert.equal(changed.body['metadata'].generation, 2);
      assert.equal((await t.read(`${path}/a`))['metadata'].generation, 2);
    },
  },
  {
    id: 'dry-run-patch',
    says: 'a dry-run strategic patch answers 200 with the next generation and the old resourceVersion, and stores nothing',
    async run(t) {
      const path = t.group('apps/v1', 'deployments');
      await t.made(path, deployment('a'));
      const before = (await settled(t, `${path}/a`)).body;
      const reply = await t.patch(`${path}/a?dryRun=All`, { spec: { minReadySeconds: 7 } }, strategic);
      expectStatus(reply, 200);
      assert.equal(reply.body['spec'].minReadySeconds, 7);
      assert.equal(reply.body['metadata'].generation, Number(before['metadata'].generation) + 1);
      assert.equal(rvOf(reply.body), rvOf(before));
      assert.deepEqual(await t.read(`${path}/a`), before);
    },
  },
  {
    id: 'dry-run-create-delete',
    says: 'dry-run create answers 201 and dry-run delete 200; neither happens',
    async run(t) {
      expectStatus(await t.post(`${t.core('configmaps')}?dryRun=All`, configMap('a')), 201);
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
      const made = await t.made(t.core('configmaps'), configMap('b'));
      expectStatus(await t.del(`${t.core('configmaps/b')}?dryRun=All`), 200);
      assert.deepEqual(await t.read(t.core('configmaps/b')), made);
    },
  },
  {
    id: 'dry-run-validates',
    says: 'a dry run is refused for the same reasons as the real thing',
    async run(t) {
      await t.made(t.core('configmaps'), configMap('a'));
      expectStatus(await t.post(`${t.core('configmaps')}?dryRun=All`, configMap('a')), 409, 'AlreadyExists');
    },
  },
  {
    id: 'dry-run-unknown',
    says: 'dryRun=Foo is 422',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      expectStatus(await t.patch(`${t.core('configmaps/a')}?dryRun=Foo`, { data: { k: '2' } }, merge), 422, 'Invalid');
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'status-is-separate',
    says: 'a write to the main resource does not touch status, one to /status does not touch spec',
    async run(t) {
      const path = t.group('apps/v1', 'deployments');
      await t.made(path, deployment('a'));
      await settled(t, `${path}/a`);
      const main = await t.patch(`${path}/a`, { spec: { minReadySeconds: 2 }, status: { replicas: 77 } }, merge);
      assert.notEqual(main.body['status'].replicas, 77);
      const status = await t.patch(
        `${path}/a/status`,
        { spec: { minReadySeconds: 9 }, status: { collisionCount: 5 } },
        merge,
      );
      assert.equal(status.body['status'].collisionCount, 5);
      assert.equal((await t.read(`${path}/a`))['spec'].minReadySeconds, 2);
    },
  },
  {
    id: 'node-rv-counter',
    says: 'resourceVersions of different kinds come from one counter',
    async run(t) {
      const first = await t.made(t.core('configmaps'), configMap('a'));
      const second = await t.made(t.core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } });
      const third = await t.made(t.core('configmaps'), configMap('b'));
      assert.ok(Number(rvOf(first)) < Number(rvOf(second)) && Number(rvOf(second)) < Number(rvOf(third)));
    },
  },
];
