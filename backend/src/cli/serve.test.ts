import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { serve } from './serve.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubewise-serve-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Nobody listens at port 1: the first sync of the watches never comes. */
const nowhere = JSON.stringify({
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'x' },
  clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'u', user: { token: 't' } }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
});

it('ends when it is told to, also while it waits for a cluster that does not answer', async () => {
  writeFileSync(join(folder, 'kubeconfig'), nowhere);
  const settings = { KUBECONFIG: join(folder, 'kubeconfig'), CLUSTER_NAME: 'x', DATA_DIR: folder, PORT: '0' };
  for (const [name, value] of Object.entries({ ...settings, LOG_LEVEL: 'error' })) vi.stubEnv(name, value);
  const stop = new AbortController();
  const served = serve({ signal: stop.signal });
  await vi.waitUntil(() => existsSync(join(folder, 'connection.json')), { timeout: 60_000 });
  stop.abort();
  expect(await served).toBe(0);
}, 120_000);
