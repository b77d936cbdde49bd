import assert from 'node:assert/strict';
import { configMap, expectStatus, merge, rvOf, type Row } from '../row.ts';
import type { WatchEvent } from '../client.ts';

const brief = (events: readonly WatchEvent[]): string[] =>
  events.map((one) => `${one.type} ${one.object['metadata']?.name}`);

export const watchRows: readonly Row[] = [
  {
    id: 'watch-from-rv',
    says: 'a watch from a resourceVersion gets what came after it, in order, with whole objects',
    async run(t) {
      const first = await t.made(t.core('configmaps'), configMap('a'));
      const watch = await t.watch(`${t.core('configmaps')}?watch=true&resourceVersion=${rvOf(first)}`);
      assert.equal(watch.status, 200);
      const second = await t.made(t.core('configmaps'), configMap('b'));
      const changed = await t.patch(t.core('configmaps/a'), { data: { k: 'v' } }, merge);
      await t.del(t.core('configmaps/b'));
      const events = await watch.until(3);
      watch.stop();
      assert.deepEqual(brief(events), ['ADDED b', 'MODIFIED a', 'DELETED b']);
      assert.deepEqual(events[0]?.object, second);
      assert.deepEqual(events[1]?.object, changed.body);
      assert.ok(Number(rvOf(events[2]?.object ?? {})) > Number(rvOf(changed.body)));
    },
  },
  {
    id: 'watch-backlog',
    says: 'events between the resourceVersion and the start of the watch are not lost',
    async run(t) {
      const first = await t.made(t.core('configmaps'), configMap('a'));
      await t.made(t.core('configmaps'), configMap('b'));
      await t.del(t.core('configmaps/a'));
      const watch = await t.watch(`${t.core('configmaps')}?watch=true&resourceVersion=${rvOf(first)}`);
      const events = await watch.until(2);
      watch.stop();
      assert.deepEqual(brief(events), ['ADDED b', 'DELETED a']);
    },
  },
  {
    id: 'watch-unset-rv',
    says: 'a watch without resourceVersion or from 0 starts with synthetic ADDED events',
    async run(t) {
      await t.made(t.core('configmaps'), configMap('a', {}, { labels: { set: 'w' } }));
      for (const query of ['', '&resourceVersion=0']) {
        const watch = await t.watch(`${t.core('configmaps')}?watch=true&labelSelector=set%3Dw${query}`);
        assert.deepEqual(brief(await watch.until(1)), ['ADDED a']);
        watch.stop();
      }
    },
  },
  {
    id: 'watch-selector-transitions',
    says: 'entering a selector is ADDED, leaving it is DELETED',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const watch = await t.watch(
        `${t.core('configmaps')}?watch=true&labelSelector=in%3Dyes&resourceVersion=${rvOf(made)}`,
      );
      await t.patch(t.core('configmaps/a'), { metadata: { labels: { in: 'yes' } } }, merge);
      await t.patch(t.core('configmaps/a'), { data: { k: '2' } }, merge);
      const left = await t.patch(t.core('configmaps/a'), { metadata: { labels: null } }, merge);
      await t.patch(t.core('configmaps/a'), { data: { k: '3' } }, merge);
      const events = await watch.until(3);
      watch.stop();
      assert.deepEqual(brief(events), ['ADDED a', 'MODIFIED a', 'DELETED a']);
      assert.equal(rvOf(events[2]?.object ?? {}), rvOf(left.body));
    },
  },
  {
    id: 'watch-field-selector',
    says: 'metadata.name narrows a watch to one object',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a'));
      const watch = await t.watch(
        `${t.core('configmaps')}?watch=true&fieldSelector=metadata.name%3Da&resourceVersion=${rvOf(made)}`,
      );
      await t.made(t.core('configmaps'), configMap('b'));
      await t.patch(t.core('configmaps/a'), { data: { k: 'v' } }, merge);
      assert.deepEqual(brief(await watch.until(1)), ['MODIFIED a']);
      watch.stop();
    },
  },
  {
    id: 'watch-timeout',
    says: 'a watch ends regularly after timeoutSeconds',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a'));
      const watch = await t.watch(`${t.core('configmaps')}?watch=true&timeoutSeconds=1&resourceVersion=${rvOf(made)}`);
      await watch.untilEnd(10_000);
      assert.deepEqual(watch.events, []);
    },
  },
  {
    id: 'watch-bookmarks',
    says: 'bookmarks come when asked for, shortly before the end at the latest; they carry kind and resourceVersion only',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a'));
      const watch = await t.watch(
        `${t.core('configmaps')}?watch=true&allowWatchBookmarks=true&timeoutSeconds=5&resourceVersion=${rvOf(made)}`,
      );
      await watch.untilEnd(15_000);
      const bookmark = watch.events.find((one) => one.type === 'BOOKMARK');
      assert.ok(bookmark, JSON.stringify(watch.events));
      assert.equal(bookmark.object['kind'], 'ConfigMap');
      assert.ok(Number(rvOf(bookmark.object)) >= Number(rvOf(made)));
      assert.equal(bookmark.object['metadata'].name, undefined);
    },
  },
  {
    id: 'watch-too-old',
    expires: true,
    says: 'a watch from an expired resourceVersion is HTTP 200 with one ERROR event, Status 410 Expired, then the end',
    async run(t) {
      // Events, because a real server keeps no watch cache for them: what etcd has compacted is gone.
      const made = await t.made(t.core('events'), {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'a' },
        involvedObject: { kind: 'Namespace', name: t.ns, namespace: t.ns },
      });
      await t.patch(t.core('events/a'), { message: 'later' }, merge);
      await t.target.expireHistory();
      const watch = await t.watch(`${t.core('events')}?watch=true&resourceVersion=${rvOf(made)}`);
      assert.equal(watch.status, 200);
      await watch.untilEnd();
      assert.equal(watch.events.length, 1, JSON.stringify(watch.events));
      assert.equal(watch.events[0]?.type, 'ERROR');
      const status = watch.events[0].object;
      assert.deepEqual([status['kind'], status['code'], status['reason']], ['Status', 410, 'Expired']);
      assert.match(
        String(status['message']),
        /^too old resource version: \d+ \(\d+\)$|^The resourceVersion for the provided watch is too old/,
      );
    },
  },
  {
    id: 'watch-bad-rv',
    says: 'a resourceVersion that is no number is an error (500 without a reason) before any stream',
    async run(t) {
      expectStatus(await t.get(`${t.core('configmaps')}?watch=true&resourceVersion=abc`), 500);
    },
  },
  {
    id: 'watch-forbidden',
    says: 'a watch without rights is 403 before any stream',
    async run(t) {
      expectStatus(
        await t.get(`${t.core('configmaps')}?watch=true`, { token: t.target.viewerToken }),
        403,
        'Forbidden',
      );
    },
  },
  {
    id: 'watch-delete-recreate',
    says: 'delete and recreate under one name is DELETED and ADDED with another uid',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a'));
      const watch = await t.watch(`${t.core('configmaps')}?watch=true&resourceVersion=${rvOf(made)}`);
      await t.del(t.core('configmaps/a'));
      const again = await t.made(t.core('configmaps'), configMap('a'));
      const events = await watch.until(2);
      watch.stop();
      assert.deepEqual(brief(events), ['DELETED a', 'ADDED a']);
      assert.equal(events[0]?.object['metadata'].uid, made['metadata'].uid);
      assert.equal(events[1]?.object['metadata'].uid, again['metadata'].uid);
    },
  },
  {
    id: 'watch-partial-metadata',
    says: 'a watch as PartialObjectMetadata sends metadata only',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { secret: 'x' }));
      const watch = await t.watch(`${t.core('configmaps')}?watch=true&resourceVersion=${rvOf(made)}`, {
        accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      });
      await t.patch(t.core('configmaps/a'), { data: { k: 'v' } }, merge);
      const events = await watch.until(1);
      watch.stop();
      assert.equal(events[0]?.object['kind'], 'PartialObjectMetadata');
      assert.equal('data' in (events[0]?.object ?? {}), false);
      assert.equal(events[0]?.object['metadata'].name, 'a');
    },
  },
];
