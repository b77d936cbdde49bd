import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import { createRecorder } from '../adapters/telemetry/index.ts';
import { Policy, targetKey, type Anomaly } from '../model/index.ts';
import { createAuditLog } from '../pipeline/audit.ts';
import { createLedger, type Ledger } from '../pipeline/ledger.ts';
import { createOperate } from '../pipeline/operate.ts';
import { createSwitches } from '../pipeline/switches.ts';
import { createFakePorts, fakeIncident, type Fakes } from '../pipeline/ports.fake.ts';
import type { BacktestAsk, LongWork, Operations, QueryStatus, ScoreRow } from '../pipeline/ports.ts';
import type { Role } from './rights.ts';
import { createHttpServer, type HttpOptions, type HttpServer } from './server.ts';

export const roles: readonly Role[] = ['viewer', 'operator', 'approver', 'admin', 'ingest'];
export const tokenOf = (role: Role): string => `token-of-the-${role}-0123456789`;

/** A KubeWise that listens: real decisions over a real store, with stand-ins for what watches a cluster. */
export interface Running {
  readonly url: string;
  readonly server: HttpServer;
  readonly store: SqliteStore;
  readonly fakes: Fakes;
  readonly ledger: Ledger;
  /** What operations may be turned into by a test. */
  readonly operations: { -readonly [K in keyof Operations]: Operations[K] };
  /** One request; `role` undefined sends no token. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** A plan of a person that waits for its approval. */
  proposed(): Promise<{ planId: string; digest: string }>;
  stop(): Promise<void>;
}
export interface AskOptions {
  readonly role?: Role | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into answers of every shape
  readonly body: any;
}

const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
const row: ScoreRow = {
  ...{ target, targetKey: targetKey(target), query: 'cpu', metricType: 'cpu', value: 0.9, expected: 0.3 },
  ...{
    band: [0.2, 0.4],
    score: 0.91,
    threshold: 0.85,
    state: 'anomalous',
    timestamp: 1_700_000_000,
    window: [[1_699_999_940, 0.8]],
  },
};
const query: QueryStatus = {
  ...{ name: 'cpu', query: 'rate(cpu[5m])', metricType: 'cpu', unit: 'cores', aggregate: 'sum', direction: 'up' },
  ...{ state: 'found', series: 1, dropped: 0, seconds: 0.01, message: '' },
};

export const anomaly = (id: string, fields: Partial<Anomaly> = {}): Anomaly => ({
  ...{ id, version: 0, schemaVersion: 1, cluster: 'test', series: 'cpu/web', query: 'cpu', metricType: 'cpu' },
  ...{ unit: 'cores', target, targetKey: targetKey(target), value: 0.9, expected: 0.3, band: [0.2, 0.4] },
  ...{ score: 0.91, peak: 0.95, threshold: 0.85, severity: 'warning', confidence: 0.8, views: [], features: {} },
  ...{ sentence: 'cpu is three times what is usual', startedAt: 1_700_000_000, updatedAt: 1_700_000_000 },
  ...{ open: true, incidentId: 'incident-1', reason: '', ...fields },
});

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-web', resourceVersion: '7', generation: 1 },
  spec: { replicas: 2, template: { spec: { containers: [{ name: 'web' }] } } },
  status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
};

/** Three steps of progress; ends early when nobody waits any more. */
async function backtest(ask: BacktestAsk, work: LongWork) {
  for (let step = 1; step <= 3 && !work.signal.aborted; step += 1) {
    work.progress(step / 3, `${step} of 3`);
    await new Promise((resolve) => setTimeout(resolve, ask.promql === 'slow' ? 200 : 5));
  }
  const excursion = { target: 'Deployment shop/web', from: ask.from, to: ask.to, peak: 0.97, sentence: 'it rose' };
  return { ok: true as const, value: { series: 1, samples: 60, incidents: [excursion], lines: [] } };
}

