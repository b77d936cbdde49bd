import { Severity, type Incident } from '../../model/index.ts';
import { between, conditions, detailOf, incidentBy, keyOf, matches } from '../find.ts';
import { pageFrom, pageFromParts } from '../pages.ts';
import { settled } from '../problems.ts';
import { route, type Backend, type Route } from '../route.ts';
import type { IncidentStream } from '../stream.ts';
import { endOf } from '../views/basic-view.ts';
import { incidentRow } from '../views/incident-view.ts';
import type { Find } from '../../pipeline/ports.ts';
import { pageOf } from '../wire/basic.ts';
import { IncidentDetail, IncidentRow } from '../wire/incident.ts';
import { IdPath, IncidentsQuery, StreamQuery } from '../wire/queries.ts';
import { AssignRequest, CommandRequest, IncidentAct, RevisionRequest, SnoozeRequest } from '../wire/requests.ts';
import type { z } from 'zod';

type Ask = z.output<typeof IncidentsQuery>;

/** What the store cannot filter by; undefined when it can do it all. */
function keeper(ask: Ask, keyed: boolean): ((incident: Incident) => boolean) | undefined {
  const words = ask.q?.toLowerCase();
  const whom = keyed ? {} : { namespace: ask.namespace, kind: ask.kind, name: ask.name };
  const looks = Object.values(whom).some((one) => one !== undefined);
  if (words === undefined && !looks) return undefined;
  return (incident) => matches(incident.target, whom) && (words === undefined || textOf(incident).includes(words));
}
const textOf = ({ title, targetKey, message, causes }: Incident): string =>
  [title, targetKey, message, causes[0]?.class ?? ''].join(' ').toLowerCase();

function listIncidents({ store, operations }: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/incidents', tag: 'incidents', query: IncidentsQuery },
    summary: 'Incidents, newest first or as `sort` says; of one severity the newest first too',
    answers: pageOf(IncidentRow),
    async handle({ query }) {
      const targetKey = keyOf(query, operations.cluster);
      const keep = keeper(query, targetKey !== undefined);
      const where = conditions({
        targetKey,
        phase: query.phase && { in: query.phase },
        openKey: query.open === undefined ? undefined : { exists: query.open },
        openedAt: between(query.from, query.to),
      });
      const { limit, skip, cursor, sort, order } = query;
      const ask = { limit, cursor, ...(keep && { keep }) };
      const page =
        sort === 'severity'
          ? await pageFromParts(store.incidents, bySeverity(query, where), { ...ask, orderBy: newestFirst })
          : await pageFrom(store.incidents, {
              ...{ ...ask, skip, orderBy: { field: sort, direction: order } },
              where: { ...where, ...conditions({ severity: query.severity && { in: query.severity } }) },
            });
      return { ...page, items: page.items.map(incidentRow) };
    },
  });
}

const newestFirst = { field: 'openedAt', direction: 'desc' } as const;
type Where = NonNullable<Find['where']>;
/** One question for each severity, as severities are stored as words, whose order is that of the alphabet. */
function bySeverity({ severity, order }: Ask, where: Where): Where[] {
  const wanted = Severity.options.filter((one) => severity?.includes(one) ?? true);
  return (order === 'desc' ? wanted.toReversed() : wanted).map((one) => ({ ...where, severity: one }));
}

function oneIncident(backend: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/incidents/{id}', tag: 'incidents', params: IdPath },
    summary: 'One incident with its timeline, causes, evidence, plans, actions, outcome and audit trail',
    answers: IncidentDetail,
    handle: async ({ params }) => detailOf(backend, await incidentBy(backend, params.id)),
  });
}

function streamIncidents(stream: IncidentStream): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/incidents/stream', tag: 'incidents', query: StreamQuery },
    summary: 'Changes of incidents as server-sent events: `event: incident`, `data:` an IncidentRow',
    contentType: 'text/event-stream',
    handle: async ({ request, response, query }) => stream.open(request, response, query.namespace),
  });
}

/** One act on one incident, in the two shapes in which it may be asked. */
function actRoutes(backend: Backend): Route[] {
  const { operations, clock } = backend;
  const detail = async (done: Awaited<ReturnType<typeof operations.analyze>>) => detailOf(backend, settled(done));
  const at = (act: string) => ({ method: 'post' as const, path: `/api/v1/incidents/{id}/${act}`, tag: 'incidents' });
  return [
    route({
      ...{ method: 'post', path: '/api/v1/incidents/actions', tag: 'incidents', body: IncidentAct },
      summary: 'Acknowledge, assign, snooze or analyse again; the incident is named in the body',
      answers: IncidentDetail,
      async handle({ body, by }) {
        switch (body.act) {
          case 'acknowledge':
            return detail(await operations.acknowledge(body.incidentId, by));
          case 'assign':
            return detail(await operations.assign(body.incidentId, body.assignee, by));
          case 'snooze':
            return detail(await operations.snooze(body.incidentId, endOf(body, clock.now()), by));
          case 'analyze':
            return detail(await operations.analyze(body.incidentId, by));
        }
      },
    }),
    route({
      ...{ ...at('acknowledge'), params: IdPath, answers: IncidentDetail, summary: 'I have seen it' },
      handle: async ({ params, by }) => detail(await operations.acknowledge(params.id, by)),
    }),
    route({
      ...{ ...at('assign'), params: IdPath, body: AssignRequest, answers: IncidentDetail, summary: 'Whose it is' },
      handle: async ({ params, body, by }) => detail(await operations.assign(params.id, body.assignee, by)),
    }),
    route({
      ...{ ...at('snooze'), params: IdPath, body: SnoozeRequest, answers: IncidentDetail },
      summary: 'Do not notify before this time',
      handle: async ({ params, body, by }) => detail(await operations.snooze(params.id, endOf(body, clock.now()), by)),
    }),
    route({
      ...{ ...at('analyze'), params: IdPath, answers: IncidentDetail, summary: 'Diagnose and plan again, now' },
      handle: async ({ params, by }) => detail(await operations.analyze(params.id, by)),
    }),
    route({
      ...{ ...at('command'), params: IdPath, body: CommandRequest, answers: IncidentDetail },
      summary: 'Propose a command of your own: the same policy, dry run and digest as any plan',
      handle: async ({ params, body, by }) => detail(await operations.command(params.id, body.command, by)),
    }),
    route({
      ...{ ...at('revision'), params: IdPath, body: RevisionRequest, answers: IncidentDetail },
      summary:
        'Part of the proposed plan, or its steps with other parameters: a new plan with its own dry run and digest',
      handle: async ({ params, body, by }) => detail(await operations.revise(params.id, body, by)),
    }),
  ];
}

export const incidentRoutes = (backend: Backend, stream: IncidentStream): Route[] => [
  listIncidents(backend),
  streamIncidents(stream),
  oneIncident(backend),
  ...actRoutes(backend),
];
