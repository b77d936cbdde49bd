import type { z } from 'zod';
import { catalogue, type ActionDefinition, type Anomaly, type Incident, type Permission } from '../../model/index.ts';
import type { ComponentHealth, Operations, QueryStatus, ScoreRow } from '../../pipeline/ports.ts';
import { between, conditions } from '../find.ts';
import { pageFrom } from '../pages.ts';
import { available, HttpProblem, settled } from '../problems.ts';
import { rightsOf } from '../rights.ts';
import { alsoAt, route, type Backend, type Route } from '../route.ts';
import { present, timeOf, timesOf } from '../views/basic-view.ts';
import { auditOf } from '../views/incident-view.ts';
import { legacyHealth, worstOf } from '../views/legacy-view.ts';
import { pageOf } from '../wire/basic.ts';
import { WireAuditEntry } from '../wire/incident.ts';
import { LegacyHealth } from '../wire/legacy.ts';
import { AuditQuery, ListQuery } from '../wire/queries.ts';
import {
  ActionRow,
  AuditVerdict,
  Backup,
  Detectors,
  Health,
  HealthExtended,
  Live,
  Me,
  WirePermissionCheck,
  WireQuery,
  type WireDetector,
} from '../wire/system.ts';
import { budgetPerWeekOf, judged, openedByDetection, quality } from './quality.ts';

const week = 7 * 86_400;

/** A recorder that can be read: what `/metrics` answers. */
export interface MetricsText {
  text(): Promise<string>;
  readonly contentType: string;
}

export const queryOf = (status: QueryStatus): z.input<typeof WireQuery> => ({
  ...{ name: status.name, query: status.query, metricType: status.metricType, unit: status.unit },
  ...{ aggregate: status.aggregate, direction: status.direction, state: status.state, series: status.series },
  ...{ dropped: status.dropped, seconds: status.seconds, message: status.message },
});

const componentsOf = (components: Readonly<Record<string, ComponentHealth>>) =>
  Object.fromEntries(
    Object.entries(components).map(([name, { status, message, lastSuccess }]) => [
      name,
      { status, message, ...timesOf({ lastSuccess: lastSuccess === 0 ? undefined : lastSuccess }) },
    ]),
  );

const live: Route = route({
  ...{ method: 'get', path: '/livez', tag: 'service', answers: Live, summary: 'Does the process answer?' },
  handle: async () => ({ status: 'live' }),
});

const readiness = (operations: Operations): Route =>
  route({
    ...{ method: 'get', path: '/ready', tag: 'service', answers: Live, summary: 'Can it work? 503 until it can' },
    async handle() {
      const components = await operations.components();
      const down = ['Store', 'Watch'].filter((name) => components[name]?.status === 'down');
      if (down.length === 0) return { status: 'ready' };
      throw new HttpProblem(503, 'NotReady', `not ready: ${down.join(' and ')} down`);
    },
  });

function healthRoutes({ operations, clock }: Backend, metrics: MetricsText): Route[] {
  const uptime = (): number => Math.max(0, Math.round(clock.now() - operations.startedAt));
  const extended = route({
    ...{ method: 'get', path: '/api/v1/health/extended', tag: 'service', answers: HealthExtended },
    summary: 'Each component, how it is and when it last succeeded',
    async handle() {
      const components = await operations.components();
      return {
        ...{ status: worstOf(components), version: operations.version, cluster: operations.cluster },
        ...{
          uptimeSeconds: uptime(),
          now: timeOf(clock.now()),
          mode: operations.mode(),
          killSwitch: operations.killSwitch(),
        },
        components: componentsOf(components),
      };
    },
  });
  return [
    route({
      ...{ method: 'get', path: '/health', tag: 'service', answers: Health, summary: 'Is the service there?' },
      handle: async () => ({ status: 'ok', uptimeSeconds: uptime() }),
    }),
    ...alsoAt(live, '/healthz'),
    ...alsoAt(readiness(operations), '/readyz'),
    route({
      ...{ method: 'get', path: '/metrics', tag: 'service', contentType: 'text/plain' },
      summary: 'Metrics in the Prometheus text format',
      async handle({ response }) {
        response.setHeader('Content-Type', metrics.contentType);
        response.end(await metrics.text());
      },
    }),
    ...alsoAt(extended, '/health/extended'),
    route({
      ...{ method: 'get', path: '/api/v1/health', tag: 'compatibility', answers: LegacyHealth },
      summary: 'Each service with a status and a message',
      handle: async () => legacyHealth(await operations.components(), operations.version, clock.now()),
    }),
  ];
}

const me: Route = route({
  ...{ method: 'get', path: '/api/v1/me', tag: 'service', answers: Me, summary: 'Who am I, and what may I do?' },
  handle: async ({ by }) => ({
    ...{ subject: by.subject, issuer: by.issuer, role: by.role },
    rights: rightsOf(by.role),
  }),
});

function detectorOf(metricType: string, rows: readonly ScoreRow[], anomalies: readonly Anomaly[]): WireDetector {
  const inState = (state: ScoreRow['state']): number => rows.filter((row) => row.state === state).length;
  return {
    metricType,
    queries: [...new Set(rows.map((row) => row.query))],
    ...{ series: rows.length, learning: inState('learning'), anomalous: inState('anomalous') },
    threshold: rows[0]?.threshold ?? 0,
    highest: rows.reduce((highest, row) => Math.max(highest, Number.isFinite(row.score) ? row.score : 0), 0),
    anomalies: anomalies.length,
    ...judged(anomalies),
  };
}

function budgetOf({ falseAlarmBudget }: Operations, opened: readonly Incident[]) {
  if (!falseAlarmBudget) return {};
  const { expectedPerWeek, threshold, state } = falseAlarmBudget();
  return { budget: { spentLastWeek: openedByDetection(opened), expectedPerWeek, threshold, state } };
}

