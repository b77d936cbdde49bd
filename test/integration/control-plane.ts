import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The starter of a real Kubernetes 1.20 control plane: beside the repository, not in it. */
const starter = resolve(import.meta.dirname, '../../../shared/control-plane/up');

export interface ControlPlane {
  /** Paths of kubeconfig files: an administrator, and a user without rights until some are bound. */
  readonly admin: string;
  readonly viewer: string;
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts etcd, kube-apiserver, kube-controller-manager and kube-scheduler on loopback in a directory of their own
 * (about 5 s, 500 MB). There are no nodes. undefined, and a line `skipped: …`, where the control plane or etcd is absent.
 */
export async function startControlPlane(): Promise<ControlPlane | undefined> {
  const missing = !existsSync(starter) ? '../shared/control-plane' : (await hasEtcd()) ? undefined : 'etcd';
  if (missing) {
    console.log(`skipped: ${missing} absent`);
    return undefined;
  }
  const directory = await mkdtemp(join(tmpdir(), 'control-plane-'));
  const port = await freePort();
  const stop = async (): Promise<void> => {
    await run(starter, [directory, 'stop']);
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    await run(starter, [directory, String(port)], { timeout: 120_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    admin: join(directory, 'admin.kubeconfig'),
    viewer: join(directory, 'viewer.kubeconfig'),
    url: `https://127.0.0.1:${port}`,
    stop,
  };
}

const hasEtcd = (): Promise<boolean> =>
  run('etcd', ['--version']).then(
    () => true,
    () => false,
  );

/** The starter also takes the ports 10,000 to 10,003 above. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 25_000);
    const all = [port, port + 10_000, port + 10_001, port + 10_002, port + 10_003];
    if ((await Promise.all(all.map(isFree))).every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', () => settle(false));
    server.listen(port, '127.0.0.1', () => server.close(() => settle(true)));
  });
}
