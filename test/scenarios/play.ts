import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, home, type App } from '../../backend/src/app.ts';
import { loadConfig } from '../../backend/src/config.ts';
import type { IncidentDetail } from '../../backend/src/http/contract.ts';
import { createClient, type Client } from '../../backend/src/http/client.ts';
import { judge, type Injected, type Subject } from '../cluster/faults/index.ts';
import { startShopCluster, type ShopCluster } from '../cluster/index.ts';
import { firstDeviation } from './deviation.ts';
import { plannerSettings, type Planner } from './planner.ts';
import { familyOf, truthOf, type Scenario } from './scenario.ts';

/** An object that is wrong; its class where it is not the scenario's. */
export type RootCause = Subject & { readonly class?: string };

/** What one run of a scenario left behind. Times are cluster seconds since the first fault was injected. */
export interface Observed {
  readonly rootCauses: readonly RootCause[];
  /** Workloads by role, as they were called in this run. */
  readonly roles: Readonly<Record<string, Subject>>;
  readonly injectedAt: number;
  /** When everything that counts as recovered began to hold for good, after something of it did not. */
  readonly recoveredAt: number | undefined;
  readonly shown: boolean;
  /** A fault that grows began to hurt somebody; the first of several. */
  readonly impactAt: number | undefined;
  /** The first sample of the series that are disturbed was away from the hour before, whoever noticed. */
  readonly deviatedAt: number | undefined;
  readonly incidents: readonly IncidentDetail[];
}

export type RunMode = 'auto' | 'observe';

export interface PlayOptions {
  readonly mode: RunMode;
  readonly planner: Planner;
}

/** Looks this often (cluster seconds), and calls it over when all has been well for so long. */
const look = 15;
const settled = 600;
const pastDays = 2;
/** Between two evaluations (cluster seconds). */
export const interval = 30;

/** Runs one scenario against the whole product, over HTTP, as fast as everybody in it is done. */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Observed> {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-scenario-'));
  const { names, namespaces, nodes } = scenario.workloads;
  const { seed } = scenario;
  const cluster = await startShopCluster({ seed, names, namespaces, nodes, speed: Infinity, pastDays });
  try {
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig('admin'), { mode: 0o600 });
    const app = await createApp({
      config: configOf(options, folder, cluster),
      clock: cluster.clock,
      logTo: join(folder, 'log'),
    });
    try {
      await app.start();
      return await watch(scenario, cluster, app);
    } finally {
      await app.stop();
    }
  } finally {
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function configOf({ mode, planner }: PlayOptions, folder: string, cluster: ShopCluster) {
  return loadConfig({
    POLICY_FILE: join(home, 'deploy', 'demo', 'policy.yaml'),
    REMEDIATION_MODE: mode === 'auto' ? 'AUTO' : 'MANUAL',
    KUBECONFIG: join(folder, 'kubeconfig'),
    PROM_URL: cluster.prometheusUrl,
    PROM_POLL_INTERVAL: String(interval),
    WARM_START_DAYS: String(pastDays),
    DATA_DIR: folder,
    CLUSTER_NAME: 'scenario',
    PORT: '0',
    LOG_LEVEL: 'error',
    ...plannerSettings(planner, process.env, folder),
  }).config;
}

type Injection = Injected & { readonly fault: Scenario['faults'][number] };

/** The lead-in, the faults at their times, and the time until all is settled or the deadline has come. */
async function watch(scenario: Scenario, cluster: ShopCluster, app: App): Promise<Observed> {
  const { clock, ground } = cluster;
  const client = createClient({ url: app.url, token: app.token, timeoutMs: 60_000 });
  await clock.sleep(scenario.leadIn);
  const injectedAt = clock.now();
  const injected: Injection[] = [];
  const due = [...scenario.faults];
  const ends = new Map<Injection, number>();
  let [shown, wellSince]: [boolean, number | undefined] = [false, undefined];
  let impactAt: number | undefined;
  for (;;) {
    const at = clock.now() - injectedAt;
    for (const fault of due.filter((one) => one.at <= at)) {
      due.splice(due.indexOf(fault), 1);
      const one = { ...(await familyOf(fault.family).inject(ground, fault.params)), fault };
      injected.push(one);
      if (fault.end !== undefined) ends.set(one, fault.end);
    }
    for (const [one, end] of [...ends]) if (end <= at && ends.delete(one)) await one.end();
    const well = isWell(scenario, cluster, injected);
    shown ||= !well;
    if (isHurt(cluster, injected)) impactAt ??= at;
    wellSince = well ? (wellSince ?? at) : undefined;
    const over = shown && due.length === 0 && wellSince !== undefined && at - wellSince >= settled;
    if (at >= scenario.deadline || (over && (await nothingOpen(client)))) break;
    await clock.sleep(look);
  }
  return {
    rootCauses: injected.flatMap((one) => [one.rootCause, ...(one.others ?? [])]),
    roles: Object.fromEntries(
      cluster.shop.profiles.map(({ role, kind, namespace, name }) => [role, { kind, namespace, name }]),
    ),
    injectedAt,
    recoveredAt: shown ? wellSince : undefined,
    shown,
    impactAt,
    deviatedAt: await deviationIn(scenario, cluster, injectedAt),
    incidents: await incidentsOf(client),
  };
}

function isWell(scenario: Scenario, { ground }: ShopCluster, injected: readonly Injection[]): boolean {
  const own = scenario.truth.recovered;
  if (own) return own.every((one) => judge(ground, one, injected[0]?.rootCause.name).met);
  return injected.every((one) => familyOf(one.fault.family).recovered(ground, one.fault.params, one).met);
}

const isHurt = ({ ground }: ShopCluster, injected: readonly Injection[]): boolean =>
  injected.some(({ fault, rootCause }) =>
    familyOf(fault.family)
      .impact(fault.params)
      .some((one) => !judge(ground, one, rootCause.name).met),
  );

async function deviationIn(scenario: Scenario, cluster: ShopCluster, injectedAt: number): Promise<number | undefined> {
  const at = await firstDeviation(cluster, truthOf(scenario).metricTypes, injectedAt, interval);
  return at === undefined ? undefined : at - injectedAt;
}

const nothingOpen = async (client: Client): Promise<boolean> =>
  (await client.incidents({ open: true, limit: 1 })).items.length === 0;

async function incidentsOf(client: Client): Promise<IncidentDetail[]> {
  const { items } = await client.incidents({ limit: 200 });
  return Promise.all(items.map((one) => client.incident(one.id)));
}
