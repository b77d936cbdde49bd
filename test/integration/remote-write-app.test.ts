import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import SnappyJS from 'snappyjs';
import { expect, test } from 'vitest';
import { createApp, type App } from '../../backend/src/app.ts';
import { loadConfig } from '../../backend/src/config.ts';
import type { ScoreRow } from '../../backend/src/pipeline/ports.ts';
import { startShopCluster, type ShopCluster } from '../cluster/index.ts';
import type { StoredSeries } from '../cluster/metrics/index.ts';

/** How Prometheus writes that a series ended: a NaN of these bits. */
const staleBits = 0x7ff0000000000002n;
const staleAt = (bytes: Uint8Array, offset: number): void =>
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(offset, staleBits, true);

function sampleOf(value: number, at: number): Uint8Array {
  const bytes = protobuf.Writer.create()
    .uint32(0x09)
    .double(value)
    .uint32(0x10)
    .int64(at * 1000)
    .finish();
  if (Number.isNaN(value)) staleAt(bytes, 1);
  return bytes;
}

/** One remote_write body with the samples after `since` (Unix s). */
function bodyOf(all: readonly StoredSeries[], since: number): Uint8Array<ArrayBuffer> {
  const writer = protobuf.Writer.create();
  for (const { labels, timestamps, values } of all) {
    writer.uint32(0x0a).fork();
    for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
      writer.uint32(0x0a).fork().uint32(0x0a).string(name).uint32(0x12).string(value).ldelim();
    for (const [i, at] of timestamps.entries())
      if (at > since) writer.uint32(0x12).bytes(sampleOf(values[i] ?? NaN, at));
    writer.ldelim();
  }
  return new Uint8Array(SnappyJS.compress(writer.finish()));
}

const open = (cluster: ShopCluster, folder: string, more: Readonly<Record<string, string>>): Promise<App> =>
  createApp({
    config: loadConfig({
      KUBECONFIG: join(folder, 'kubeconfig'),
      ...{ PROM_POLL_INTERVAL: '30', WARM_START_DAYS: '0', CLUSTER_NAME: 'pushed', PORT: '0', LOG_LEVEL: 'error' },
      ...more,
    }).config,
    clock: cluster.clock,
    logTo: join(folder, 'log'),
  });

/** Pushes what was sampled since the last time, over HTTP; the cluster's time waits for the answer. */
async function push(cluster: ShopCluster, app: App, since: number): Promise<void> {
  const release = cluster.clock.hold();
  try {
    const now = cluster.clock.now();
    const answer = await fetch(`${app.url}/api/v1/write`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${app.token}`,
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: bodyOf(cluster.sampler.store.select([], since - 15, now), since),
    });
    expect(answer.status, await answer.text()).toBe(204);
  } finally {
    release();
  }
}

/** Cluster seconds of pushing: the longest range of a default query is 600. */
const span = 720;

const byName = (rows: readonly ScoreRow[]): Map<string, ScoreRow> =>
  new Map(
    rows.map((row) => [[row.query, row.target.kind, row.target.namespace, row.target.name].join(' '), row] as const),
  );
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 + 0.03 * Math.abs(b);

test('an app that samples are only pushed to scores the series of a polling one, with its values', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-pushed-'));
  const cluster = await startShopCluster({ seed: 7, speed: Infinity, pastDays: 1 });
  const apps: App[] = [];
  try {
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig('admin'), { mode: 0o600 });
    const polling = await open(cluster, folder, { PROM_URL: cluster.prometheusUrl, DATA_DIR: join(folder, 'polling') });
    apps.push(polling);
    // Nobody listens on port 1: there is no history and nothing to poll.
    const nobody = { PROM_URL: 'http://127.0.0.1:1', RETRY_MAX_ATTEMPTS: '0' };
    const pushed = await open(cluster, folder, {
      ...{ SAMPLE_SOURCE: 'remote_write', DATA_DIR: join(folder, 'pushed'), REMOTE_WRITE_DROP: 'etcd_.*' },
      ...nobody,
    });
    apps.push(pushed);
    for (const app of apps) await app.start();

    // Five seconds after each tick of the samplers, so that both know the same ones when they look; over the longest
    // range of a query, and some more.
    await cluster.clock.sleep(20 - (cluster.clock.now() % 15));
    let since = cluster.clock.now() - 15;
    for (const end = since + span; cluster.clock.now() < end; await cluster.clock.sleep(15)) {
      await push(cluster, pushed, since);
      since = cluster.clock.now();
    }

    const all = polling.operations.scores();
    const theirs = byName(all.filter(({ target }) => target.name !== 'etcd'));
    expect(theirs.size).toBeLessThan(all.length);
    const ours = byName(pushed.operations.scores());
    const differences = [...theirs].flatMap(([name, row]) => {
      const mine = ours.get(name);
      const same = mine?.timestamp === row.timestamp && near(mine.value, row.value);
      return same ? [] : [`${name}: ${mine?.value} at ${mine?.timestamp} instead of ${row.value} at ${row.timestamp}`];
    });
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    expect(differences).toEqual([]);
    expect(ours.size).toBeGreaterThan(100);
    expect(polling.operations.receiveWrite).toBeUndefined();
  } finally {
    for (const app of apps) await app.stop();
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
