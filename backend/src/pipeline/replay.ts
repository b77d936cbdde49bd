import type {
  Answer,
  EventRecord,
  Incident,
  Intervention,
  Query,
  QuerySeries,
  Topology,
  WatchedQuery,
} from '../model/index.ts';
import { targetName } from '../model/index.ts';
import { createAuditLog } from './audit.ts';
import { compared, metBy, pastAlerts, type WouldBe } from './backtest.ts';
import type { Detection } from './detect/index.ts';
import type { FalseAlarms } from './false-alarms.ts';
import type { Governance } from './governance.ts';
import { createLedger } from './ledger.ts';
import { createObserve } from './observe.ts';
import type { Done, LongWork, MetricsSource, Ports, ReplayAsk, Replayed, ReplayedIncident, Store } from './ports.ts';
import { createReconcile } from './reconcile.ts';
import type { Workloads } from './workloads.ts';

/** Detectors that know nothing yet, with the settings of the running ones. */
export interface FreshDetectors {
  readonly detection: Detection;
  readonly workloads: Workloads;
  readonly falseAlarms: FalseAlarms;
}

export interface ReplayParts {
  readonly ports: Ports;
  readonly governance: Governance;
  readonly queries: () => readonly WatchedQuery[];
  readonly fresh: (interval: number) => FreshDetectors;
  /** An empty store that nobody else sees. */
  readonly openStore: () => Promise<Store>;
}

/** History that the detectors learn from before the range (days), and its step (s). */
const lead = { days: 3, step: 300 };
/** Rounds between two moments in which others get their turn. */
const breath = 20;

/**
 * Both loops over history in virtual time: detection, grouping, planning by rules and policy, as if KubeWise had been there
 * and nobody had approved anything. Values and events are those of the past; the objects of the cluster are those of today,
 * because history does not keep them. Nothing is written to the cluster, sent to anybody or learnt by the running detectors.
 */
