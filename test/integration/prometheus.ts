import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A server of Debian's that a test started. */
export interface Started {
  readonly url: string;
  stop(): Promise<void>;
}

/** What Prometheus scrapes: job name → metrics URL. Labels that the target sets win. */
export type Targets = Readonly<Record<string, string>>;

/** Is a program of this machine there? If not, says so the way `.ci/run` understands. */
export function isThere(program: string): boolean {
  const found = spawnSync(program, ['--version']).status === 0;
  if (!found) console.log(`skipped: ${program} absent`);
  return found;
}

export async function freePort(): Promise<number> {
  const socket = createServer();
  await new Promise<void>((done) => socket.listen(0, '127.0.0.1', done));
  const { port } = socket.address() as AddressInfo;
  await new Promise((done) => socket.close(done));
  return port;
}

/** Starts a process and waits until `path` answers 200. */
async function start(program: string, port: number, args: readonly string[], path: string): Promise<Started> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  for (let tries = 0; tries < 150; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    const answer = await fetch(url + path).catch(() => undefined);
    if (answer?.ok) return { url, stop };
    await pause(200);
  }
  await stop();
  throw new Error(`${program} was not ready within 30 s`);
}

export interface ScrapeOptions {
  /** Put on every series of every target, as a ServiceMonitor does. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Bearer token of the targets. */
  readonly token?: string;
  /** Where every sample is pushed to as well. */
  readonly remoteWrite?: string;
}

/** A real Prometheus with a configuration (JSON is YAML) and flags of its own; its data goes when it is stopped. */
async function run(config: object, flags: readonly string[] = []): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const port = await freePort();
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const server = await start(
    'prometheus',
    port,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...flags,
    ],
    '/-/ready',
  );
  return {
    url: server.url,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A real Prometheus that scrapes these targets. */
export function startPrometheus(
  targets: Targets,
  intervalSeconds: number,
  { labels = {}, token, remoteWrite }: ScrapeOptions = {},
): Promise<Started> {
  const jobs = Object.entries(targets).map(([job_name, url]) => ({
    job_name,
    honor_labels: true,
    ...(token && { authorization: { credentials: token } }),
    metrics_path: new URL(url).pathname,
    static_configs: [{ targets: [new URL(url).host], labels }],
  }));
  const timing = { scrape_interval: `${intervalSeconds}s`, scrape_timeout: `${intervalSeconds}s` };
  const push = remoteWrite ? [{ url: remoteWrite, queue_config: { batch_send_deadline: '1s' } }] : [];
  return run({ global: timing, scrape_configs: jobs, remote_write: push });
}

/** A real Prometheus that scrapes nothing and takes what is pushed, of the past too. */
export const startReceiver = (): Promise<Started> =>
  run({ storage: { tsdb: { out_of_order_time_window: '1d' } } }, ['--web.enable-remote-write-receiver']);

/** Debian's node_exporter: metrics of this machine. */
export async function startNodeExporter(): Promise<Started> {
  const port = await freePort();
  return start('prometheus-node-exporter', port, [`--web.listen-address=127.0.0.1:${port}`], '/metrics');
}

/** The value of a query at this moment, or undefined when it finds nothing. */
export async function instant(url: string, query: string): Promise<number | undefined> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  const value = data.result[0]?.value[1];
  return value === undefined ? undefined : Number(value);
}
