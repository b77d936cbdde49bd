import { startApiServer, type ApiServer } from '../api/index.ts';
import { readKubeconfig } from '../client/index.ts';
import { createSimClock } from '../clock.ts';
import { createClient, type KubeClient, type Reply } from './client.ts';
import { guardedClient } from './guard.ts';
import type { Target } from './row.ts';
import type { KubeObject } from '../runtime.ts';

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

/** A real control plane that runs already, by the kubeconfig files of its administrator and its viewer. */
export async function joinReal(plane: {
  readonly admin: string;
  readonly viewer: string;
}): Promise<Target & { close(): void }> {
  const { server: url, ca = '', token = '' } = readKubeconfig(plane.admin);
  const admin = createClient({ url, ca, token });
  return {
    name: 'real',
    minor: await minorOf(admin),
    admin,
    viewerToken: readKubeconfig(plane.viewer).token ?? '',
    groupVersion: versionFinder(admin),
    expireHistory: () => compacted(admin),
    close: () => admin.close(),
  };
}

/** The real server compacts every 30 s what is older than 30 s: this waits until a list from before is refused. */
async function compacted(admin: KubeClient): Promise<void> {
  const collection = '/api/v1/namespaces/default/configmaps';
  const rv = String((await admin.send('GET', `${collection}?limit=1`)).body['metadata'].resourceVersion);
  const until = Date.now() + 120_000;
  for (;;) {
    await admin.send('POST', collection, { metadata: { generateName: 'history-' } });
    const reply = await admin.send('GET', `${collection}?limit=1&resourceVersion=${rv}&resourceVersionMatch=Exact`);
    if (reply.status === 410) return;
    if (Date.now() > until) throw new Error(`history never expired: ${reply.text}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
