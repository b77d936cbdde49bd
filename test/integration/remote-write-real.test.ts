import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRemoteWriteSource } from '../../backend/src/adapters/remote-write/index.ts';
import { defaultQueries } from '../../backend/src/pipeline/collect/index.ts';
import { freePort, isThere } from './prometheus.ts';

/** What two pods and a node export under the names of the default queries; counters grow with time. */
function exposition(seconds: number): string {
  const lines: string[] = [];
  const add = (name: string, labels: string, value: number): void => void lines.push(`${name}{${labels}} ${value}`);
  for (const [pod, speed] of [['web-1', 3] as const, ['web-2', 7] as const]) {
    const labels = `namespace="shop",pod="${pod}"`;
    const container = `${labels},container="server"`;
    add('kube_pod_info', labels, 1);
    add('container_cpu_usage_seconds_total', container, seconds * speed * 0.1);
    add('container_cpu_usage_seconds_total', `${labels},container=""`, seconds * 100);
    add('container_cpu_cfs_periods_total', container, seconds * 10);
    add('container_cpu_cfs_throttled_periods_total', container, seconds * speed);
    add('container_memory_working_set_bytes', container, 1e8 * speed);
    add('kube_pod_container_resource_limits', `${container},resource="memory"`, 1e9);
    add('kube_pod_container_status_restarts_total', container, Math.floor(seconds / 4) % (speed + 2));
    add('kube_pod_container_status_last_terminated_reason', `${container},reason="OOMKilled"`, 1);
    for (const code of ['200', '500'])
      add('http_requests_total', `${labels},code="${code}"`, seconds * speed * (code === '200' ? 20 : 1));
    for (const [le, share] of [['0.1', 0.6] as const, ['0.5', 0.97] as const, ['+Inf', 1] as const])
      add('http_request_duration_seconds_bucket', `${labels},le="${le}"`, Math.floor(seconds * speed * 50 * share));
  }
  const waiting = 'namespace="shop",pod="web-2",container="server",reason="CrashLoopBackOff"';
  add('kube_pod_container_status_waiting_reason', waiting, 1);
  add('kube_deployment_spec_replicas', 'namespace="shop",deployment="web"', 3);
  add('kube_deployment_status_replicas_available', 'namespace="shop",deployment="web"', 2);
  for (const cpu of [0, 1]) add('node_cpu_seconds_total', `cpu="${cpu}",mode="idle"`, seconds * 0.8);
  add('node_memory_MemTotal_bytes', 'node="n"', 100);
  add('node_memory_MemAvailable_bytes', 'node="n"', 40);
  for (const fstype of ['ext4', 'tmpfs']) {
    add('node_filesystem_size_bytes', `fstype="${fstype}"`, 100);
    add('node_filesystem_avail_bytes', `fstype="${fstype}"`, 30);
  }
  add('apiserver_request_total', 'code="200"', seconds * 50);
  add('etcd_server_has_leader', 'member="a"', 1);
  return `${lines.join('\n')}\n`;
}

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

interface Answered {
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
}
const keyOf = (labels: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(labels).sort());
const quiet = (): void => undefined;

describe.skipIf(!isThere('prometheus'))('a real Prometheus that pushes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'remote-write-'));
  const since = Date.now() / 1000;
  const source = createRemoteWriteSource({
    queries: defaultQueries.map(({ query }) => query),
    maxSeries: 1000,
    clock: { now: () => Date.now() / 1000 },
    recorder: { count: quiet, observe: quiet, gauge: quiet, resetGauge: quiet },
  });
  const refusals: string[] = [];
  const exporter = createServer((_request, response) => response.end(exposition(Date.now() / 1000 - since)));
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = source.receive(Buffer.concat(chunks));
      if (!received.ok) refusals.push(received.message);
      response.writeHead(received.ok ? 204 : received.status).end();
    });
  });
  let child: ChildProcess;
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'all', static_configs: [{ targets: [await listening(exporter)] }] }],
      remote_write: [
        { url: `http://${await listening(receiver)}/api/v1/write`, queue_config: { batch_send_deadline: '200ms' } },
      ],
    };
    // JSON is YAML.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const files = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`];
    child = spawn('prometheus', [...files, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
    url = `http://127.0.0.1:${port}`;
    for (let tries = 0; source.state().series < 20; tries += 1) {
      if (tries > 200) throw new Error('nothing was pushed within 40 s');
      await pause(200);
    }
    await pause(20_000);
  });
  afterAll(async () => {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
    for (const server of [exporter, receiver]) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** Prometheus' own answer at the same instant: labels → value. */
  async function asked(query: string, at: number): Promise<Map<string, number>> {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query, time: String(at) })}`);
    const { data } = (await answer.json()) as Answered;
    return new Map(data.result.map(({ metric, value }) => [keyOf(metric), Number(value[1])]));
  }

  test('every default query has the same series and, within 3 %, the same values from both', async () => {
    // Right after a push nothing is on its way: both know the same samples.
    const { lastReceived } = source.state();
    while (source.state().lastReceived === lastReceived) await pause(10);
    await pause(300);
    const at = Date.now() / 1000;
    const answers = await Promise.all(defaultQueries.map(({ query }) => source.query(query, at)));
    const differences: string[] = [];
    let compared = 0;
    for (const [i, { name, query }] of defaultQueries.entries()) {
      const answer = answers[i];
      if (!answer?.ok) throw new Error(`${name}: ${answer?.message}`);
      const theirs = await asked(query, at);
      const ours = new Map(answer.series.map(({ labels, values }) => [keyOf(labels), values[0] ?? NaN]));
      expect([...ours.keys()].sort(), name).toEqual([...theirs.keys()].sort());
      for (const [key, value] of theirs) {
        compared += 1;
        const mine = ours.get(key) ?? NaN;
        if (!Object.is(mine, value) && !(Math.abs(mine - value) <= 0.03 * Math.abs(value)))
          differences.push(`${name} ${key}: ${mine} instead of ${value}`);
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(20);
    expect(refusals).toEqual([]);
  });
});
