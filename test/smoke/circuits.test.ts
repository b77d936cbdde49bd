import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp, type App } from '../../backend/src/app.ts';
import { loadConfig } from '../../backend/src/config.ts';
import { startCluster, type Cluster } from '../cluster/index.ts';
import { component, driveRound, quick, seen } from './circuits.ts';
import { openGate, type Gate } from './gate.ts';

/** Answers every query with a one, and every chat with nonsense: what matters is that it answers. */
const something = JSON.stringify({
  ...{ status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [0, '1'] }] } },
  choices: [{ finish_reason: 'stop', message: { content: 'let me think' } }],
});

const folder = mkdtempSync(join(tmpdir(), 'kubewise-circuits-'));
const log = join(folder, 'log');
const lines = (level: string): string[] =>
  readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string; service?: string })
    .filter((line) => line.level === level)
    .map((line) => line.msg);

let cluster: Cluster;
let server: Server;
let gates: { prometheus: Gate; kubernetes: Gate; model: Gate };
let app: App;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 1 });
  server = createServer((_, response) => void response.setHeader('content-type', 'application/json').end(something));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const answering = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const api = /https:\/\/([\d.]+):(\d+)/.exec(cluster.kubeconfig('admin'));
  const [address = '', host = '', port = ''] = api ?? [];
  gates = {
    prometheus: await openGate(answering),
    kubernetes: await openGate({ host, port: Number(port) }),
    model: await openGate(answering),
  };
  const kubeconfig = join(folder, 'kubeconfig');
  const text = cluster.kubeconfig('admin').replace(address, `https://${host}:${gates.kubernetes.port}`);
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  const { config } = loadConfig({
    ...quick,
    ...{ KUBECONFIG: kubeconfig, DATA_DIR: folder, PROM_URL: `http://127.0.0.1:${gates.prometheus.port}` },
    ...{ LLM_PROVIDER: 'ollama', LLM_MODEL: 'any', OLLAMA_BASE_URL: `http://127.0.0.1:${gates.model.port}` },
    LOG_FORMAT: 'json',
  });
  app = await createApp({ config, logTo: log });
  await app.start();
});
afterAll(async () => {
  await app.stop();
  await Promise.all(Object.values(gates).map((gate) => gate.close()));
  server.closeAllConnections();
  server.close();
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

const health = () => fetch(`${app.url}/health/extended`, { headers: { authorization: `Bearer ${app.token}` } });
const think = () => app.ports.model?.complete({ system: '', user: '' }) ?? Promise.resolve();

test.each([
  ['prometheus', 'Prometheus', health],
  ['kubernetes', 'Kubernetes', health],
  ['model', 'Model', think],
] as const)('the circuit to %s opens, half opens and closes; health and log tell it once', async (name, shown, ask) => {
  expect(await component(app, shown)).toBe('ok');
  await driveRound(app, name, gates[name], ask);
  expect(await component(app, shown)).toBe('ok');
  const about = (level: string) => lines(level).filter((line) => line.includes(name));
  expect(about('warn')).toEqual([expect.stringContaining(`${name} fails: `), `the circuit to ${name} is open`]);
  expect(about('info')).toEqual([`${name} answers again`, `the circuit to ${name} is closed`]);
});

test('an open circuit asks nobody, and health says down', async () => {
  const { prometheus } = gates;
  const slow = loadConfig({
    ...quick,
    ...{ CIRCUIT_OPEN_TIMEOUT: '3600', KUBECONFIG: join(folder, 'kubeconfig'), DATA_DIR: join(folder, 'second') },
    PROM_URL: `http://127.0.0.1:${prometheus.port}`,
  });
  const second = await createApp({ config: slow.config, logTo: join(folder, 'second.log') });
  try {
    prometheus.shut();
    for (let i = 0; i < 2; i += 1) await component(second, 'Prometheus');
    expect(await seen(second, 'prometheus')).toMatchObject({ status: 2, up: 0 });
    const { knocks } = prometheus;
    for (let i = 0; i < 5; i += 1) expect(await component(second, 'Prometheus')).toBe('down');
    expect(prometheus.knocks).toBe(knocks);
  } finally {
    prometheus.open();
    await second.stop();
  }
});

test('a store that cannot write refuses alerts with 503 and takes the repeat; what it took is there', async () => {
  const post = (name: string) =>
    fetch(`${app.url}/api/v1/alerts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ version: '4', groupKey: 'g', status: 'firing', receiver: 'kubewise' },
        alerts: [{ status: 'firing', labels: { alertname: name }, annotations: {}, startsAt: '2026-01-05T00:00:00Z' }],
      }),
    });
  expect((await post('Before')).status).toBe(200);
  const other = new Database(join(folder, 'kubewise.db'));
  other.exec('BEGIN IMMEDIATE');
  const refused = await post('Meanwhile');
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ reason: 'Unavailable', detail: expect.stringContaining('store') });
  other.exec('ROLLBACK');
  other.close();
  await expect.poll(async () => (await post('Meanwhile')).status, { timeout: 20_000 }).toBe(200);
  const stored = await app.ports.store.alerts.find({ limit: 10 });
  expect(stored.map((alert) => alert.labels['alertname']).sort()).toEqual(['Before', 'Meanwhile']);
  // The log reaches its file a moment after it was said.
  await expect.poll(() => lines('info'), { timeout: 20_000 }).toContain('store answers again');
  expect(lines('warn').filter((line) => line.startsWith('store fails'))).toEqual([
    expect.stringContaining('SQLITE_BUSY'),
  ]);
});
