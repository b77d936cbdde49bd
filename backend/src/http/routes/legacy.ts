import { catalogue, printCommand, stepSentence, type Anomaly, type Incident } from '../../model/index.ts';
import { anomalyBy, incidentBy, incidentOf } from '../find.ts';
import { pageFrom } from '../pages.ts';
import { settled } from '../problems.ts';
import { alsoAt, route, type Backend, type Route } from '../route.ts';
import { timeOf } from '../views/basic-view.ts';
import { legacyEvent, legacyMetrics } from '../views/legacy-view.ts';
import {
  LegacyCommands,
  LegacyEvent,
  LegacyEvents,
  LegacyMetrics,
  LegacyQueries,
  LegacyRemediation,
  ModelInfo,
} from '../wire/legacy.ts';
import { IdPath, LegacyEventsQuery } from '../wire/queries.ts';
import { CommandRequest, InvestigateRequest } from '../wire/requests.ts';
import { Investigation, type Investigation as Investigated } from '../wire/system.ts';
import { usageOf } from './system.ts';

const tag = 'compatibility';

const incidentFor = async ({ store }: Backend, anomaly: Anomaly): Promise<Incident | undefined> =>
  anomaly.incidentId === undefined ? undefined : store.incidents.get(anomaly.incidentId);

function eventRoutes(backend: Backend): Route[] {
  const { store } = backend;
  return [
    route({
      ...{ method: 'get', path: '/api/v1/remediation/events', tag, query: LegacyEventsQuery, answers: LegacyEvents },
      summary: 'Anomalies with the status of their remediation',
      async handle({ query }) {
        const { limit, skip, cursor, namespace, entity_type: kind, status } = query;
        const looks = namespace !== undefined || kind !== undefined;
        const keep = ({ target }: Anomaly): boolean =>
          (namespace === undefined || target.namespace === namespace) &&
          (kind === undefined || target.kind.toLowerCase() === kind.toLowerCase());
        const orderBy = { field: 'startedAt', direction: 'desc' } as const;
        const page = await pageFrom(store.anomalies, {
          where: {},
          orderBy,
          limit,
          skip,
          cursor,
          ...(looks && { keep }),
        });
        const events = await Promise.all(
          page.items.map(async (anomaly) => legacyEvent(anomaly, await incidentFor(backend, anomaly))),
        );
        return { events: events.filter((event) => status === undefined || event.status === status) };
      },
    }),
    route({
      ...{ method: 'get', path: '/api/v1/remediation/events/{id}', tag, params: IdPath, answers: LegacyEvent },
      summary: 'One anomaly with the status of its remediation',
      async handle({ params }) {
        const anomaly = await anomalyBy(backend, params.id);
        return legacyEvent(anomaly, await incidentFor(backend, anomaly));
      },
    }),
  ];
}

function actingRoutes(backend: Backend): Route[] {
  const { operations, clock } = backend;
  return [
    route({
      ...{ method: 'post', path: '/api/v1/remediation/events/{id}/remediate', tag, params: IdPath },
      ...{ body: CommandRequest, answers: LegacyRemediation },
      summary: 'A command for an anomaly: becomes a plan of one step with the same policy, dry run and digest',
      async handle({ params, body, by }) {
        const anomaly = await anomalyBy(backend, params.id);
        const incident = await incidentOf(backend, anomaly);
        const { phase, message } = settled(await operations.command(incident.id, body.command, by));
        const status = phase === 'Proposed' ? 'awaiting_approval' : 'accepted';
        return {
          ...{ status, message, event_id: anomaly.id, command: body.command },
          result: { status: phase, timestamp: timeOf(clock.now()) },
        };
      },
    }),
    route({
      ...{ method: 'post', path: '/api/v1/anomalies/analyze/{id}', tag, params: IdPath, answers: LegacyEvent },
      summary: 'Diagnose and plan again for the incident of this anomaly',
      async handle({ params, by }) {
        const anomaly = await anomalyBy(backend, params.id);
        const incident = await incidentOf(backend, anomaly);
        return legacyEvent(anomaly, settled(await operations.analyze(incident.id, by)));
      },
    }),
  ];
}

function readingRoutes({ operations }: Backend): Route[] {
  return [
    route({
      ...{ method: 'get', path: '/api/v1/metrics', tag, answers: LegacyMetrics, summary: 'Recent values per entity' },
      handle: async () => legacyMetrics(operations.scores()),
    }),
    route({
      ...{ method: 'get', path: '/api/v1/metrics/queries', tag, answers: LegacyQueries, summary: 'The PromQL in use' },
      handle: async () => ({ queries: operations.queries().map((one) => one.query) }),
    }),
    route({
      ...{
        method: 'get',
        path: '/api/v1/metrics/model/info',
        tag,
        answers: ModelInfo,
        summary: 'The detectors in use',
      },
      handle: async () => ({ ...operations.modelInfo() }),
    }),
    route({
      ...{ method: 'get', path: '/api/v1/remediation/commands', tag, answers: LegacyCommands },
      summary: 'The commands that may be posted',
      handle: async () => ({
        commands: [...catalogue.values()].map((row) => ({
          name: row.name,
          usage: usageOf(row),
          description: row.summary,
        })),
      }),
    }),
  ];
}

/** What is known about an incident, in the shape that older callers of `/investigate` expect. */
function investigated(incident: Incident): Investigated {
  const { plan, causes } = incident;
  const steps = plan?.steps ?? [];
  return {
    status: plan ? 'Recommended' : 'Investigating',
    ...{ message: incident.message, incidentId: incident.id, severity: incident.severity },
    rootCause: plan?.rootCause || (causes[0]?.message ?? ''),
    recommendations: steps.map((step) => ({
      ...{ command: printCommand(step.action), sentence: stepSentence(step) },
      ...{ risk: plan?.risk ?? '', reasoning: plan?.reasoning ?? '' },
    })),
  };
}
const nothing: Investigated = {
  status: 'NothingFound',
  message: 'no open incident matches; send the alert to /api/v1/alerts and KubeWise will look into it',
  ...{ rootCause: '', severity: 'info', recommendations: [] },
};

function investigate(backend: Backend): Route[] {
  const post = route({
    ...{ method: 'post', path: '/api/v1/investigate', tag, body: InvestigateRequest, answers: Investigation },
    summary: 'What is known about an incident or a workload, and what is recommended; changes nothing',
    async handle({ body }) {
      if (body.incidentId !== undefined) return investigated(await incidentBy(backend, body.incidentId));
      const { labels = {} } = body;
      const namespace = body.namespace ?? labels['namespace'];
      const name = body.name ?? labels['deployment'] ?? labels['statefulset'] ?? labels['workload'] ?? labels['pod'];
      if (namespace === undefined && name === undefined) return nothing;
      const open = await backend.store.incidents.find({ where: { openKey: { exists: true } }, limit: 500 });
      const found = open.find(
        ({ target }) =>
          (namespace === undefined || target.namespace === namespace) &&
          (body.kind === undefined || target.kind === body.kind) &&
          (name === undefined || target.name === name || name.startsWith(`${target.name}-`)),
      );
      return found ? investigated(found) : nothing;
    },
  });
  return alsoAt(post, '/investigate');
}

export const legacyRoutes = (backend: Backend): Route[] => [
  ...eventRoutes(backend),
  ...actingRoutes(backend),
  ...readingRoutes(backend),
  ...investigate(backend),
];
