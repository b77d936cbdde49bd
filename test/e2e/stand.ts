import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { createApp, home, type App } from '../../backend/src/app.ts';
import { loadConfig } from '../../backend/src/config.ts';
import type { Incident } from '../../backend/src/model/index.ts';
import { demoFaults, startShopCluster, type DemoFault, type ShopCluster } from '../cluster/index.ts';
import { startGrafana, type Grafana } from '../grafana/index.ts';
import { freePort } from '../integration/prometheus.ts';

export const secrets = {
  viewer: 'viewer-token-of-this-run',
  operator: 'operator-token-of-this-run',
  admin: 'admin-token-of-this-run',
  approveSecret: 'approve-secret-of-this-run',
};

/** The real backend over the simulated cluster, behind the stand-in Grafana with the built plugin. */
export interface Stand {
  readonly cluster: ShopCluster;
  readonly app: App;
  readonly grafana: Grafana;
  /** Breaks something, and says what. */
  fault(kind: DemoFault['kind']): Promise<DemoFault['target']>;
  /** Lets time in the cluster pass quickly, or hardly, from now on: a plan waits while a browser is slow. */
  hurry(): void;
  linger(): void;
  /** The first incident that looks like this, waited for. */
  incident(wanted: (incident: Incident) => boolean, seconds: number): Promise<Incident>;
  /** Asks the backend directly, past Grafana. */
  direct(path: string, init?: RequestInit): Promise<Response>;
  log(): string;
  close(): Promise<void>;
}

/** Cluster seconds per second here. The cluster starts this much in the past, so that its now stays before a dashboard's. */
const speed = 30;
const head = 2.5 * 3600;
/** Time for a rollout to be something new, and for a panel to show something usual before it, in cluster seconds. */
const settling = 1800;
const fast = 90;
const slow = 1;

export interface StandOptions {
  /** Further data sources: uid → address of a backend, which need not be there. */
  readonly moreBackends?: Readonly<Record<string, string>>;
}

export async function startStand({ moreBackends = {} }: StandOptions = {}): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-e2e-'));
  const port = await freePort();
  const backendUrl = `http://127.0.0.1:${port}`;
  const grafana = await startGrafana({ backendUrl, tokens: secrets, moreBackends });
  const cluster = await startShopCluster({ speed, start: Math.floor(Date.now() / 1000 - head), pastDays: 1 });
  writeFileSync(join(folder, 'kubeconfig.yaml'), cluster.kubeconfig('admin'), { mode: 0o600 });
  const app = await createApp({
    config: configOf(folder, port, cluster.prometheusUrl, grafana),
    clock: cluster.clock,
    logTo: join(folder, 'kubewise.log'),
  });
  await app.start();
  cluster.clock.setSpeed(fast);
  await cluster.clock.sleep(settling);
  return {
    cluster,
    app,
    grafana,
    linger: () => cluster.clock.setSpeed(slow),
    async fault(kind) {
      const found = demoFaults(cluster.ground).find((one) => one.kind === kind);
      if (!found) throw new Error(`the demo has no fault ${kind}`);
      await found.inject();
      return found.target;
    },
    hurry: () => cluster.clock.setSpeed(fast),
    incident: (wanted, seconds) =>
      until(async () => (await app.ports.store.incidents.find({ limit: 100 })).find(wanted), seconds),
    direct: (path, init) => fetch(backendUrl + path, init),
    log: () => readFileSync(join(folder, 'kubewise.log'), 'utf8'),
    async close() {
      await grafana.close();
      await app.stop();
      await cluster.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configOf(folder: string, port: number, prometheusUrl: string, grafana: Grafana) {
  const tokens = [
    { id: 'grafana-reads', role: 'viewer', token: secrets.viewer },
    { id: 'grafana-writes', role: 'operator', token: secrets.operator },
    { id: 'grafana-admin', role: 'admin', token: secrets.admin },
  ];
  return loadConfig({
    POLICY_FILE: join(home, 'deploy', 'demo', 'policy.yaml'),
    PROM_POLL_INTERVAL: '30',
    WARM_START_DAYS: '1',
    KUBECONFIG: join(folder, 'kubeconfig.yaml'),
    PROM_URL: prometheusUrl,
    DATA_DIR: folder,
    CLUSTER_NAME: 'shop-e2e',
    PORT: String(port),
    AUTH_TOKENS: JSON.stringify(tokens),
    GRAFANA_ISSUERS: JSON.stringify([{ issuer: grafana.issuer, jwksUrl: grafana.jwksUrl, orgs: [1] }]),
    GRAFANA_APPROVE_SECRET: secrets.approveSecret,
    // Every request is in the log: a test looks for those that a page must have made.
    LOG_LEVEL: 'debug',
  }).config;
}

/** Looks twice a second until there is something; says what it looked for when there never is. */
export async function until<T>(look: () => Promise<T | undefined>, seconds: number): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(500)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`did not happen within ${seconds} s: ${look.toString().slice(0, 200)}`);
}

/** Pictures of this run, for people to look at; the folder is not kept in git. */
const pictures = join(import.meta.dirname, 'screenshots');
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