export async function replay(parts: ReplayParts, ask: ReplayAsk, work: LongWork): Promise<Done<Replayed>> {
  const columns = await fetched(parts, ask, work);
  const store = await parts.openStore();
  try {
    let now = ask.from;
    const ports = virtual(parts.ports, store, columns, ask.step, () => now);
    const ledger = createLedger(ports, createAuditLog(store.audit, 'replay'));
    const observe = createObserve({
      ...{
        ports,
        ledger,
        ...parts.fresh(ask.step),
        queries: parts.queries(),
        interval: ask.step,
        retryDelay: ask.step,
      },
      ...{ window: 10 * ask.step, warmStart: lead, mutes: () => [] },
    });
    const governance: Governance = { ...parts.governance, mode: () => 'MANUAL', killSwitch: () => false };
    const reconcile = createReconcile({ ports, ledger, governance, readings: (key) => observe.readings(key) });
    await observe.start();
    const events = await pastEvents(parts.ports, ask);
    for (let round = 0; now <= ask.to && !work.signal.aborted; round += 1, now += ask.step) {
      const due = events.findIndex((event) => event.lastSeen > now);
      observe.events(events.splice(0, due < 0 ? events.length : due));
      await observe.tick();
      await reconcile.tick();
      if (round % breath > 0) continue;
      const share = (now - ask.from) / (ask.to - ask.from);
      work.progress(0.3 + 0.7 * share, `replayed to ${new Date(now * 1000).toISOString().slice(0, 16)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const incidents = await store.incidents.find({ limit: 5000 });
    const samples = [...columns.values()].flat().reduce((sum, { values }) => sum + values.length, 0);
    return { ok: true, value: { ...(await told(parts, ask, incidents)), series: observe.scores().length, samples } };
  } finally {
    await store.close();
  }
}

type Columns = ReadonlyMap<string, readonly QuerySeries[]>;

async function fetched({ ports, queries }: ReplayParts, ask: ReplayAsk, work: LongWork): Promise<Columns> {
  const columns = new Map<string, readonly QuerySeries[]>();
  const asked = queries();
  for (const [i, { name, query }] of asked.entries()) {
    if (work.signal.aborted) break;
    work.progress((0.3 * i) / asked.length, `history of ${name}`);
    const answer = await ports.metrics.queryRange(query, ask.from, ask.to, ask.step);
    columns.set(query, answer.ok ? answer.series : []);
  }
  return columns;
}

/** Warning events that were kept, in the order in which they were last seen. */
async function pastEvents({ store }: Ports, ask: ReplayAsk): Promise<EventRecord[]> {
  return store.events.find({
    where: { lastSeen: { gte: ask.from, lte: ask.to } },
    orderBy: { field: 'lastSeen', direction: 'asc' },
    limit: 20_000,
  });
}

/** The ports of a time that is past. Questions about objects are asked once: the answer is today's at any time. */
function virtual(ports: Ports, store: Store, columns: Columns, step: number, now: () => number): Ports {
  const answers = new Map<string, ReturnType<Ports['kubernetes']['ask']>>();
  const asked = (query: Query): Promise<Omit<Answer, 'at'>> => {
    const key = JSON.stringify(query);
    const known = answers.get(key) ?? ports.kubernetes.ask(query);
    answers.set(key, known);
    return known;
  };
  const nothing = (): undefined => undefined;
  return {
    ...ports,
    store,
    clock: { now, sleep: async () => undefined, hold: () => nothing },
    metrics: pastMetrics(ports.metrics, columns, step, now),
    kubernetes: {
      ...ports.kubernetes,
      clusterUid: () => ports.kubernetes.clusterUid(),
      ask: asked,
      send: async () => ({ status: 200, reason: '', message: '', object: undefined }),
      allowed: async () => true,
      ping: () => ports.kubernetes.ping(),
    },
    watcher: {
      start: async () => undefined,
      stop: async () => undefined,
      synced: true,
      staleness: () => 0,
      topology: pastTopology(ports.watcher.topology, now),
    },
    silences: undefined,
    model: undefined,
    reviewer: undefined,
    notifier: { receivers: 0, send: async () => undefined },
    recorder: { count: nothing, observe: nothing, gauge: nothing, resetGauge: nothing },
    log: { debug: nothing, info: nothing, warn: nothing, error: (fields, said) => ports.log.error(fields, said) },
  };
}

const pastTopology = (topology: Topology, now: () => number): Topology => ({
  cluster: topology.cluster,
  ownerOf: (...of) => topology.ownerOf(...of),
  revision: () => topology.revision?.(),
  podsOf: (...of) => topology.podsOf(...of),
  labelsOf: (...of) => topology.labelsOf(...of),
  namespaces: () => topology.namespaces(),
  targets: () => topology.targets(),
  object: (...of) => topology.object(...of),
  interventions: (since) => knownAt(topology.interventions(since), now()),
});

/** What could be known at `now` (Unix s) of changes: those that were made, and of these whether they had settled. */
export const knownAt = (changes: readonly Intervention[], now: number): readonly Intervention[] =>
  changes
    .filter(({ at }) => at <= now)
    .map(({ settledAt = Infinity, ...one }) => (settledAt <= now ? { ...one, settledAt } : one));

/** Instant answers from the columns that were fetched; what is not among them is asked for its time. */
function pastMetrics(metrics: MetricsSource, columns: Columns, step: number, now: () => number): MetricsSource {
  const next = new Map<QuerySeries, number>();
  const valueAt = (series: QuerySeries, at: number): QuerySeries[] => {
    const { labels, timestamps, values } = series;
    let i = next.get(series) ?? 0;
    while (i + 1 < timestamps.length && timestamps[i + 1]! <= at) i += 1;
    next.set(series, i);
    const fresh = timestamps[i]! <= at && at - timestamps[i]! < step && Number.isFinite(values[i]);
    return fresh ? [{ labels, timestamps: Float64Array.of(at), values: values.subarray(i, i + 1) }] : [];
  };
  return {
    async query(promql, at = now()) {
      const known = columns.get(promql);
      if (!known) return metrics.query(promql, at);
      return { ok: true, series: known.flatMap((series) => valueAt(series, at)), dropped: 0, seconds: 0 };
    },
    queryRange: (promql, start, end, width) => metrics.queryRange(promql, start, end, width),
    ping: () => metrics.ping(),
  };
}

const wouldBe = (incident: Incident, to: number): WouldBe => ({
  targetKey: incident.targetKey,
  target: targetName(incident.target),
  at: incident.openedAt,
  until: incident.closedAt ?? to,
  signals: incident.signals,
});

/** What a person would have seen of an incident: its cause, and the plan that waited or would have run by itself. */
function incidentTold(incident: Incident, to: number, auto: boolean): ReplayedIncident {
  const { plan, causes } = incident;
  const byItself = plan?.autonomy === 'Auto' || (auto && plan?.autonomyReason === 'ModeManual');
  return {
    ...wouldBe(incident, to),
    title: incident.title,
    phase: incident.phase,
    cause: causes[0]?.class ?? '',
    ...(plan && {
      plan: {
        author: plan.author.name,
        actions: plan.steps.map(({ action }) => action.name),
        autonomy: byItself ? 'Auto' : plan.autonomy,
      },
    }),
  };
}

async function told({ ports, governance }: ReplayParts, ask: ReplayAsk, found: readonly Incident[]) {
  const days = (ask.to - ask.from) / 86_400;
  const incidents = found
    .map((one) => incidentTold(one, ask.to, governance.mode() === 'AUTO'))
    .sort((a, b) => a.at - b.at);
  const alerts = await pastAlerts(ports, ask.from, ask.to, ask.step);
  const plans = incidents.flatMap(({ plan }) => plan ?? []);
  const { labels } = ask;
  return {
    ...compared(incidents, alerts, days),
    incidents,
    plansPerDay: plans.length / days,
    approvalsPerDay: plans.filter(({ autonomy }) => autonomy === 'Approve').length / days,
    ...(labels && { labels: { count: labels.length, ...metBy(incidents, labels) } }),
  };
}
