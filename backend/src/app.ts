import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSilences } from './adapters/alertmanager/index.ts';
import { writeConnection } from './adapters/files/index.ts';
import { connectKubernetes } from './adapters/kubernetes/index.ts';
import { createNotifier } from './adapters/notify/index.ts';
import { guardKubernetes, guardMetrics, guardModel, guardSilences, guardStore } from './adapters/resilience/index.ts';
import { uuidV7, wallClock } from './adapters/system/index.ts';
import { createLog, createRecorder } from './adapters/telemetry/index.ts';
import { type Config } from './config.ts';
import { createHttpServer } from './http/index.ts';
import { WatchedQuery } from './model/index.ts';
import { createAuditLog } from './pipeline/audit.ts';
import { defaultQueries } from './pipeline/collect/index.ts';
import { createDetection, withFeedback, type Detection } from './pipeline/detect/index.ts';
import { createExplore, withSaved } from './pipeline/explore.ts';
import { createFalseAlarms } from './pipeline/false-alarms.ts';
import { createGauges } from './pipeline/gauges.ts';
import { createHousekeeping } from './pipeline/housekeeping.ts';
import { createInspect } from './pipeline/inspect.ts';
import { forestOfStore } from './pipeline/labels.ts';
import { createLedger } from './pipeline/ledger.ts';
import { createMessenger } from './pipeline/messenger.ts';
import { createObserve } from './pipeline/observe.ts';
import { createOperate } from './pipeline/operate.ts';
import type { Clock, Log, Operations, Ports } from './pipeline/ports.ts';
import { createReconcile } from './pipeline/reconcile.ts';
import { replay } from './pipeline/replay.ts';
import { createSwitches, type Switches } from './pipeline/switches.ts';
import { createTraining } from './pipeline/train.ts';
import { createWorkloads } from './pipeline/workloads.ts';
import {
  backupTo,
  filesOf,
  formatOf,
  governanceOf,
  metricsOf,
  modelFileOf,
  modelOf,
  openEmptyStore,
  openStore,
  pushedTo,
  queryTexts,
  runtimeConfig,
  snapshotsOf,
  tokensOf,
  webhooksOf,
  writeTo,
} from './wiring/index.ts';

/** For `kubewise score`, which needs the detectors and nothing else of the product. */
export { createRowScorer } from './pipeline/score.ts';

export interface AppOptions {
  readonly config: Config;
  /** Domain time; default: the wall clock. */
  readonly clock?: Clock;
  /** Every detector score is 0 and no limit counts: shows that nothing else opens incidents from metrics. */
  readonly silent?: boolean;
  /** The log goes here instead of to standard error. */
  readonly logTo?: string;
  /** Where the command line finds URL and token; default: connection.json in DATA_DIR. */
  readonly connectionFile?: string;
}

/** A running KubeWise. */
export interface App {
  readonly url: string;
  /** The token of the first admin: what the command line uses. */
  readonly token: string;
  readonly operations: Operations;
  readonly ports: Ports;
  /** Resolves when history is replayed, the watches are in sync and both loops run. */
  start(): Promise<void>;
  /** Stops in the order in which work flows: requests, collectors, both loops, clients, store. */
  stop(): Promise<void>;
}

/** The folder that package.json, runbooks and policies lie in. */
export const home = fileURLToPath(new URL('../..', import.meta.url));
/** From package.json, the one place that says it. */
export const version = (JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }).version;

type Teardown = { readonly name: string; readonly stop: () => Promise<void> | void };

