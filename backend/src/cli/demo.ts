import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  demoFaults,
  startShopCluster,
  type DemoFault,
  type ShopCluster,
  type ShopClusterOptions,
} from '../../../test/cluster/index.ts';
import { createApp, home, version, type App } from '../app.ts';
import { loadConfig, type Config } from '../config.ts';
import { isPutRight, reportOf, sentenceOf, type FaultReport, type Injection } from './demo-report.ts';
import { rbacManifests } from './rbac.ts';

export interface DemoOptions {
  /** What the policy grants runs without a person. */
  readonly auto?: boolean;
  /** End when the faults are over, with a line of JSON. */
  readonly once?: boolean;
  readonly seed?: number;
  /** Cluster seconds per wall second. */
  readonly speed?: number;
  /** Detectors that say nothing. */
  readonly silent?: boolean;
  /** Other names for workloads and namespaces of the simulated cluster. */
  readonly names?: Readonly<Record<string, string>>;
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Where database, log and kubeconfig of the demo go; emptied at start. */
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

/** Cluster seconds: before the first fault, from one to the next at least, and how long one may last. */
const schedule = { first: 120, gap: 600, patience: 5400 };

/** `kubewise demo`: the whole product on the simulated cluster. Resolves to the exit code. */
export async function demo(options: DemoOptions): Promise<number> {
  const folder = options.folder ?? join('.kubewise', 'demo');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  options.print(`KubeWise ${version}: starting a simulated cluster and two weeks of its past …`);
  const cluster = await startShopCluster({
    seed: options.seed ?? 1,
    speed: options.speed ?? 30,
    start: Math.floor(Date.now() / 1000),
    ...(options.names && { names: options.names }),
    ...(options.namespaces && { namespaces: options.namespaces }),
    ...account(),
  });
  try {
    const app = await createApp(appOptions(options, folder, cluster));
    try {
      await app.start();
      introduce(options, app, folder);
      return await play(options, cluster, app);
    } finally {
      await app.stop();
    }
  } finally {
    await cluster.close();
  }
}

const serviceAccount = 'kubewise/kubewise';
const user = `system:serviceaccount:${serviceAccount.replace('/', ':')}`;

/** Who KubeWise is in the cluster: a service account with the rights that `kubewise rbac` prints, and no others. */
function account() {
  const token = randomBytes(24).toString('base64url');
  return {
    manifests: rbacManifests({ actions: 'all', name: 'kubewise', serviceAccount }) as NonNullable<
      ShopClusterOptions['manifests']
    >,
    api: { tokens: [{ token, user, groups: ['system:serviceaccounts'] }] },
  };
}

function appOptions(options: DemoOptions, folder: string, cluster: ShopCluster) {
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  writeFileSync(kubeconfig, cluster.kubeconfig(user), { mode: 0o600 });
  const { config }: { config: Config } = loadConfig({
    POLICY_FILE: join(home, 'deploy', 'demo', 'policy.yaml'),
    PROM_POLL_INTERVAL: '30',
    ...options.env,
    REMEDIATION_MODE: options.auto ? 'AUTO' : 'MANUAL',
    KUBECONFIG: kubeconfig,
    PROM_URL: cluster.prometheusUrl,
    DATA_DIR: folder,
    CLUSTER_NAME: 'demo',
  });
  return {
    config,
    clock: cluster.clock,
    logTo: join(folder, 'kubewise.log'),
    connectionFile: options.folder ? join(folder, 'connection.json') : join('.kubewise', 'connection.json'),
    ...(options.silent && { silent: true }),
  };
}

function introduce(options: DemoOptions, app: App, folder: string): void {
  const lines = [
    '',
    `KubeWise is ready.   API ${app.url}/api/v1   docs ${app.url}/docs   metrics ${app.url}/metrics`,
    `Token:   ${app.token}   (npx kubewise … finds it by itself)`,
    `Mode:    ${options.auto ? 'AUTO: what the policy grants runs without a person' : 'MANUAL: you approve each plan with the command that is printed'}`,
    `Policy:  deploy/demo/policy.yaml, for this cluster only`,
    `Log:     ${join(folder, 'kubewise.log')}`,
    `Three faults come one after the other. One second here is ${options.speed ?? 30} seconds in the cluster.`,
    '',
  ];
  options.print(lines.join('\n'));
}

/** Injects the faults one after the other and tells what becomes of them. */
async function play(options: DemoOptions, cluster: ShopCluster, app: App): Promise<number> {
  const { clock } = cluster;
  const phases = new Map<string, string>();
  const stopTelling = app.operations.onIncident((incident) => {
    const line = sentenceOf(incident, phases.get(incident.id), clock.now());
    phases.set(incident.id, incident.phase);
    if (line) options.print(line);
  });
  const reports: FaultReport[] = [];
  const began = clock.now();
  try {
    await clock.sleep(schedule.first, options.signal);
    for (const fault of demoFaults(cluster.ground)) {
      if (options.signal.aborted) break;
      reports.push(await playOne(options, cluster, app, fault));
    }
    return await ending(options, app, reports, clock.now() - began);
  } finally {
    stopTelling();
  }
}

async function ending(
  options: DemoOptions,
  app: App,
  reports: readonly FaultReport[],
  seconds: number,
): Promise<number> {
  const putRight = reports.length === 3 && reports.every(isPutRight);
  if (options.once) {
    options.print(JSON.stringify({ faults: reports, clusterSeconds: Math.round(seconds), putRight }));
    return putRight ? 0 : 1;
  }
  if (!options.signal.aborted)
    options.print(`The faults are over; KubeWise goes on watching at ${app.url}. Stop with Ctrl-C.`);
  await new Promise<void>((resolve) => {
    if (options.signal.aborted) resolve();
    options.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return 0;
}

/** One fault: until it is put right and its incident closed, or until patience ends. */
async function playOne(options: DemoOptions, { clock }: ShopCluster, app: App, fault: DemoFault): Promise<FaultReport> {
  const injected = await fault.inject();
  const injection: Injection = {
    kind: fault.kind,
    title: fault.title,
    injectedAt: clock.now(),
    target: injected.rootCause,
    acceptable: fault.acceptable,
  };
  options.print(`${new Date(clock.now() * 1000).toISOString().slice(11, 19)}  FAULT      ${fault.title}`);
  const report = async (): Promise<FaultReport> => {
    const incidents = await app.ports.store.incidents.find({
      where: { openedAt: { gte: injection.injectedAt } },
      limit: 200,
    });
    return reportOf(injection, incidents, fault.shown() && fault.recovered().met, Infinity);
  };
  let last = await report();
  while (!options.signal.aborted) {
    await clock.sleep(10, options.signal);
    fault.shown();
    last = await report();
    const age = clock.now() - injection.injectedAt;
    if (age >= schedule.gap && isPutRight(last)) break;
    if (age >= (options.auto ? schedule.patience : schedule.gap * 3) && (options.auto || !options.once)) break;
    if (age >= schedule.patience) break;
  }
  return last;
}
