import type { Incident, KubernetesRequest, Query, Target, Topology } from '../model/index.ts';
import { targetKey } from '../model/index.ts';
import {
  AdapterError,
  type Kubernetes,
  type MetricsSource,
  type Notification,
  type Ports,
  type QueryAnswer,
  type Store,
  type WriteAnswer,
} from './ports.ts';

type KubeObject = NonNullable<WriteAnswer['object']>;

/** What a test may look at and turn after `createFakePorts`. */
export interface Fakes {
  readonly ports: Ports;
  /** Moves domain time on. */
  advance(seconds: number): void;
  readonly sent: { readonly request: KubernetesRequest; readonly dryRun: boolean }[];
  readonly notifications: Notification[];
  readonly counts: { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly logged: { readonly level: string; readonly message: string }[];
  /** Objects by `Kind/namespace/name`, as the API would serve them. */
  readonly objects: Map<string, KubeObject>;
  /** What the next writes answer; empty = 200 with the object as it is. */
  readonly answers: (WriteAnswer | AdapterError)[];
  /** Instant answers by PromQL text. */
  readonly vectors: Map<string, QueryAnswer>;
  readonly down: Set<'metrics' | 'notifier'>;
}

const accepted = (object: KubeObject | undefined): WriteAnswer => ({ status: 200, reason: '', message: '', object });

/** Every port but the store, in memory and under the test's control; the clock stands until the test moves it. */
export function createFakePorts(store: Store, options: { readonly topology?: Partial<Topology> } = {}): Fakes {
  let now = 1_700_000_000;
  let id = 0;
  const fakes = {
    sent: [] as Fakes['sent'],
    notifications: [] as Notification[],
    counts: [] as Fakes['counts'],
    logged: [] as Fakes['logged'],
    objects: new Map<string, KubeObject>(),
    answers: [] as Fakes['answers'],
    vectors: new Map<string, QueryAnswer>(),
    down: new Set<'metrics' | 'notifier'>(),
  };
  const failing = (system: 'metrics' | 'notifier'): void => {
    if (fakes.down.has(system)) throw new AdapterError(system, `${system} is down`, { retryable: true });
  };
  const say = (level: string) => (_fields: object, message: string) => void fakes.logged.push({ level, message });

  const kubernetes: Kubernetes = {
    clusterUid: () => Promise.resolve('test'),
    ask: (query) => Promise.resolve(answerFrom(fakes.objects, query)),
    send(request, { dryRun }) {
      fakes.sent.push({ request, dryRun });
      const { kind, namespace, name } = request.ref;
      const answer = dryRun ? undefined : fakes.answers.shift();
      if (answer instanceof AdapterError) return Promise.reject(answer);
      return Promise.resolve(answer ?? accepted(fakes.objects.get(`${kind}/${namespace}/${name}`)));
    },
    allowed: () => Promise.resolve(true),
    ping: () => Promise.resolve({ version: 'v1.36.0', nodes: 1 }),
  };
  const answer = (promql: string): Promise<QueryAnswer> => {
    failing('metrics');
    return Promise.resolve(fakes.vectors.get(promql) ?? { ok: true, series: [], dropped: 0, seconds: 0 });
  };
  const metrics: MetricsSource = {
    query: async (promql) => answer(promql),
    queryRange: async (promql) => answer(promql),
    ping: async () => failing('metrics'),
  };
  const topology: Topology = {
    cluster: 'test',
    ownerOf: (kind, namespace, name): Target => ({ cluster: 'test', kind, namespace, name }),
    podsOf: () => [],
    labelsOf: () => ({}),
    namespaces: () => [],
    targets: () => [],
    interventions: () => [],
    object: () => undefined,
    ...options.topology,
  };
  const ports: Ports = {
    cluster: 'test',
    clock: { now: () => now, sleep: () => Promise.resolve(), hold: () => () => undefined },
    ids: { next: () => `id-${String((id += 1)).padStart(6, '0')}` },
    metrics,
    kubernetes,
    watcher: {
      topology,
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      synced: true,
      staleness: () => 0,
    },
    store,
    silences: undefined,
    model: undefined,
    reviewer: undefined,
    notifier: {
      receivers: 1,
      async send(notification) {
        failing('notifier');
        fakes.notifications.push(notification);
      },
    },
    recorder: {
      count: (name, labels = {}) => void fakes.counts.push({ name, labels }),
      observe: () => undefined,
      gauge: () => undefined,
      resetGauge: () => undefined,
    },
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
  };
  return { ...fakes, ports, advance: (seconds) => void (now += seconds) };
}

function answerFrom(objects: ReadonlyMap<string, KubeObject>, query: Query) {
  const found =
    query.kind === 'Object'
      ? [objects.get(`${query.ref.kind}/${query.ref.namespace}/${query.ref.name}`)].filter((one) => one !== undefined)
      : query.kind === 'List'
        ? [...objects].filter(([key]) => key.startsWith(`${query.of}/${query.namespace}`)).map(([, object]) => object)
        : [];
  return { query, found: found.length > 0, objects: found, values: [] };
}

/** A fresh incident about a Deployment, as loop one would have opened it. */
export function fakeIncident(fields: Partial<Incident> = {}): Incident {
  const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
  const key = targetKey(target);
  const at = 1_700_000_000;
  return {
    ...{ id: 'incident-1', version: 0, schemaVersion: 1, cluster: 'test', target, targetKey: key, openKey: key },
    ...{ title: 'web', severity: 'warning', reason: 'SignalsAgree', message: 'web is not well', phase: 'Firing' },
    ...{ anomalyIds: [], eventIds: [], alertIds: [], changes: [], signals: ['metric:cpu'], diagnosedSignals: [] },
    ...{
      causes: [],
      evidence: [],
      timeline: [],
      approvals: [],
      pastPlans: [],
      formerPlans: [],
      actions: [],
      pendingAudit: [],
    },
    ...{ pendingNotifications: [], startedAt: at, openedAt: at, updatedAt: at, nextAt: at, attempts: 0 },
    ...fields,
  } as Incident;
}
