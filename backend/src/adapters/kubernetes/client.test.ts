import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApiServer, type ApiServer } from '../../../../test/cluster/api/index.ts';
import { createSimClock } from '../../../../test/cluster/clock.ts';
import { kubernetesContract, type Stage } from '../../../../test/integration/kubernetes-contract.ts';
import { connectKubernetes, type Connection } from './index.ts';
import { recording } from './recording.ts';
import { createCredentials } from './credentials.ts';
import { createTransport, type Transport } from './transport.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubewise-client-'));
const clock = createSimClock({ start: 1_790_000_000, speed: 1 });
const { recorder, log } = recording();
let api: ApiServer;
let connection: Connection;
let admin: Transport;

const stage: Stage = async (method, path, body) => {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const reply = await admin.request(method as 'POST', path, { body, contentType });
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body;
};

beforeAll(async () => {
  api = await startApiServer({ clock });
  const kubeconfig = join(folder, 'admin.kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig('admin'));
  admin = createTransport(createCredentials({ kubeconfig }));
  connection = await connectKubernetes({ kubeconfig, clock, log, recorder });
});
afterAll(async () => {
  await connection.close();
  await admin.close();
  await api.close();
  clock.stop();
  rmSync(folder, { recursive: true });
});

describe('the contract, on the simulated server', () => {
  const versions = { policy: 'policy/v1', autoscaling: 'autoscaling/v2' };
  kubernetesContract(() => ({ kubernetes: connection.kubernetes, stage, ...versions }));
});

describe('failures of the server', () => {
  const scale = {
    verb: 'patch',
    patch: 'merge',
    ref: { kind: 'Deployment', namespace: 'default', name: 'read' },
    preconditions: {},
    body: { spec: { replicas: 2 } },
  } as const;

  test('a 5xx is thrown as retryable and the write is sent once', async () => {
    api.faults.set('broken', { kind: 'status', code: 503, match: { verb: 'patch' } });
    const before = api.requests.length;
    const failing = connection.kubernetes.send(scale, { dryRun: false });
    await expect(failing).rejects.toMatchObject({ name: 'AdapterError', retryable: true, status: 503 });
    expect(api.requests.length - before).toBe(1);
    api.faults.clear();
  });

  test('a connection that breaks is thrown as retryable', async () => {
    api.faults.set('broken', { kind: 'reset', match: { verb: 'patch' } });
    await expect(connection.kubernetes.send(scale, { dryRun: false })).rejects.toMatchObject({ retryable: true });
    api.faults.clear();
  });

  test('throttling is an answer that says so, a webhook is Forbidden', async () => {
    api.faults.set('busy', { kind: 'status', code: 429, retryAfter: 1, match: { verb: 'patch' } });
    const answer = await connection.kubernetes.send(scale, { dryRun: false });
    expect(answer).toMatchObject({ status: 429, reason: 'TooManyRequests' });
    api.faults.clear();
    api.faults.set('webhook', { kind: 'webhook', webhook: 'policy.example', message: 'not on Fridays' });
    const denied = await connection.kubernetes.send(scale, { dryRun: false });
    expect(denied).toMatchObject({ status: 403, reason: 'Forbidden' });
    expect(denied.message).toContain('not on Fridays');
    api.faults.clear();
  });

  test('no right is an answer with an error to a question, and a refusal to a write', async () => {
    const kubeconfig = join(folder, 'viewer.kubeconfig');
    writeFileSync(kubeconfig, api.kubeconfig('viewer'));
    const viewer = await connectKubernetes({ kubeconfig, cluster: 'test', clock, log, recorder });
    const permission = { verb: 'delete', group: '', resource: 'pods', namespace: 'default' };
    expect(await viewer.kubernetes.allowed(permission)).toBe(false);
    expect(await viewer.kubernetes.send(scale, { dryRun: true })).toMatchObject({ status: 403, reason: 'Forbidden' });
    await viewer.close();
  });

  test('a bad token is thrown, not answered; a kubeconfig without the context is named', async () => {
    const kubeconfig = join(folder, 'bad.kubeconfig');
    writeFileSync(kubeconfig, api.kubeconfig('admin').replaceAll(api.tokenOf('admin'), 'wrong-token-wrong-token'));
    const options = { kubeconfig, cluster: 'test', clock, log, recorder };
    const stranger = await connectKubernetes(options);
    await expect(stranger.kubernetes.send(scale, { dryRun: true })).rejects.toMatchObject({ status: 401 });
    await stranger.close();
    const nowhere = connectKubernetes({ kubeconfig, context: 'elsewhere', clock, log, recorder });
    await expect(nowhere).rejects.toThrow(/no context "elsewhere"/);
  });

  test('a kubeconfig that changed is read again: a new token works without a restart', async () => {
    const kubeconfig = join(folder, 'rotating.kubeconfig');
    writeFileSync(kubeconfig, api.kubeconfig('admin').replaceAll(api.tokenOf('admin'), 'expired-token-expired'));
    const rotating = await connectKubernetes({ kubeconfig, cluster: 'test', clock, log, recorder });
    await expect(rotating.kubernetes.clusterUid()).rejects.toMatchObject({ status: 401 });
    writeFileSync(kubeconfig, api.kubeconfig('admin'));
    expect(await rotating.kubernetes.clusterUid()).not.toBe('');
    await rotating.close();
  });
});