/** Builds and wires everything, in dependency order; what is born later dies first. Long and straight on purpose. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config } = options;
  const clock = options.clock ?? wallClock;
  const files = filesOf(config, join(home, 'runbooks'));
  const log = createLog({
    ...(options.logTo && { to: createWriteStream(options.logTo, { flags: 'a' }) }),
    level: config.LOG_LEVEL,
    format: formatOf(config),
    ...(config.LOG_FILE && { file: config.LOG_FILE }),
  });
  const recorder = createRecorder();
  const teardowns: Teardown[] = [];
  const onStop = (name: string, stop: Teardown['stop']): void => void teardowns.unshift({ name, stop });

  // The outside world, each guarded by its circuit breaker.
  const guardOptions = {
    errorThreshold: config.ERROR_THRESHOLD,
    openSeconds: config.CIRCUIT_OPEN_TIMEOUT,
    halfOpenCalls: config.HALF_OPEN_MAX_CALLS,
    attempts: config.RETRY_MAX_ATTEMPTS,
    baseDelaySeconds: config.RETRY_BASE_DELAY,
    now: () => clock.now(),
    recorder,
    log,
  };
  const opened = await openStore(config, log);
  const store = guardStore(opened, guardOptions);
  onStop('store', () => store.close());
  const connected = await connectKubernetes({
    ...(config.KUBECONFIG && { kubeconfig: config.KUBECONFIG }),
    ...(config.KUBE_CONTEXT && { context: config.KUBE_CONTEXT }),
    ...(config.CLUSTER_NAME && { cluster: config.CLUSTER_NAME }),
    namespaces: config.WATCH_NAMESPACES,
    clock,
    log,
    recorder,
  });
  onStop('kubernetes', () => connected.close());
  const bare = modelOf(config, log);
  const model = bare && guardModel(bare, guardOptions);
  const { PROM_POLL_INTERVAL: poll, PROMETHEUS_SCRAPE_INTERVAL_SECONDS: scrape } = config;
  if (poll < scrape)
    log.warn({ module: 'collect' }, `PROM_POLL_INTERVAL=${poll} is shorter than a scrape (${scrape} s): values repeat`);
  const prometheus = guardMetrics(metricsOf(config, clock, recorder, log), guardOptions);
  const pushed = pushedTo(config, prometheus, clock, recorder);
  const ports: Ports = {
    cluster: connected.watcher.topology.cluster,
    clock,
    ids: uuidV7(clock),
    metrics: pushed ?? prometheus,
    kubernetes: guardKubernetes(connected.kubernetes, guardOptions),
    watcher: connected.watcher,
    store,
    silences: config.ALERTMANAGER_URL
      ? guardSilences(
          createSilences({ url: config.ALERTMANAGER_URL, timeoutSeconds: config.PROM_TIMEOUT, recorder }),
          guardOptions,
        )
      : undefined,
    model: config.GEMINI_AUTO_ANALYSIS ? model : undefined,
    reviewer: config.GEMINI_AUTO_VERIFICATION ? model : undefined,
    notifier: createNotifier({ webhooks: webhooksOf(config), timeoutSeconds: 10 }),
    recorder,
    log,
  };

  // The two loops and what people may ask of them.
  const audit = createAuditLog(store.audit, `kubewise/${ports.cluster}`);
  const ledger = createLedger(ports, audit);
  const switches = createSwitches(ports, config.REMEDIATION_MODE);
  const governance = governanceOf(config, files, switches, log, onStop);
  const thresholds = { default: config.DEFAULT_ANOMALY_THRESHOLD, ...config.ANOMALY_THRESHOLDS };
  const trees = { n: config.HST_N_TREES, height: config.HST_HEIGHT, window: config.HST_WINDOW_SIZE };
  /** Of whatever draws random numbers: a restart judges as before. */
  const seed = 1;
  const detection = withFeedback(createDetection({ thresholds }), await forestOfStore(store, ports.cluster, seed));
  const training = createTraining({
    ports,
    file: modelFileOf(config.ANOMALY_MODEL_PATH),
    ...{ seed, window: config.ANOMALY_METRIC_WINDOW_SECONDS, step: config.WARM_START_STEP },
    threshold: config.ANOMALY_SCORE_THRESHOLD,
    queries: () => observe.queries(),
  });
  training.load();
  const budgeted = (judging: Detection, round: number) =>
    createFalseAlarms(judging, thresholds, { perWeek: config.FALSE_ALARM_BUDGET, round });
  const falseAlarms = budgeted(detection, config.PROM_POLL_INTERVAL);
  const standing = () => ({
    mode: switches.mode(),
    killSwitch: switches.killSwitch(),
    budget: falseAlarms.standing,
  });
  const gauges = createGauges(ports, standing, config.METRICS_MAX_SERIES);
  recorder.gauge('kubewise_build_info', 1, { version });
  recorder.gauge('kubewise_model_token_price', config.MODEL_PRICE_INPUT / 1e6, { direction: 'input' });
  recorder.gauge('kubewise_model_token_price', config.MODEL_PRICE_OUTPUT / 1e6, { direction: 'output' });
  if (model)
    for (const direction of ['input', 'output'])
      recorder.count('kubewise_model_tokens_total', { model: model.name, direction }, 0);
  ledger.onIncident((incident) => gauges.incident(incident));
  const fresh = (interval: number) => {
    const forReplay = createDetection({ thresholds });
    return {
      detection: forReplay,
      workloads: createWorkloads({ trees, seed, training: undefined }),
      falseAlarms: budgeted(forReplay, interval),
    };
  };
  const watched = config.PROM_QUERIES ?? defaultQueries;
  const observe = createObserve({
    ports,
    ledger,
    detection: options.silent ? silenced(detection) : detection,
    gauges,
    queries: options.silent ? watched.map(withoutLimit) : watched,
    interval: config.PROM_POLL_INTERVAL,
    retryDelay: config.ERROR_RETRY_DELAY,
    window: config.ANOMALY_METRIC_WINDOW_SECONDS,
    warmStart: { days: config.WARM_START_DAYS, step: config.WARM_START_STEP },
    mutes: () => switches.mutes(),
    snapshots: snapshotsOf(config, 'detectors'),
    budgetSnapshots: snapshotsOf(config, 'budget'),
    ...(!options.silent && { workloads: createWorkloads({ trees, seed, training }) }),
    falseAlarms,
  });
  const reconcileParts = { ports, ledger, governance, readings: (key: string) => observe.readings(key) };
  const reconcile = createReconcile(reconcileParts, config.RECONCILE_CONCURRENCY);
  const messenger = createMessenger({
    ports,
    ledger,
    publicUrl: config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`,
  });
  const housekeeping = createHousekeeping({ ports, retentionDays: config.RETENTION_DAYS });
  const operations: Operations = {
    ...createOperate({
      ...reconcileParts,
      audit,
      switches,
      kick: () => reconcile.kick(),
      alerts: (alerts) => observe.alerts(alerts),
      feedback: (said) => {
        observe.judged(said);
        const { features, series, feedback } = said;
        const learntFrom = Object.keys(features).length > 0 ? features : (observe.rowOf(series)?.row ?? features);
        detection.feedback(learntFrom, feedback?.verdict === 'TruePositive');
      },
    }),
    ...createInspect(
      {
        ports,
        observe,
        audit,
        interval: config.PROM_POLL_INTERVAL,
        notifications: () => messenger.health(),
        modelInfo: () => ({
          ...modelInfoOf(config, training.info(), observe.warm),
          backtest: observe.backtest && { ...observe.backtest, incidents: observe.backtest.incidents.slice(0, 50) },
        }),
      },
      (listener) => ledger.onIncident(listener),
    ),
    ...createExplore({
      ports,
      observe,
      audit,
      switches,
      detection: { thresholds },
      interval: config.PROM_POLL_INTERVAL,
    }),
    train: (days, work) => training.train(days, work),
    replay: (ask, work) =>
      replay({ ports, governance, queries: () => observe.queries(), fresh, openStore: openEmptyStore }, ask, work),
    ...(pushed && { receiveWrite: writeTo(pushed, () => queryTexts(observe.queries())) }),
    ...(opened.backup && { backup: backupTo(join(config.DATA_DIR, 'kubewise.backup.db'), opened.backup) }),
    ...runtimeConfig(config, switches, audit, ports, (thresholds) => falseAlarms.setThresholds(thresholds)),
    falseAlarmBudget: () => falseAlarms.standing,
    calibration: () => gauges.calibration(),
    startedAt: clock.now(),
    version,
    cluster: ports.cluster,
  };

  const connectionFile = options.connectionFile ?? join(config.DATA_DIR, 'connection.json');
  const { tokens, admin } = tokensOf(config, connectionFile);
  const server = createHttpServer({
    operations,
    store,
    tokens,
    grafanaIssuers: config.GRAFANA_ISSUERS,
    ...(config.GRAFANA_APPROVE_SECRET && { approveSecret: config.GRAFANA_APPROVE_SECRET }),
    recorder,
    log,
    clock,
  });
  const address = await server.listen(config.PORT, config.HOST);
  const url = `http://${address.host}:${address.port}`;
  writeConnection(connectionFile, { url, token: admin });

  async function start(): Promise<void> {
    await switches.restore();
    observe.replaceQueries(withSaved(observe.queries(), savedQueries(switches.entries())));
    await ports.watcher.start((events) => observe.events(events));
    onStop('watches', () => ports.watcher.stop());
    await observe.start();
    const stopping = new AbortController();
    const loops = [observe, reconcile, messenger, housekeeping].map((loop) => loop.run(stopping.signal));
    onStop('loops', async () => {
      stopping.abort();
      reconcile.kick();
      await Promise.all(loops);
      await observe.drain();
      observe.save();
    });
    onStop('requests', () => server.close(config.SHUTDOWN_TIMEOUT));
  }

  async function stop(): Promise<void> {
    for (const { name, stop: end } of teardowns.splice(0)) await withinTime(name, end, config.SHUTDOWN_TIMEOUT, log);
  }

  return { url, token: admin, operations, ports, start, stop };
}

/** Queries that people saved at run time; null marks one that they removed. */
const savedQueries = (entries: ReturnType<Switches['entries']>) =>
  entries
    .filter(([id]) => id.startsWith('query/'))
    .map(([id, value]) => [id.slice('query/'.length), WatchedQuery.safeParse(value).data] as const);

/** A limit speaks like a detector: a value beyond it is trouble by definition. */
const withoutLimit = ({ limit: _, ...query }: WatchedQuery): WatchedQuery => query;

/** The same detectors, with nothing to say. */
const silenced = (detection: Detection): Detection => ({
  ...detection,
  scores: new Float32Array(1 << 20),
  incidentScores: new Float32Array(1 << 20),
  stateOf: (row) => (detection.stateOf(row) === 'learning' ? 'learning' : 'normal'),
});

const modelInfoOf = (config: Config, forest: unknown, warm: unknown): Readonly<Record<string, unknown>> => ({
  detectors: [
    'residual views',
    'half-space trees',
    'workload distance',
    'trend',
    'isolation forest',
    'feedback forest',
  ],
  halfSpaceTrees: { trees: config.HST_N_TREES, height: config.HST_HEIGHT, window: config.HST_WINDOW_SIZE },
  isolationForest: forest,
  warmStart: warm,
});

/** A teardown that hangs is left behind and said, so that the next one still gets its turn. */
async function withinTime(name: string, end: Teardown['stop'], seconds: number, log: Log): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), seconds * 1000)));
  try {
    if ((await Promise.race([Promise.resolve(end()), late])) === 'late')
      log.error({ module: 'app', component: name }, `did not stop within ${seconds} s`);
  } catch (error) {
    log.error({ module: 'app', component: name, err: error }, 'did not stop cleanly');
  } finally {
    clearTimeout(timer);
  }
}
