import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The starter of a real Kubernetes 1.20 control plane: beside the repository, not in it. */
const starter = resolve(import.meta.dirname, '../../../shared/control-plane/up');

export interface ControlPlane {
  /** Paths of kubeconfig files: an administrator, and a user without rights until some are bound. */
  readonly admin: string;
  readonly viewer: string;
  readonly url: string;
  /** A new etcd and a new API server on the same port, with the data that was there. */
  restart(): Promise<void>;
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
  const up = () => run(starter, [directory, String(port)], { timeout: 120_000 });
  const down = () => run(starter, [directory, 'stop']);
  const stop = async (): Promise<void> => {
    await down();
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    await up();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    admin: join(directory, 'admin.kubeconfig'),
    viewer: join(directory, 'viewer.kubeconfig'),
    url: `https://127.0.0.1:${port}`,
    async restart() {
      await down();
      while (!(await areFree(port))) await delay(200);
      await up();
    },
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
    if (await areFree(port)) return port;
  }
}

const areFree = async (port: number): Promise<boolean> =>
  (await Promise.all([0, 10_000, 10_001, 10_002, 10_003].map((offset) => isFree(port + offset)))).every(Boolean);

function isFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', () => settle(false));
    server.listen(port, '127.0.0.1', () => server.close(() => settle(true)));
  });
}
