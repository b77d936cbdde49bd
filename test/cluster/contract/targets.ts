import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApiServer, type ApiServer } from '../api/index.ts';
import { createSimClock } from '../clock.ts';
import { createClient, type KubeClient, type Reply } from './client.ts';
import { guardedClient } from './guard.ts';
import type { Target } from './row.ts';
import type { KubeObject } from '../runtime.ts';

const run = promisify(execFile);

export interface Running extends Target {
  /** Path or text of a kubeconfig for admin, for kubectl. */
  readonly kubeconfig: string;
  /** What the shape guard found in all answers so far. */
  readonly shapeProblems: readonly string[];
  stop(): Promise<void>;
}

const versionFinder =
  (admin: KubeClient) =>
  async (group: string): Promise<string> => {
    const reply: Reply = await admin.send('GET', `/apis/${group}`);
    return (reply.body['preferredVersion'] as KubeObject | undefined)?.['groupVersion'] as string;
  };

async function minorOf(admin: KubeClient): Promise<number> {
  return Number.parseInt(String((await admin.send('GET', '/version')).body['minor']), 10);
}

/** The simulated API server, at wall speed, with the shape guard on every answer. */
export async function startSimulated(): Promise<Running & { readonly server: ApiServer }> {
  const clock = createSimClock({ start: Math.floor(Date.now() / 1000), speed: 1 });
  const server = await startApiServer({ clock });
  const ticking = new AbortController();
  void tick(clock, ticking.signal);
  const plain = createClient({ url: server.url, ca: server.caPem, token: server.tokenOf('admin') });
  const { client: admin, problems } = guardedClient(plain);
  return {
    name: 'simulated',
    minor: await minorOf(admin),
    admin,
    server,
    kubeconfig: server.kubeconfig('admin'),
    viewerToken: server.tokenOf('viewer'),
    shapeProblems: problems,
    groupVersion: versionFinder(admin),
    async expireHistory() {
      await admin.send('POST', '/api/v1/namespaces/default/configmaps', { metadata: { generateName: 'history-' } });
      server.faults.expire();
    },
    async stop() {
      ticking.abort();
      plain.close();
      await server.close();
      clock.stop();
    },
  };
}

/** Cluster time only moves while somebody waits for it. */
async function tick(clock: ReturnType<typeof createSimClock>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await clock.sleep(0.1, signal);
}

/** A real control plane, started by the given `up` script in a directory of its own. */
export async function startReal(up: string, directory: string, port: number): Promise<Running> {
  await run(up, [directory, String(port)], { timeout: 110_000 });
  const ca = readFileSync(join(directory, 'pki', 'ca.crt'), 'utf8');
  const admin = createClient({ url: `https://127.0.0.1:${port}`, ca, token: 'admin-token' });
  const pod = '/api/v1/namespaces/default/configmaps/history';
  return {
    name: 'real',
    minor: await minorOf(admin),
    admin,
    kubeconfig: readFileSync(join(directory, 'admin.kubeconfig'), 'utf8'),
    viewerToken: 'viewer-token',
    shapeProblems: [],
    groupVersion: versionFinder(admin),
    expireHistory: () => compacted(admin, pod),
    async stop() {
      admin.close();
      await run(up, [directory, 'stop']);
    },
  };
}

/**
 * The real server compacts every 30 s, and its watch cache holds at least 100 events per kind: so this pushes events
 * through and waits until a list from before is refused.
 */
async function compacted(admin: KubeClient, path: string): Promise<void> {
  const collection = path.slice(0, path.lastIndexOf('/'));
  const before = await admin.send('GET', `${collection}?limit=1`);
  const rv = String(before.body['metadata'].resourceVersion);
  await admin.send('POST', collection, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'history' } });
  for (let number = 0; number < 220; number += 1)
    await admin.send('PATCH', path, { data: { number: `${rv}-${number}` } }, { type: 'application/merge-patch+json' });
  const until = Date.now() + 90_000;
  for (;;) {
    const reply = await admin.send('GET', `${collection}?limit=1&resourceVersion=${rv}&resourceVersionMatch=Exact`);
    if (reply.status === 410) return;
    if (Date.now() > until) throw new Error(`history never expired: ${reply.text}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