type Decided = ReturnType<typeof createOperate>;
function operationsOf(decided: Decided, fakes: Fakes, ledger: Ledger, audit: ReturnType<typeof createAuditLog>) {
  const ok = { status: 'ok', message: 'answers', lastSuccess: 1_700_000_000 } as const;
  const config: Record<string, unknown> = { GEMINI_API_KEY: '***', FALSE_ALARM_BUDGET: 3, RETENTION_DAYS: 30 };
  return {
    ...decided,
    config: () => config,
    async setConfig(change) {
      const wrong = Object.keys(change).find((name) => name !== 'DEFAULT_ANOMALY_THRESHOLD');
      if (wrong) return { ok: false, status: 400, reason: 'NotRuntime', message: `${wrong}: may not change now` };
      return { ok: true, value: Object.assign(config, change) };
    },
    changeable: () => ['DEFAULT_ANOMALY_THRESHOLD'],
    queries: () => [query],
    scores: () => [row],
    modelInfo: () => ({ detectors: ['half-space trees'] }),
    calibration: () => ({ samples: 1000, tails: [{ probability: 0.01, samples: 12 }] }),
    components: async () => ({ Store: ok, Watch: ok, Prometheus: ok, Kubernetes: ok }),
    auditVerify: () => audit.verify(),
    permissions: async () => [
      { verb: 'patch', group: 'apps', resource: 'deployments', action: 'restart_deployment', allowed: false },
    ],
    onIncident: (listener) => ledger.onIncident(listener),
    interventions: () => [],
    series: async () => ({ ok: true, value: { series: [], omitted: 0 } }),
    scoreSeries: async (series) => ({
      ok: true,
      value: series.map((one) => {
        const line = one.values.map(() => 0.5);
        const scored = { scores: line, anomalyScores: line, expected: line, low: line, high: line };
        return { ...one, ...scored, threshold: 0.85, excursions: [] };
      }),
    }),
    backtest,
    train: async (days, work) => {
      work.progress(0.5, 'half way');
      return { ok: true, value: { days } };
    },
    saveQuery: async (saved) => ({ ok: true, value: { ...query, ...saved } }),
    removeQuery: async (name) =>
      name === 'cpu'
        ? { ok: true, value: undefined }
        : { ok: false, status: 404, reason: 'QueryNotFound', message: `there is no query ${name}` },
    backup: async () => ({ ok: true, value: { path: 'kubewise.backup.db', bytes: 4096 } }),
    receiveWrite: async (body) => ({ ok: true, value: { samples: body.length } }),
    ...{ startedAt: fakes.ports.clock.now() - 60, version: '0.1.0', cluster: 'test' },
  } satisfies Operations as Running['operations'];
}

function decisions(fakes: Fakes, ledger: Ledger, audit: ReturnType<typeof createAuditLog>): Decided {
  const policy = Policy.parse({});
  const switches = createSwitches(fakes.ports, 'MANUAL');
  return createOperate({
    ...{ ports: fakes.ports, ledger, audit, switches, readings: () => [] },
    ...{ kick: () => undefined, alerts: () => undefined, feedback: () => undefined },
    governance: {
      policy: () => policy,
      runbooks: () => [],
      mode: () => switches.mode(),
      killSwitch: () => switches.killSwitch(),
    },
  });
}

async function asked(url: string, method: string, path: string, options: AskOptions): Promise<Answer> {
  const { role, body, headers } = options;
  const sent = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body ?? {});
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(role && { Authorization: `Bearer ${tokenOf(role)}` }),
      ...(method !== 'GET' && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(method !== 'GET' && { body: sent as BodyInit }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Starts it on a free port (or `at` one) with one open incident and three anomalies; its store may be a file. */
export async function startServer(more: Partial<HttpOptions> = {}, at = 0, path = ':memory:'): Promise<Running> {
  const store = await openSqliteStore({ path });
  const fakes = createFakePorts(store);
  const audit = createAuditLog(store.audit, 'test');
  const ledger = createLedger(fakes.ports, audit);
  const operations = operationsOf(decisions(fakes, ledger, audit), fakes, ledger, audit);
  const server = createHttpServer({
    ...{ operations, store, log: fakes.ports.log, clock: fakes.ports.clock, recorder: createRecorder() },
    tokens: roles.map((role) => ({ id: role, role, token: tokenOf(role) })),
    grafanaIssuers: [],
    ...more,
  });
  fakes.objects.set('Deployment/shop/web', web);
  await ledger.create(fakeIncident());
  await store.anomalies.upsert([1, 2, 3].map((n) => anomaly(`anomaly-${n}`, { startedAt: 1_700_000_000 + n })));
  const { host, port } = await server.listen(at, '127.0.0.1');
  const url = `http://${host}:${port}`;
  const ask: Running['ask'] = (method, path, options = {}) => asked(url, method, path, options);
  return {
    ...{ url, server, store, fakes, ledger, operations, ask },
    async proposed() {
      const command = 'scale_deployment name=web ns=shop replicas=4';
      const { body } = await ask('POST', '/api/v1/incidents/incident-1/command', {
        role: 'operator',
        body: { command },
      });
      return { planId: body.currentPlan.id, digest: body.currentPlan.digest };
    },
    async stop() {
      await server.close(1);
      await store.close();
    },
  };
}
