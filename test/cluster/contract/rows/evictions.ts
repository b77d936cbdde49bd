import assert from 'node:assert/strict';
import { causesOf, expectStatus, merge, pod, type Row, type Trial } from '../row.ts';
import type { Reply } from '../client.ts';
import type { KubeObject } from '../../runtime.ts';

/** Pods on a node, Running and Ready as a kubelet would report them. */
async function readyPods(t: Trial, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await t.made(t.core('pods'), pod(name, { nodeName: 'no-node' }, { labels: { app: 'web' } }));
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    expectStatus(await t.patch(t.core(`pods/${name}/status`), { status }, merge), 200);
  }
}

/** A budget over the pods; its status comes from the controller of a real server, from here on a bare API server. */
async function budget(t: Trial, name: string, minAvailable: number, healthy: number): Promise<void> {
  const version = await t.target.groupVersion('policy');
  const path = t.group(version, 'poddisruptionbudgets');
  await t.made(path, {
    apiVersion: version,
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { minAvailable, selector: { matchLabels: { app: 'web' } } },
  });
  const status = {
    observedGeneration: 1,
    expectedPods: healthy,
    currentHealthy: healthy,
    desiredHealthy: minAvailable,
    disruptionsAllowed: healthy - minAvailable,
  };
  if (t.target.name === 'simulated') expectStatus(await t.patch(`${path}/${name}/status`, { status }, merge), 200);
  await t.eventually(
    `${path}/${name}`,
    (reply) => reply.body['status']?.currentHealthy === healthy && reply.body['status'].observedGeneration === 1,
  );
}

async function evict(t: Trial, name: string, deleteOptions?: KubeObject): Promise<Reply> {
  const version = await t.target.groupVersion('policy');
  return t.post(t.core(`pods/${name}/eviction`), {
    apiVersion: version,
    kind: 'Eviction',
    metadata: { name, namespace: t.ns },
    ...(deleteOptions && { deleteOptions }),
  });
}

const cleanup = async (t: Trial, names: readonly string[]): Promise<void> => {
  for (const name of names) await t.del(t.core(`pods/${name}`), { gracePeriodSeconds: 0 });
};

export const evictionRows: readonly Row[] = [
  {
    id: 'evict-ok',
    says: 'an eviction is 201 Success and the pod is marked for deletion',
    async run(t) {
      await readyPods(t, ['a']);
      const reply = await evict(t, 'a');
      expectStatus(reply, 201);
      assert.equal(reply.body['status'], 'Success');
      assert.ok((await t.read(t.core('pods/a')))['metadata'].deletionTimestamp);
      await cleanup(t, ['a']);
    },
  },
  {
    id: 'evict-blocked',
    says: 'a budget without room makes it 429 with cause DisruptionBudget and no Retry-After; dry run says the same; the pod stays',
    async run(t) {
      await readyPods(t, ['a', 'b', 'c']);
      await budget(t, 'budget', 3, 3);
      for (const options of [undefined, { dryRun: ['All'] }]) {
        const reply = await evict(t, 'a', options);
        expectStatus(reply, 429, 'TooManyRequests');
        assert.equal(reply.headers['retry-after'], undefined);
        assert.deepEqual(causesOf(reply), [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget budget needs 3 healthy pods and has 3 currently',
          },
        ]);
      }
      assert.equal((await t.read(t.core('pods/a')))['metadata'].deletionTimestamp, undefined);
      await cleanup(t, ['a', 'b', 'c']);
    },
  },
  {
    id: 'evict-within-budget',
    says: 'with room for one, the first eviction is 201 and the second 429',
    async run(t) {
      await readyPods(t, ['a', 'b', 'c']);
      await budget(t, 'budget', 2, 3);
      expectStatus(await evict(t, 'a'), 201);
      expectStatus(await evict(t, 'b'), 429, 'TooManyRequests');
      assert.equal((await t.read(t.core('pods/b')))['metadata'].deletionTimestamp, undefined);
      await cleanup(t, ['a', 'b', 'c']);
    },
  },
  {
    id: 'evict-two-budgets',
    says: 'two budgets over one pod make the eviction 500 without a reason; the pod stays',
    async run(t) {
      await readyPods(t, ['a', 'b']);
      await budget(t, 'one', 1, 2);
      await budget(t, 'two', 1, 2);
      const reply = await evict(t, 'a');
      assert.equal(reply.status, 500, reply.text);
      assert.equal(reply.body['reason'] ?? '', '');
      assert.match(String(reply.body['message']), /more than one PodDisruptionBudget/);
      assert.equal((await t.read(t.core('pods/a')))['metadata'].deletionTimestamp, undefined);
      await cleanup(t, ['a', 'b']);
    },
  },
  {
    id: 'evict-dry-run',
    says: 'a dry-run eviction with room is 201 and evicts nothing',
    async run(t) {
      await readyPods(t, ['a']);
      expectStatus(await evict(t, 'a', { dryRun: ['All'] }), 201);
      assert.equal((await t.read(t.core('pods/a')))['metadata'].deletionTimestamp, undefined);
      await cleanup(t, ['a']);
    },
  },
  {
    id: 'evict-wrong-uid',
    says: 'an eviction with another uid as precondition is 409 and the pod stays',
    async run(t) {
      await readyPods(t, ['a']);
      expectStatus(
        await evict(t, 'a', { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } }),
        409,
        'Conflict',
      );
      const read = await t.read(t.core('pods/a'));
      assert.equal(read['metadata'].deletionTimestamp, undefined);
      expectStatus(await evict(t, 'a', { preconditions: { uid: read['metadata'].uid } }), 201);
      await cleanup(t, ['a']);
    },
  },
  {
    id: 'evict-missing',
    says: 'evicting what is not there is 404',
    async run(t) {
      expectStatus(await evict(t, 'none'), 404, 'NotFound');
    },
  },
  {
    id: 'evict-discovery',
    says: 'discovery names the group and version of pods/eviction',
    async run(t) {
      const list = await t.read('/api/v1');
      const found = (list['resources'] as KubeObject[]).find((one) => one['name'] === 'pods/eviction');
      assert.equal(found?.['kind'], 'Eviction');
      assert.equal(`${found['group']}/${found['version']}`, await t.target.groupVersion('policy'));
      assert.deepEqual(found['verbs'], ['create']);
    },
  },
];
