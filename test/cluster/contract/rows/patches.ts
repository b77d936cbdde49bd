import assert from 'node:assert/strict';
import {
  causesOf,
  configMap,
  deployment,
  deployments,
  expectStatus,
  jsonPatch,
  merge,
  rvOf,
  settled,
  strategic,
  type Row,
} from '../row.ts';
import type { KubeObject } from '../../runtime.ts';

const containersOf = (object: KubeObject): KubeObject[] => object['spec'].template.spec.containers as KubeObject[];

/** JSON patch, merge patch, strategic merge patch. */
export const patchRows: readonly Row[] = [
  {
    id: 'patch-needs-known-type',
    says: 'an unknown media type is 415 and changes nothing',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      expectStatus(
        await t.patch(t.core('configmaps/a'), { data: { k: '2' } }, 'application/x-unknown'),
        415,
        'UnsupportedMediaType',
      );
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'json-patch-object-body',
    says: 'an object as JSON patch body is 400',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const reply = await t.patch(t.core('configmaps/a'), { data: { k: '2' } }, jsonPatch);
      expectStatus(reply, 400, 'BadRequest');
      assert.match(String(reply.body['message']), /cannot unmarshal object into Go value of type jsonpatch.Patch/);
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'json-patch-ops',
    says: 'JSON patch adds, replaces, moves and copies; ~1 stands for a slash, which no key of a ConfigMap may have (422)',
    async run(t) {
      await t.made(t.core('configmaps'), configMap('a', { one: '1', two: '2' }));
      const steps = [
        { op: 'test', path: '/data/one', value: '1' },
        { op: 'add', path: '/data/a~1b', value: 'slash' },
        { op: 'replace', path: '/data/one', value: 'new' },
        { op: 'move', from: '/data/two', path: '/data/three' },
        { op: 'copy', from: '/data/one', path: '/data/four' },
      ];
      const reply = await t.patch(t.core('configmaps/a'), steps, jsonPatch);
      expectStatus(reply, 422, 'Invalid');
      assert.equal(causesOf(reply)[0]?.['field'], 'data[a/b]');
      const allowed = steps.filter((step) => step.path !== '/data/a~1b');
      const second = await t.patch(t.core('configmaps/a'), allowed, jsonPatch);
      expectStatus(second, 200);
      assert.deepEqual((await t.read(t.core('configmaps/a')))['data'], { one: 'new', three: '2', four: 'new' });
    },
  },
  {
    id: 'json-patch-test-fails',
    says: 'a JSON patch `test` that does not hold is 422 and nothing is changed',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const steps = [
        { op: 'test', path: '/data/k', value: 'other' },
        { op: 'replace', path: '/data/k', value: '2' },
      ];
      expectStatus(await t.patch(t.core('configmaps/a'), steps, jsonPatch), 422, 'Invalid');
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'json-patch-test-rv',
    says: 'a JSON patch `test` on resourceVersion is a compare-and-swap',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const steps = (rv: string): unknown => [
        { op: 'test', path: '/metadata/resourceVersion', value: rv },
        { op: 'replace', path: '/data/k', value: '2' },
      ];
      expectStatus(await t.patch(t.core('configmaps/a'), steps(rvOf(made)), jsonPatch), 200);
      expectStatus(await t.patch(t.core('configmaps/a'), steps(rvOf(made)), jsonPatch), 422, 'Invalid');
      assert.deepEqual((await t.read(t.core('configmaps/a')))['data'], { k: '2' });
    },
  },
  {
    id: 'json-patch-missing-path',
    says: 'removing a key that is not there is 422; replacing it sets it',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      expectStatus(
        await t.patch(t.core('configmaps/a'), [{ op: 'remove', path: '/data/none' }], jsonPatch),
        422,
        'Invalid',
      );
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
      const set = [{ op: 'replace', path: '/data/none', value: 'x' }];
      expectStatus(await t.patch(t.core('configmaps/a'), set, jsonPatch), 200);
      assert.deepEqual((await t.read(t.core('configmaps/a')))['data'], { k: '1', none: 'x' });
    },
  },
  {
    id: 'merge-patch-null',
    says: 'null in a merge patch removes, lists are replaced',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      await t.patch(`${deployments(t)}/a`, { metadata: { annotations: { x: '1', y: '2' } } }, merge);
      const reply = await t.patch(
        `${deployments(t)}/a`,
        {
          metadata: { annotations: { x: null } },
          spec: { template: { spec: { containers: [{ name: 'other', image: 'i:2' }] } } },
        },
        merge,
      );
      expectStatus(reply, 200);
      const read = await t.read(`${deployments(t)}/a`);
      assert.equal(read['metadata'].annotations.y, '2');
      assert.equal('x' in read['metadata'].annotations, false);
      assert.deepEqual(
        containersOf(read).map((one) => one['name']),
        ['other'],
      );
    },
  },
  {
    id: 'merge-patch-stale-rv',
    says: 'a stale resourceVersion in a merge patch body is 409 Conflict; the current one passes',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const second = await t.patch(
        t.core('configmaps/a'),
        { metadata: { resourceVersion: rvOf(made) }, data: { k: '2' } },
        merge,
      );
      expectStatus(second, 200);
      const stale = await t.patch(
        t.core('configmaps/a'),
        { metadata: { resourceVersion: rvOf(made) }, data: { k: '3' } },
        merge,
      );
      expectStatus(stale, 409, 'Conflict');
      assert.deepEqual(await t.read(t.core('configmaps/a')), second.body);
    },
  },
  {
    id: 'patch-wrong-uid',
    says: 'a patch body with another uid is 409 or 422 and changes nothing; the right uid passes',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const wrong = await t.patch(
        t.core('configmaps/a'),
        { metadata: { uid: '00000000-0000-0000-0000-000000000000' }, data: { k: '2' } },
        merge,
      );
      expectStatus(wrong, 422, 'Invalid');
      assert.equal(causesOf(wrong)[0]?.['field'], 'metadata.uid');
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
      expectStatus(
        await t.patch(t.core('configmaps/a'), { metadata: { uid: made['metadata'].uid }, data: { k: '2' } }, merge),
        200,
      );
    },
  },
  {
    id: 'strategic-merges-by-key',
    says: 'a strategic patch merges containers and env by name and leaves the rest',
    async run(t) {
      const template = {
        metadata: { labels: { app: 'a' } },
        spec: {
          containers: [
            { name: 'c', image: 'i:1', env: [{ name: 'A', value: '1' }] },
            { name: 'd', image: 'j:1' },
          ],
        },
      };
      await t.made(deployments(t), deployment('a', { template }));
      const patch = {
        spec: { template: { spec: { containers: [{ name: 'c', image: 'i:2', env: [{ name: 'B', value: '2' }] }] } } },
      };
      expectStatus(await t.patch(`${deployments(t)}/a`, patch, strategic), 200);
      const containers = containersOf(await t.read(`${deployments(t)}/a`));
      assert.deepEqual(
        containers.map((one) => [one['name'], one['image']]),
        [
          ['c', 'i:2'],
          ['d', 'j:1'],
        ],
      );
      assert.deepEqual(
        new Set((containers[0]?.['env'] as KubeObject[]).map((one) => one['name'])),
        new Set(['A', 'B']),
      );
    },
  },
  {
    id: 'strategic-delete-element',
    says: '`$patch: delete` removes a list element, `$patch: replace` replaces a map',
    async run(t) {
      const template = {
        metadata: { labels: { app: 'a' }, annotations: { one: '1' } },
        spec: {
          containers: [
            { name: 'c', image: 'i:1' },
            { name: 'd', image: 'j:1' },
          ],
        },
      };
      await t.made(deployments(t), deployment('a', { template }));
      const patch = {
        spec: {
          template: {
            metadata: { annotations: { $patch: 'replace', two: '2' } },
            spec: { containers: [{ $patch: 'delete', name: 'c' }] },
          },
        },
      };
      expectStatus(await t.patch(`${deployments(t)}/a`, patch, strategic), 200);
      const read = await t.read(`${deployments(t)}/a`);
      assert.deepEqual(
        containersOf(read).map((one) => one['name']),
        ['d'],
      );
      assert.deepEqual(read['spec'].template.metadata.annotations, { two: '2' });
    },
  },
  {
    id: 'strategic-retain-keys',
    says: '`$retainKeys` drops what the patch does not name: the way to Recreate',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
      expectStatus(await t.patch(`${deployments(t)}/a`, patch, strategic), 200);
      assert.deepEqual((await t.read(`${deployments(t)}/a`))['spec'].strategy, { type: 'Recreate' });
    },
  },
  {
    id: 'strategic-recreate-needs-retain',
    says: 'type Recreate without dropping rollingUpdate is 422',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      const before = (await settled(t, `${deployments(t)}/a`)).body;
      const reply = await t.patch(`${deployments(t)}/a`, { spec: { strategy: { type: 'Recreate' } } }, strategic);
      expectStatus(reply, 422, 'Invalid');
      assert.equal(causesOf(reply)[0]?.['field'], 'spec.strategy.rollingUpdate');
      assert.deepEqual(await t.read(`${deployments(t)}/a`), before);
    },
  },
  {
    id: 'strategic-primitive-list',
    says: 'finalizers merge as a set and `$deleteFromPrimitiveList` takes one out',
    async run(t) {
      await t.made(t.core('configmaps'), configMap('a', {}, { finalizers: ['example.com/one'] }));
      await t.patch(t.core('configmaps/a'), { metadata: { finalizers: ['example.com/two'] } }, strategic);
      assert.deepEqual(
        new Set((await t.read(t.core('configmaps/a')))['metadata'].finalizers as string[]),
        new Set(['example.com/one', 'example.com/two']),
      );
      await t.patch(
        t.core('configmaps/a'),
        { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/one'] } },
        strategic,
      );
      assert.deepEqual((await t.read(t.core('configmaps/a')))['metadata'].finalizers, ['example.com/two']);
      await t.patch(t.core('configmaps/a'), { metadata: { finalizers: null } }, merge);
    },
  },
  {
    id: 'patch-missing',
    says: 'patching what is not there is 404',
    async run(t) {
      expectStatus(await t.patch(t.core('configmaps/none'), { data: {} }, merge), 404, 'NotFound');
      expectStatus(await t.get(t.core('configmaps/none')), 404, 'NotFound');
    },
  },
  {
    id: 'scale-patch',
    says: '/scale reads and patches replicas; the workload has the new number and the next generation',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      const before = (await settled(t, `${deployments(t)}/a`)).body;
      const scale = await t.read(`${deployments(t)}/a/scale`);
      assert.equal(scale['kind'], 'Scale');
      assert.equal(scale['apiVersion'], 'autoscaling/v1');
      assert.equal(scale['status'].selector, 'app=a');
      const reply = await t.patch(`${deployments(t)}/a/scale`, { spec: { replicas: 3 } }, merge);
      expectStatus(reply, 200);
      assert.equal(reply.body['spec'].replicas, 3);
      const after = await t.read(`${deployments(t)}/a`);
      assert.equal(after['spec'].replicas, 3);
      assert.equal(after['metadata'].generation, Number(before['metadata'].generation) + 1);
    },
  },
  {
    id: 'scale-stale-rv',
    says: 'a stale resourceVersion in a /scale patch or PUT is 409; a PUT without one is 200',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      const stale = rvOf((await settled(t, `${deployments(t)}/a`)).body);
      await t.patch(`${deployments(t)}/a`, { metadata: { labels: { touched: 'yes' } } }, merge);
      expectStatus(
        await t.patch(
          `${deployments(t)}/a/scale`,
          { metadata: { resourceVersion: stale }, spec: { replicas: 3 } },
          merge,
        ),
        409,
        'Conflict',
      );
      const scale = (rv?: string): KubeObject => ({
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'a', namespace: t.ns, ...(rv && { resourceVersion: rv }) },
        spec: { replicas: 2 },
      });
      expectStatus(await t.put(`${deployments(t)}/a/scale`, scale(stale)), 409, 'Conflict');
      assert.equal((await t.read(`${deployments(t)}/a`))['spec'].replicas, 0);
      expectStatus(await t.put(`${deployments(t)}/a/scale`, scale()), 200);
      assert.equal((await t.read(`${deployments(t)}/a`))['spec'].replicas, 2);
    },
  },
  {
    id: 'scale-dry-run',
    says: 'a dry-run /scale answers the new number and stores nothing',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      await settled(t, `${deployments(t)}/a`);
      const reply = await t.patch(`${deployments(t)}/a/scale?dryRun=All`, { spec: { replicas: 3 } }, merge);
      expectStatus(reply, 200);
      assert.equal(reply.body['spec'].replicas, 3);
      assert.equal((await t.read(`${deployments(t)}/a`))['spec'].replicas, 0);
    },
  },
  {
    id: 'restart-annotation',
    says: 'the restart annotation on the template is a new generation, repeating it is a no-op',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      await settled(t, `${deployments(t)}/a`);
      const patch = {
        spec: {
          template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' } } },
        },
      };
      const first = await t.patch(`${deployments(t)}/a`, patch, strategic);
      assert.equal(first.body['metadata'].generation, 2);
      await settled(t, `${deployments(t)}/a`);
      const again = await t.patch(`${deployments(t)}/a`, patch, strategic);
      assert.equal(again.body['metadata'].generation, 2);
      assert.equal((await t.read(`${deployments(t)}/a`))['metadata'].generation, 2);
    },
  },
];