/** Rows of each metric type, and the anomalies of the last week that people may have judged. */
function detectors({ operations, store, clock }: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/detectors', tag: 'detection', answers: Detectors },
    summary: 'What is watched of each metric type, and how people judged it in the last week',
    async handle() {
      const since = clock.now() - week;
      const [recent, opened] = await Promise.all([
        store.anomalies.find({
          where: { startedAt: { gte: since } },
          orderBy: { field: 'startedAt', direction: 'desc' },
          limit: 2000,
        }),
        store.incidents.find({ where: { openedAt: { gte: since } }, limit: 5000 }),
      ]);
      const rows = Map.groupBy(operations.scores(), (row) => row.metricType);
      const seen = Map.groupBy(recent, (anomaly) => anomaly.metricType);
      const types = [...new Set([...rows.keys(), ...seen.keys()])].sort();
      return {
        items: types.map((type) => detectorOf(type, rows.get(type) ?? [], seen.get(type) ?? [])),
        budgetPerWeek: budgetPerWeekOf(operations),
        incidentsLastWeek: opened.length,
        ...budgetOf(operations, opened),
        model: { ...operations.modelInfo() },
      };
    },
  });
}

/** How runs of each action ended: incident by incident, by the verdict on the whole. */
function outcomesOf(incidents: readonly Incident[]): Map<string, Record<string, number>> {
  const tally = new Map<string, Record<string, number>>();
  for (const { actions, outcome } of incidents)
    for (const name of outcome ? new Set(actions.map((action) => action.command.name)) : []) {
      const counts = tally.get(name) ?? {};
      tally.set(name, { ...counts, [outcome?.verdict ?? '']: (counts[outcome?.verdict ?? ''] ?? 0) + 1 });
    }
  return tally;
}

type Checked = Awaited<ReturnType<Operations['permissions']>>[number];
const permissionOf = ({ verb, group, resource, subresource, namespace, name }: Permission) => ({
  ...{ verb, group, resource },
  ...present({ subresource, namespace, name }),
});
const checkOf = (one: Checked) => ({ ...permissionOf(one), action: one.action, allowed: one.allowed });

export const usageOf = (definition: ActionDefinition): string =>
  [definition.name, ...definition.order.map((key) => `${key}=…`)].join(' ');

const actionRow = (definition: ActionDefinition, checks: readonly Checked[], outcomes: Record<string, number>) => ({
  ...{ name: definition.name, summary: definition.summary, risk: definition.risk, reversible: definition.reversible },
  ...{ kinds: [...definition.kinds], params: [...definition.order], usage: usageOf(definition), outcomes },
  permissions: checks
    .filter((one) => one.action === definition.name)
    .map((one) => ({ ...permissionOf(one), allowed: one.allowed })),
});

function actionRoutes({ operations, store }: Backend): Route[] {
  return [
    route({
      ...{ method: 'get', path: '/api/v1/actions', tag: 'actions', answers: pageOf(ActionRow) },
      summary: 'The catalogue of actions with their risk, permissions and outcomes so far',
      async handle() {
        const orderBy = { field: 'openedAt', direction: 'desc' } as const;
        const [checks, recent] = await Promise.all([
          operations.permissions(),
          store.incidents.find({ orderBy, limit: 500 }),
        ]);
        const outcomes = outcomesOf(recent);
        return { items: [...catalogue.values()].map((row) => actionRow(row, checks, outcomes.get(row.name) ?? {})) };
      },
    }),
    route({
      ...{ method: 'get', path: '/api/v1/permissions', tag: 'actions', answers: pageOf(WirePermissionCheck) },
      summary: 'What each action needs of the cluster, and whether KubeWise has it',
      handle: async () => ({ items: (await operations.permissions()).map(checkOf) }),
    }),
  ];
}

function auditRoutes({ operations, store }: Backend): Route[] {
  return [
    route({
      ...{ method: 'get', path: '/api/v1/audit', tag: 'audit', query: AuditQuery, answers: pageOf(WireAuditEntry) },
      summary: 'The audit log, newest first',
      async handle({ query }) {
        const where = conditions({ object: query.object, at: between(query.from, query.to) });
        const { limit, skip, cursor } = query;
        const orderBy = { field: 'at', direction: 'desc' } as const;
        const page = await pageFrom(store.audit, { where, orderBy, limit, skip, cursor });
        return { ...page, items: page.items.map(auditOf) };
      },
    }),
    route({
      ...{ method: 'get', path: '/api/v1/audit/verify', tag: 'audit', answers: AuditVerdict },
      summary: 'Is the chain of the audit log whole?',
      handle: () => operations.auditVerify(),
    }),
  ];
}

const backup = ({ operations }: Backend): Route =>
  route({
    ...{ method: 'post', path: '/api/v1/backups', tag: 'service', answers: Backup },
    summary: 'A consistent copy of the embedded database, written beside it on the server',
    async handle({ by }) {
      const copy = available(operations.backup, 'a backup by KubeWise (MongoDB has mongodump)');
      return settled(await copy(by));
    },
  });

const queries = ({ operations }: Backend): Route =>
  route({
    ...{ method: 'get', path: '/api/v1/queries', tag: 'detection', query: ListQuery, answers: pageOf(WireQuery) },
    summary: 'Each watched query: series found, empty, absent on this platform, or wrong',
    handle: async () => ({ items: operations.queries().map(queryOf) }),
  });

export const systemRoutes = (backend: Backend, metrics: MetricsText): Route[] => [
  ...healthRoutes(backend, metrics),
  me,
  queries(backend),
  backup(backend),
  detectors(backend),
  quality(backend),
  ...actionRoutes(backend),
  ...auditRoutes(backend),
];
