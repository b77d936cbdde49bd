import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { createClient, Refused, Unreachable, type Client } from '../../backend/src/http/client.ts';
import type { Incident } from '../../backend/src/model/index.ts';
import { startApiServer } from '../cluster/api/index.ts';
import { createSimClock } from '../cluster/clock.ts';
import { createPrometheusApi } from '../cluster/promql/index.ts';
import { sourceOf } from '../cluster/promql/sample-series.ts';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const kills = Number(process.env['CRASH_KILLS'] ?? 200);
const program = join(import.meta.dirname, '../../backend/bin/kubewise.mjs');
const folder = mkdtempSync(join(tmpdir(), 'kubewise-crash-'));
const clock = createSimClock({ start: Date.now() / 1000, speed: 1 });
const api = await startApiServer({ clock });
const metrics = createServer(createPrometheusApi({ source: sourceOf([]), now: () => Date.now() / 1000 }));
await new Promise<void>((done) => metrics.listen(0, '127.0.0.1', done));

const names = Array.from({ length: kills }, (_, index) => `web-${index}`);
const namespace = 'prod';
const environment = {
  PATH: process.env['PATH'],
  // Two hundred starts: compiled once.
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
  KUBECONFIG: join(folder, 'kubeconfig'),
  CLUSTER_NAME: 'crash',
  PROM_URL: `http://127.0.0.1:${(metrics.address() as AddressInfo).port}`,
  DATA_DIR: join(folder, 'data'),
  PORT: '0',
  LOG_LEVEL: 'error',
  WARM_START_DAYS: '0',
  POLICY_FILE: join(folder, 'policy.yaml'),
};

afterAll(async () => {
  metrics.close();
  clock.stop();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A real `kubewise serve` in a process of its own. */
async function serve(): Promise<{ readonly child: ChildProcess; readonly client: Client }> {
  const connection = join(folder, 'data', 'connection.json');
  const before = stamp(connection);
  const child = spawn(process.execPath, [program, 'serve'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const end = Date.now() + 30_000; Date.now() < end; await pause(20)) {
    if (child.exitCode !== null) throw new Error(`kubewise serve ended with ${child.exitCode}`);
    if (stamp(connection) === before) continue;
    const { url, token } = JSON.parse(readFileSync(connection, 'utf8')) as { url: string; token: string };
    const ready = await fetch(`${url}/ready`).catch(() => undefined);
    if (ready?.ok) return { child, client: createClient({ url, token, timeoutMs: 15_000 }) };
  }
  throw new Error('kubewise serve was not ready within 30 s');
}

const stamp = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What is on the disk of a process that is dead: read behind its back. */
function storedIncident(name: string): Incident | undefined {
  const db = new Database(join(folder, 'data', 'kubewise.db'));
  try {
    const rows = db.prepare('SELECT document FROM incidents').all() as { document: string }[];
    return rows.map((row) => JSON.parse(row.document) as Incident).find((one) => one.target.name === name);
  } finally {
    db.close();
  }
}

/** Opens an incident by an alert and commands a restart; true when KubeWise acknowledged the command. */
async function command(client: Client, name: string): Promise<boolean> {
  try {
    await postAlert(client, name);
    const id = await incidentOf(client, name);
    await client.command(id, `restart_deployment name=${name} ns=${namespace}`);
    return true;
  } catch (error) {
    if (error instanceof Unreachable) return false;
    throw error instanceof Refused ? new Error(`${name}: ${error.reason}: ${error.message}`) : error;
  }
}

let token = '';
async function postAlert(client: Client, name: string): Promise<void> {
  const answer = await fetch(`${client.url}/api/v1/alerts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'Broken', namespace, deployment: name },
          startsAt: new Date().toISOString(),
        },
      ],
    }),
  });
  if (!answer.ok) throw new Error(`the alert was refused: ${answer.status} ${await answer.text()}`);
}

async function incidentOf(client: Client, name: string): Promise<string> {
  for (const end = Date.now() + 10_000; Date.now() < end; await pause(10)) {
    const { items } = await client.incidents({ limit: 200 });
    const found = items.find((one) => one.target.name === name);
    if (found) return found.id;
  }
  throw new Error(`no incident was opened for ${name}`);
}

/** Restarts of a deployment that the API server carried out, by its own log. */
const effects = (name: string) =>
  api.requests.filter(
    (one) => one.verb === 'patch' && one.name === name && !one.dryRun && one.status === 200 && one.user === 'admin',
  );

async function until(look: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await pause(2)) if (look()) return true;
  return look();
}

test(
  `${kills} kills of a real server lose nothing acknowledged and do nothing twice`,
  // Ten minutes on an idle machine.
  { timeout: 2_400_000 },
  async () => {
    writeFileSync(environment.KUBECONFIG, api.kubeconfig('admin'));
    writeFileSync(environment.POLICY_FILE, 'cooldownSeconds: 0\n');
    api.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...names.map(deployment)]);
    const acknowledged: string[] = [];
    let between = 0;
    let running = await serve();
    for (const [index, name] of names.entries()) {
      token = (JSON.parse(readFileSync(join(folder, 'data', 'connection.json'), 'utf8')) as { token: string }).token;
      // Every second time the answer to the write is held back, so that the process dies before it hears of it.
      const held = index % 2 === 0;
      if (held) api.faults.set(name, { kind: 'late', seconds: 0.5, match: { verb: 'patch', name } });
      if (await command(running.client, name)) acknowledged.push(name);
      if (held) await until(() => effects(name).length > 0, 5000);
      else await pause(Math.random() * 60);
      await kill(running.child);
      api.faults.clear(name);
      if (storedIncident(name)?.actions.some((action) => action.state === 'Sent') && effects(name).length > 0)
        between += 1;
      running = await serve();
    }
    const done = (name: string): boolean => effects(name).length > 0;
    await until(() => acknowledged.every(done), 60_000);
    await kill(running.child);

    expect(
      acknowledged.filter((name) => !done(name)),
      'acknowledged and lost',
    ).toEqual([]);
    expect(
      names.filter((name) => effects(name).length > 1),
      'done twice',
    ).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(kills / 2);
    console.log(
      `${kills} kills, ${between} between the request and its saved result, ${acknowledged.length} acknowledged`,
    );
    expect(between).toBeGreaterThanOrEqual(kills / 4);
  },
);

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'registry.example/web:1' }] },
    },
  },
});
