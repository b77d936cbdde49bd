import type { Anomaly } from '../../model/index.ts';
import type { z } from 'zod';
import { alikeTo, anomalyBy, between, conditions, keyOf, matches } from '../find.ts';
import { pageFrom } from '../pages.ts';
import { settled } from '../problems.ts';
import { alsoAt, route, type Backend, type Route } from '../route.ts';
import { alertOf, anomalyOf, eventOf, similarAnomaly } from '../views/anomaly-view.ts';
import { WireAnomaly } from '../wire/anomaly.ts';
import { pageOf } from '../wire/basic.ts';
import { AlertsQuery, AnomaliesQuery, EventsQuery, IdPath } from '../wire/queries.ts';
import { FeedbackPost, FeedbackRequest } from '../wire/requests.ts';
import { WireAlert, WireEvent } from '../wire/system.ts';

type Ask = z.output<typeof AnomaliesQuery>;

function keeper(ask: Ask, keyed: boolean): ((anomaly: Anomaly) => boolean) | undefined {
  const whom = { namespace: ask.namespace, kind: ask.kind, name: ask.name };
  if (keyed || Object.values(whom).every((one) => one === undefined)) return undefined;
  return (anomaly) => matches(anomaly.target, whom);
}

function listAnomalies({ store, operations }: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/anomalies', tag: 'anomalies', query: AnomaliesQuery },
    summary: 'Anomalies, newest first',
    answers: pageOf(WireAnomaly),
    async handle({ query }) {
      const targetKey = keyOf(query, operations.cluster);
      const keep = keeper(query, targetKey !== undefined);
      const where = conditions({
        targetKey,
        open: query.open,
        metricType: query.metricType,
        incidentId: query.incidentId,
        severity: query.severity && { in: query.severity },
        startedAt: between(query.from, query.to),
      });
      const orderBy = { field: 'startedAt', direction: 'desc' } as const;
      const { limit, skip, cursor } = query;
      const page = await pageFrom(store.anomalies, { where, orderBy, limit, skip, cursor, ...(keep && { keep }) });
      return { ...page, items: page.items.map(anomalyOf) };
    },
  });
}

function feedbackRoutes({ operations, recorder }: Backend): Route[] {
  const say: (...given: Parameters<typeof operations.feedback>) => Promise<z.input<typeof WireAnomaly>> = async (
    ...given
  ) => {
    const anomaly = settled(await operations.feedback(...given));
    recorder.count('kubewise_feedback_total', { verdict: given[1] });
    return anomalyOf(anomaly);
  };
  const put = route({
    ...{ method: 'put', path: '/api/v1/anomalies/{id}/feedback', tag: 'anomalies' },
    ...{ params: IdPath, body: FeedbackRequest, answers: WireAnomaly },
    summary: 'Was this right? The detectors learn from it',
    handle: ({ params, body, by }) => say(params.id, body.verdict, body.comment, by),
  });
  const post = route({
    ...{ method: 'post', path: '/api/v1/feedback', tag: 'anomalies', body: FeedbackPost, answers: WireAnomaly },
    summary: 'Was this right? The anomaly is named in the body',
    handle: ({ body, by }) => say(body.anomalyId, body.verdict, body.comment, by),
  });
  return [...alsoAt(put, '/anomalies/{id}/feedback'), post];
}

function listEvents({ store }: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/events', tag: 'anomalies', query: EventsQuery, answers: pageOf(WireEvent) },
    summary: 'Kubernetes events that were kept, last seen first',
    async handle({ query }) {
      const { limit, skip, cursor, namespace, kind, name } = query;
      const where = conditions({ reason: query.reason, lastSeen: between(query.from, query.to) });
      const orderBy = { field: 'lastSeen', direction: 'desc' } as const;
      const looks = [namespace, kind, name].some((one) => one !== undefined);
      const keep = looks
        ? { keep: (event: { involved: Parameters<typeof matches>[0] }) => matches(event.involved, query) }
        : {};
      const page = await pageFrom(store.events, { where, orderBy, limit, skip, cursor, ...keep });
      return { ...page, items: page.items.map(eventOf) };
    },
  });
}

function listAlerts({ store }: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/alerts', tag: 'alerts', query: AlertsQuery, answers: pageOf(WireAlert) },
    summary: 'Alerts that were received, newest first',
    async handle({ query }) {
      const where = conditions({ status: query.status, receivedAt: between(query.from, query.to) });
      const orderBy = { field: 'receivedAt', direction: 'desc' } as const;
      const { limit, skip, cursor } = query;
      const page = await pageFrom(store.alerts, { where, orderBy, limit, skip, cursor });
      return { ...page, items: page.items.map(alertOf) };
    },
  });
}

export function anomalyRoutes(backend: Backend): Route[] {
  const one = route({
    ...{ method: 'get', path: '/api/v1/anomalies/{id}', tag: 'anomalies', params: IdPath, answers: WireAnomaly },
    summary: 'One anomaly in detail, with the earlier ones that it is like',
    async handle({ params }) {
      const anomaly = await anomalyBy(backend, params.id);
      const alike = await alikeTo(backend, anomaly);
      return { ...anomalyOf(anomaly), similar: alike.map((one) => similarAnomaly(one.anomaly, one.likeness)) };
    },
  });
  return [
    ...alsoAt(listAnomalies(backend), '/anomalies'),
    ...alsoAt(one, '/anomalies/{id}'),
    ...feedbackRoutes(backend),
    listEvents(backend),
    listAlerts(backend),
  ];
}
