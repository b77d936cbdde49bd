import assert from 'node:assert/strict';
import { configMap, expectStatus, merge, pod, rvOf, type Row, type Trial } from '../row.ts';
import type { KubeObject } from '../../runtime.ts';

const wrongUid = '00000000-0000-0000-0000-000000000000';
const ownedBy = (owner: KubeObject, block = true): KubeObject => ({
  ownerReferences: [
    {
      apiVersion: 'v1',
      kind: owner['kind'] ?? 'ConfigMap',
      name: owner['metadata'].name,
      uid: owner['metadata'].uid,
      blockOwnerDeletion: block,
      controller: true,
    },
  ],
});
const gone = (t: Trial, path: string): Promise<unknown> => t.eventually(path, (reply) => reply.status === 404);

/** A pod on a node, so that its deletion waits for a kubelet. */
async function placed(t: Trial, name: string): Promise<KubeObject> {
  await t.made(t.core('pods'), pod(name));
  const bound = await t.post(t.core(`pods/${name}/binding`), {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name },
    target: { apiVersion: 'v1', kind: 'Node', name: 'no-node' },
  });
  expectStatus(bound, 201);
  return t.read(t.core(`pods/${name}`));
}

/** Deletion: preconditions, grace, finalizers, propagation, collections, namespaces. */
export const deleteRows: readonly Row[] = [
  {
    id: 'delete-status',
    says: 'delete answers 200 with a Status that names the object and its uid; then it is gone',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a'));
      const reply = await t.del(t.core('configmaps/a'));
      expectStatus(reply, 200);
      assert.equal(reply.body['status'], 'Success');
      assert.deepEqual(reply.body['details'], { name: 'a', kind: 'configmaps', uid: made['metadata'].uid });
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
      expectStatus(await t.del(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
  {
    id: 'delete-uid-precondition',
    says: 'a wrong uid precondition is 409 naming both uids and the object stays; the right one deletes',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a'));
      const reply = await t.del(t.core('configmaps/a'), { preconditions: { uid: wrongUid } });
      expectStatus(reply, 409, 'Conflict');
      assert.ok(
        String(reply.body['message']).includes(wrongUid) &&
          String(reply.body['message']).includes(made['metadata'].uid as string),
        reply.text,
      );
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
      expectStatus(await t.del(t.core('configmaps/a'), { preconditions: { uid: made['metadata'].uid } }), 200);
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
  {
    id: 'delete-rv-precondition',
    says: 'a stale resourceVersion precondition is 409 and the object stays',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a'));
      const second = await t.patch(t.core('configmaps/a'), { data: { k: '1' } }, merge);
      expectStatus(
        await t.del(t.core('configmaps/a'), { preconditions: { resourceVersion: rvOf(made) } }),
        409,
        'Conflict',
      );
      assert.deepEqual(await t.read(t.core('configmaps/a')), second.body);
      expectStatus(await t.del(t.core('configmaps/a'), { preconditions: { resourceVersion: rvOf(second.body) } }), 200);
    },
  },
  {
    id: 'delete-finalizer',
    says: 'a finalizer keeps a deleted object, marked, until it is removed',
    async run(t) {
      await t.made(t.core('configmaps'), configMap('a', {}, { finalizers: ['example.com/hold'] }));
      const reply = await t.del(t.core('configmaps/a'));
      expectStatus(reply, 200);
      const held = await t.read(t.core('configmaps/a'));
      assert.ok(held['metadata'].deletionTimestamp);
      assert.equal(held['metadata'].deletionGracePeriodSeconds, 0);
      expectStatus(await t.patch(t.core('configmaps/a'), { metadata: { finalizers: null } }, merge), 200);
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
  {
    id: 'no-finalizer-after-delete',
    says: 'a finalizer cannot be added to an object that is being deleted',
    async run(t) {
      await t.made(t.core('configmaps'), configMap('a', {}, { finalizers: ['example.com/hold'] }));
      await t.del(t.core('configmaps/a'));
      const held = await t.read(t.core('configmaps/a'));
      const reply = await t.patch(
        t.core('configmaps/a'),
        { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } },
        merge,
      );
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(await t.read(t.core('configmaps/a')), held);
      await t.patch(t.core('configmaps/a'), { metadata: { finalizers: null } }, merge);
    },
  },
  {
    id: 'delete-unscheduled-pod',
    says: 'a pod without a node is deleted at once; the answer is the pod',
    async run(t) {
      await t.made(t.core('pods'), pod('p'));
      const reply = await t.del(t.core('pods/p'));
      expectStatus(reply, 200);
      assert.equal(reply.body['kind'], 'Pod');
      expectStatus(await t.get(t.core('pods/p')), 404, 'NotFound');
    },
  },
  {
    id: 'delete-pod-grace',
    says: 'a pod on a node is marked with its grace period; grace 0 with its uid ends it',
    async run(t) {
      const made = await placed(t, 'p');
      const reply = await t.del(t.core('pods/p'));
      expectStatus(reply, 200);
      assert.equal(reply.body['metadata'].deletionGracePeriodSeconds, 30);
      const marked = await t.read(t.core('pods/p'));
      assert.ok(marked['metadata'].deletionTimestamp);
      assert.equal(marked['metadata'].uid, made['metadata'].uid);
      expectStatus(
        await t.del(t.core('pods/p'), { gracePeriodSeconds: 0, preconditions: { uid: made['metadata'].uid } }),
        200,
      );
      expectStatus(await t.get(t.core('pods/p')), 404, 'NotFound');
    },
  },
  {
    id: 'delete-pod-shorter-grace',
    says: 'a second delete can shorten the grace period, not lengthen it',
    async run(t) {
      await placed(t, 'p');
      await t.del(t.core('pods/p'), { gracePeriodSeconds: 20 });
      await t.del(t.core('pods/p'), { gracePeriodSeconds: 10 });
      assert.equal((await t.read(t.core('pods/p')))['metadata'].deletionGracePeriodSeconds, 10);
      await t.del(t.core('pods/p'), { gracePeriodSeconds: 50 });
      assert.equal((await t.read(t.core('pods/p')))['metadata'].deletionGracePeriodSeconds, 10);
      await t.del(t.core('pods/p'), { gracePeriodSeconds: 0 });
    },
  },
  {
    id: 'binding-twice',
    says: 'a bound pod has its node; binding it again is 409',
    async run(t) {
      const made = await placed(t, 'p');
      assert.equal(made['spec'].nodeName, 'no-node');
      const again = await t.post(t.core('pods/p/binding'), {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p' },
        target: { kind: 'Node', name: 'other' },
      });
      expectStatus(again, 409, 'Conflict');
      assert.equal((await t.read(t.core('pods/p')))['spec'].nodeName, 'no-node');
      await t.del(t.core('pods/p'), { gracePeriodSeconds: 0 });
    },
  },
  {
    id: 'gc-background',
    says: 'background deletion takes the owner at once and the dependents after it',
    async run(t) {
      const owner = await t.made(t.core('configmaps'), configMap('owner'));
      await t.made(t.core('configmaps'), configMap('child', {}, ownedBy(owner)));
      expectStatus(await t.del(t.core('configmaps/owner'), { propagationPolicy: 'Background' }), 200);
      expectStatus(await t.get(t.core('configmaps/owner')), 404, 'NotFound');
      await gone(t, t.core('configmaps/child'));
    },
  },
  {
    id: 'gc-foreground',
    says: 'foreground deletion holds the owner by a finalizer until blocking dependents are gone',
    async run(t) {
      const owner = await t.made(t.core('configmaps'), configMap('owner'));
      await t.made(
        t.core('configmaps'),
        configMap('child', {}, { ...ownedBy(owner), finalizers: ['example.com/hold'] }),
      );
      await new Promise((resolve) => setTimeout(resolve, t.target.name === 'real' ? 1000 : 0));
      const reply = await t.del(t.core('configmaps/owner'), { propagationPolicy: 'Foreground' });
      expectStatus(reply, 200);
      await t.eventually(
        t.core('configmaps/child'),
        (child) => child.body['metadata']?.deletionTimestamp !== undefined,
      );
      const held = await t.read(t.core('configmaps/owner'));
      assert.deepEqual(held['metadata'].finalizers, ['foregroundDeletion']);
      assert.ok(held['metadata'].deletionTimestamp);
      await t.patch(t.core('configmaps/child'), { metadata: { finalizers: null } }, merge);
      await gone(t, t.core('configmaps/owner'));
    },
  },
  {
    id: 'gc-orphan',
    says: 'orphan deletion takes the owner and leaves the dependents without the reference',
    async run(t) {
      const owner = await t.made(t.core('configmaps'), configMap('owner'));
      await t.made(t.core('configmaps'), configMap('child', { k: 'v' }, ownedBy(owner)));
      await new Promise((resolve) => setTimeout(resolve, t.target.name === 'real' ? 1000 : 0));
      expectStatus(await t.del(t.core('configmaps/owner'), { propagationPolicy: 'Orphan' }), 200);
      await gone(t, t.core('configmaps/owner'));
      const child = await t.read(t.core('configmaps/child'));
      assert.equal(child['metadata'].ownerReferences, undefined);
      assert.deepEqual(child['data'], { k: 'v' });
    },
  },
  {
    id: 'deletecollection',
    says: 'deletecollection with a selector deletes what matches and nothing else',
    async run(t) {
      for (const name of ['a', 'b'])
        await t.made(t.core('configmaps'), configMap(name, {}, { labels: { doomed: 'yes' } }));
      const kept = await t.made(t.core('configmaps'), configMap('c'));
      expectStatus(await t.del(`${t.core('configmaps')}?labelSelector=doomed%3Dyes`), 200);
      for (const name of ['a', 'b']) expectStatus(await t.get(t.core(`configmaps/${name}`)), 404, 'NotFound');
      assert.deepEqual(await t.read(t.core('configmaps/c')), kept);
    },
  },
  {
    id: 'namespace-deletion',
    says: 'a deleted namespace is Terminating, refuses new content with cause NamespaceTerminating, and goes when it is empty',
    async run(t) {
      const name = `${t.ns}-b`;
      await t.made('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      const inside = `/api/v1/namespaces/${name}/configmaps`;
      await t.made(inside, configMap('a', {}, { finalizers: ['example.com/hold'] }));
      expectStatus(await t.del(`/api/v1/namespaces/${name}`), 200);
      assert.equal((await t.read(`/api/v1/namespaces/${name}`))['status'].phase, 'Terminating');
      const refused = await t.post(inside, configMap('b'));
      expectStatus(refused, 403, 'Forbidden');
      assert.equal(refused.body['details'].causes[0].reason, 'NamespaceTerminating');
      await t.eventually(`${inside}/a`, (reply) => reply.body['metadata']?.deletionTimestamp !== undefined);
      await t.patch(`${inside}/a`, { metadata: { finalizers: null } }, merge);
      await gone(t, `/api/v1/namespaces/${name}`);
    },
  },
  {
    id: 'pvc-protection',
    says: 'a deleted claim that a pod uses stays, marked, until the pod is gone',
    async run(t) {
      await t.made(t.core('persistentvolumeclaims'), {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      });
      await t.made(
        t.core('pods'),
        pod('p', { nodeName: 'no-node', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }),
      );
      await t.del(t.core('persistentvolumeclaims/data'));
      await new Promise((resolve) => setTimeout(resolve, t.target.name === 'real' ? 700 : 50));
      assert.ok((await t.read(t.core('persistentvolumeclaims/data')))['metadata'].deletionTimestamp);
      await t.del(t.core('pods/p'), { gracePeriodSeconds: 0 });
      await gone(t, t.core('persistentvolumeclaims/data'));
    },
  },
];
