import assert from 'node:assert/strict';
import { configMap, expectStatus, merge, pod, rvOf, type Row, type Trial } from '../row.ts';
import type { KubeObject } from '../../runtime.ts';

const many = async (t: Trial, count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1)
    await t.made(
      t.core('configmaps'),
      configMap(`m${index}`, { index: String(index) }, { labels: { set: 'many', odd: String(index % 2) } }),
    );
};
const names = (body: KubeObject): string[] =>
  (body['items'] as KubeObject[]).map((one) => one['metadata'].name as string);
const selected = 'labelSelector=set%3Dmany';

/** Lists, pages, selectors, tables. */
export const readRows: readonly Row[] = [
  {
    id: 'list-items-bare',
    says: 'items of a list have no kind and apiVersion; the list has both and a resourceVersion',
    async run(t) {
      await many(t, 2);
      const list = await t.read(`${t.core('configmaps')}?${selected}`);
      assert.equal(list['kind'], 'ConfigMapList');
      assert.equal(list['apiVersion'], 'v1');
      assert.match(rvOf(list), /^\d+$/);
      for (const item of list['items'] as KubeObject[]) assert.equal('kind' in item || 'apiVersion' in item, false);
      assert.deepEqual(names(list), ['m0', 'm1']);
    },
  },
  {
    id: 'list-pages-pinned',
    says: 'pages are pinned to one resourceVersion: what is created, changed or deleted meanwhile does not show',
    async run(t) {
      await many(t, 5);
      const first = await t.read(`${t.core('configmaps')}?limit=2`);
      assert.equal((first['items'] as unknown[]).length, 2);
      assert.ok(Number(first['metadata'].remainingItemCount) >= 3);
      await t.del(t.core('configmaps/m4'));
      await t.made(t.core('configmaps'), configMap('m9'));
      await t.patch(t.core('configmaps/m3'), { data: { index: 'changed' } }, merge);
      const seen: KubeObject[] = [...(first['items'] as KubeObject[])];
      let token: string = first['metadata'].continue;
      while (token) {
        const page = await t.read(`${t.core('configmaps')}?limit=2&continue=${encodeURIComponent(token)}`);
        assert.equal(rvOf(page), rvOf(first));
        seen.push(...(page['items'] as KubeObject[]));
        token = page['metadata'].continue ?? '';
      }
      const mine = seen.filter((one) => /^m\d$/.test(one['metadata'].name as string));
      assert.deepEqual(
        mine.map((one) => one['metadata'].name),
        ['m0', 'm1', 'm2', 'm3', 'm4'],
      );
      assert.equal(mine[3]?.['data'].index, '3');
    },
  },
  {
    id: 'list-page-with-selector',
    says: 'with a selector there is no remainingItemCount',
    async run(t) {
      await many(t, 3);
      const page = await t.read(`${t.core('configmaps')}?limit=1&${selected}`);
      assert.equal('remainingItemCount' in page['metadata'], false);
      assert.ok(page['metadata'].continue);
      assert.deepEqual(names(page), ['m0']);
    },
  },
  {
    id: 'continue-expired',
    expires: true,
    says: 'an expired continue is 410 Expired with a fresh token that continues, inconsistently, from there',
    async run(t) {
      await many(t, 4);
      const first = await t.read(`${t.core('configmaps')}?limit=2&${selected}`);
      await t.target.expireHistory();
      const path = (token: string): string =>
        `${t.core('configmaps')}?limit=2&${selected}&continue=${encodeURIComponent(token)}`;
      const reply = await t.get(path(first['metadata'].continue as string));
      expectStatus(reply, 410, 'Expired');
      assert.ok(reply.body['metadata'].continue, reply.text);
      const rest = await t.read(path(reply.body['metadata'].continue as string));
      assert.deepEqual(names(rest), ['m2', 'm3']);
    },
  },
  {
    id: 'continue-garbage',
    says: 'a continue token that is none is 400',
    async run(t) {
      await many(t, 1);
      expectStatus(await t.get(`${t.core('configmaps')}?limit=1&continue=nonsense`), 400, 'BadRequest');
    },
  },
  {
    id: 'label-selectors',
    says: 'label selectors: =, !=, in, notin, exists, not exists',
    async run(t) {
      await many(t, 4);
      const pick = async (selector: string): Promise<string[]> =>
        names(await t.read(`${t.core('configmaps')}?labelSelector=${encodeURIComponent(selector)}`));
      assert.deepEqual(await pick('set=many,odd=1'), ['m1', 'm3']);
      assert.deepEqual(await pick('set=many,odd!=1'), ['m0', 'm2']);
      assert.deepEqual(await pick('odd in (0, 7),set'), ['m0', 'm2']);
      assert.deepEqual(await pick('set,odd notin (0)'), ['m1', 'm3']);
      assert.deepEqual(await pick('set,!odd'), []);
    },
  },
  {
    id: 'label-selector-garbage',
    says: 'a label selector that cannot be parsed is 400',
    async run(t) {
      expectStatus(
        await t.get(`${t.core('configmaps')}?labelSelector=${encodeURIComponent('a=(b')}`),
        400,
        'BadRequest',
      );
    },
  },
  {
    id: 'field-selectors',
    says: 'field selectors: metadata.name everywhere, spec.nodeName and status.phase of pods',
    async run(t) {
      await many(t, 2);
      assert.deepEqual(names(await t.read(`${t.core('configmaps')}?fieldSelector=metadata.name%3Dm1`)), ['m1']);
      await t.made(t.core('pods'), pod('p'));
      assert.deepEqual(
        names(
          await t.read(`${t.core('pods')}?fieldSelector=${encodeURIComponent('spec.nodeName=,status.phase=Pending')}`),
        ),
        ['p'],
      );
      assert.deepEqual(
        names(await t.read(`${t.core('pods')}?fieldSelector=${encodeURIComponent('status.phase!=Pending')}`)),
        [],
      );
    },
  },
  {
    id: 'field-selector-unknown',
    says: 'an unknown field label is 400',
    async run(t) {
      const reply = await t.get(`${t.core('pods')}?fieldSelector=spec.none%3Dx`);
      expectStatus(reply, 400, 'BadRequest');
      assert.match(String(reply.body['message']), /field label not supported: spec.none/);
    },
  },
  {
    id: 'future-rv',
    says: 'a resourceVersion from the future is a 5xx (500 on old versions, 504 on new ones): relist',
    async run(t) {
      const reply = await t.get(
        `${t.core('configmaps')}?resourceVersion=999999999&resourceVersionMatch=NotOlderThan&limit=1`,
      );
      assert.ok(reply.status === 500 || reply.status === 504, reply.text);
      assert.match(
        String(reply.body['message']),
        /Too large resource version|etcdserver: mvcc: required revision is a future revision/,
      );
    },
  },
  {
    id: 'list-exact-rv',
    says: 'resourceVersionMatch=Exact lists the state of that moment',
    async run(t) {
      await many(t, 2);
      const before = await t.read(`${t.core('configmaps')}?${selected}`);
      await t.del(t.core('configmaps/m0'));
      const then = await t.read(
        `${t.core('configmaps')}?${selected}&resourceVersion=${rvOf(before)}&resourceVersionMatch=Exact&limit=50`,
      );
      assert.deepEqual(names(then), ['m0', 'm1']);
      assert.equal(rvOf(then), rvOf(before));
      assert.deepEqual(names(await t.read(`${t.core('configmaps')}?${selected}`)), ['m1']);
    },
  },
  {
    id: 'table',
    says: 'Accept as=Table gives columns, cells and the metadata of each row',
    async run(t) {
      await many(t, 1);
      const reply = await t.get(`${t.core('configmaps')}?${selected}`, {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
      });
      expectStatus(reply, 200);
      assert.equal(reply.body['kind'], 'Table');
      const columns = (reply.body['columnDefinitions'] as KubeObject[]).map((one) => [
        one['name'],
        one['type'],
        one['priority'],
      ]);
      assert.deepEqual(columns, [
        ['Name', 'string', 0],
        ['Data', 'string', 0],
        ['Age', 'string', 0],
      ]);
      const row = reply.body['rows'][0];
      assert.deepEqual((row.cells as unknown[]).slice(0, 2), ['m0', 1]);
      assert.equal(row.object.kind, 'PartialObjectMetadata');
      assert.equal(row.object.metadata.name, 'm0');
    },
  },
  {
    id: 'partial-metadata',
    says: 'Accept as=PartialObjectMetadataList gives metadata only, on lists and single reads',
    async run(t) {
      await many(t, 1);
      const list = await t.get(`${t.core('configmaps')}?${selected}`, {
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      });
      expectStatus(list, 200);
      assert.equal(list.body['kind'], 'PartialObjectMetadataList');
      assert.deepEqual(
        Object.keys(list.body['items'][0] as object).filter((key) => key !== 'kind' && key !== 'apiVersion'),
        ['metadata'],
      );
      const one = await t.get(t.core('configmaps/m0'), {
        accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      });
      assert.equal(one.body['kind'], 'PartialObjectMetadata');
      assert.equal('data' in one.body, false);
      assert.equal(one.body['metadata'].name, 'm0');
    },
  },
  {
    id: 'events-two-groups',
    says: 'core/v1 and events.k8s.io show the same event',
    async run(t) {
      const event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'e' },
        involvedObject: { kind: 'Pod', name: 'p', namespace: t.ns },
        reason: 'BackOff',
        message: 'says so',
        type: 'Warning',
        count: 3,
        source: { component: 'kubelet' },
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:01:00Z',
      };
      const made = await t.made(t.core('events'), event);
      const version = await t.target.groupVersion('events.k8s.io');
      const other = await t.read(t.group(version, 'events/e'));
      assert.equal(other['metadata'].uid, made['metadata'].uid);
      assert.equal(other['note'], 'says so');
      assert.equal(other['regarding'].name, 'p');
      assert.equal(other['deprecatedCount'], 3);
      const found = await t.read(
        `${t.core('events')}?fieldSelector=${encodeURIComponent('involvedObject.name=p,type=Warning')}`,
      );
      assert.deepEqual(names(found), ['e']);
    },
  },
];
