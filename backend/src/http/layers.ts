import {
  stepSentence,
  targetName,
  type Anomaly,
  type Incident,
  type Intervention,
  type Target,
} from '../model/index.ts';
import type { Store } from '../pipeline/ports.ts';
import type { Happening, Severity } from './annotations.ts';
import { targetOf, timeOf } from './views/basic-view.ts';
import type { AnnotationLayer } from './wire/anomaly.ts';

/** What is painted: from, to and now in Unix seconds. */
export interface Shown {
  readonly from: number;
  readonly to: number;
}

const single = (open: boolean) => ({ count: 1, open: open ? 1 : 0 });
const label = (target: Target): string => targetName(target);

function tagged(target: Target, severity: Severity, ...more: string[]): string[] {
  return [severity, target.kind, ...(target.namespace ? [`ns:${target.namespace}`] : []), ...more.filter(Boolean)];
}

/** A region that still lasts is painted up to the end of the range. */
const lasting = (from: number, ended: number | undefined, shown: Shown) => ({
  from,
  to: ended ?? Math.max(shown.to, from),
});

function ofIncident(incident: Incident, shown: Shown): Happening {
  const { target, severity, startedAt, closedAt } = incident;
  const { from, to } = lasting(startedAt, closedAt, shown);
  const open = closedAt === undefined;
  return {
    ...{ from, to, open, severity, target },
    event: () => ({
      ...{ id: incident.id, layer: 'incidents', incidentId: incident.id, severity, title: incident.title },
      ...{ text: incident.message, reason: incident.reason, target: targetOf(target) },
      tags: tagged(target, severity, incident.phase),
      ...{ time: timeOf(from), timeEnd: timeOf(to), ...single(open) },
    }),
  };
}

function ofAnomaly(anomaly: Anomaly, shown: Shown): Happening {
  const { target, severity, open, startedAt, endedAt } = anomaly;
  const { from, to } = lasting(startedAt, endedAt, shown);
  return {
    ...{ from, to, open, severity, target },
    event: () => ({
      ...{ id: anomaly.id, layer: 'anomalies', anomalyId: anomaly.id, severity, reason: anomaly.reason },
      ...(anomaly.incidentId !== undefined && { incidentId: anomaly.incidentId }),
      ...{ title: `${anomaly.metricType} of ${label(target)}`, text: anomaly.sentence, target: targetOf(target) },
      tags: tagged(target, severity, anomaly.metricType),
      ...{ time: timeOf(from), timeEnd: timeOf(to), ...single(open) },
    }),
  };
}

interface Moment {
  readonly key: string;
  readonly at: number;
  readonly until?: number | undefined;
  readonly title: string;
  readonly text: string;
  readonly reason: string;
}

/** A moment in the life of an incident. */
function ofMoment(incident: Incident, layer: AnnotationLayer, moment: Moment): Happening {
  const { target, severity, id } = incident;
  const { key, at, until, title, text, reason } = moment;
  return {
    ...{ from: at, open: false, severity, target },
    ...(until !== undefined && { to: until }),
    event: () => ({
      ...{ id: `${id}/${key}`, layer, incidentId: id, severity, title, text, reason, target: targetOf(target) },
      tags: tagged(target, severity, reason),
      ...{ time: timeOf(at), ...(until !== undefined && { timeEnd: timeOf(until) }), ...single(false) },
    }),
  };
}

const planMoments = ({ pastPlans, plan, target }: Incident): Moment[] =>
  [...pastPlans, ...(plan ? [plan] : [])].map(({ id, createdAt, steps, author }) => ({
    ...{ key: id, at: createdAt, title: `Plan for ${label(target)}` },
    ...{ text: steps.map(stepSentence).join('; '), reason: author.name },
  }));

const approvalMoments = ({ timeline }: Incident): Moment[] =>
  timeline
    .filter(({ phase }) => phase === 'Approved' || phase === 'Rejected')
    .map(({ at, phase, subject, message, reason }, index) => ({
      ...{ key: `approval-${index}`, at, title: `${phase} by ${subject}`, text: message, reason },
    }));

const executionMoments = ({ actions, target }: Incident): Moment[] =>
  actions.map(({ id, command, startedAt, finishedAt, message, state }) => ({
    ...{ key: id, at: startedAt, until: finishedAt, title: `${command.name} on ${label(target)}` },
    ...{ text: message, reason: state },
  }));

const outcomeMoments = ({ outcome }: Incident): Moment[] =>
  outcome
    ? [{ key: 'outcome', at: outcome.at, title: outcome.verdict, text: outcome.message, reason: outcome.verdict }]
    : [];

export const ofIntervention = (one: Intervention): Happening => ({
  ...{ from: one.at, open: false, severity: 'info', target: one.target },
  event: () => ({
    ...{ id: `${one.kind}/${label(one.target)}/${one.at}`, layer: 'interventions', severity: 'info', reason: one.kind },
    ...{ title: `${one.kind} of ${label(one.target)}`, text: one.message, target: targetOf(one.target) },
    tags: tagged(one.target, 'info', one.kind, one.byUs ? 'kubewise' : ''),
    ...{ time: timeOf(one.at), ...single(false) },
  }),
});

const moments: Partial<Record<AnnotationLayer, (incident: Incident) => Moment[]>> = {
  plans: planMoments,
  approvals: approvalMoments,
  executions: executionMoments,
  outcomes: outcomeMoments,
};
export const isIncidentLayer = (layer: AnnotationLayer): boolean => layer === 'incidents' || layer in moments;

/** What happened on one layer out of the incidents that touch the range. */
export const ofIncidents = (
  layer: AnnotationLayer,
  incidents: readonly Incident[],
  shown: Shown,
): readonly Happening[] =>
  layer === 'incidents'
    ? incidents.map((incident) => ofIncident(incident, shown))
    : incidents.flatMap((incident) => (moments[layer]?.(incident) ?? []).map((one) => ofMoment(incident, layer, one)));
export const ofAnomalies = (anomalies: readonly Anomaly[], shown: Shown): readonly Happening[] =>
  anomalies.map((anomaly) => ofAnomaly(anomaly, shown));

const atMost = 10_000;
const newest = { field: 'startedAt', direction: 'desc' } as const;

/** Anomalies that touch the range: begun before its end, and changed since its beginning or still open. */
export async function anomaliesIn({ anomalies }: Pick<Store, 'anomalies'>, { from, to }: Shown): Promise<Anomaly[]> {
  const begun = { startedAt: { lte: to } };
  const [changed, open] = await Promise.all([
    anomalies.find({ where: { ...begun, updatedAt: { gte: from } }, orderBy: newest, limit: atMost }),
    anomalies.find({ where: { ...begun, open: true, updatedAt: { lt: from } }, orderBy: newest, limit: atMost }),
  ]);
  return [...changed, ...open];
}

/** Incidents that touch the range. */
export async function incidentsIn({ incidents }: Pick<Store, 'incidents'>, { from, to }: Shown): Promise<Incident[]> {
  const begun = { openedAt: { lte: to } };
  const orderBy = { field: 'openedAt', direction: 'desc' } as const;
  const [changed, open] = await Promise.all([
    incidents.find({ where: { ...begun, updatedAt: { gte: from } }, orderBy, limit: 2000 }),
    incidents.find({ where: { ...begun, openKey: { exists: true }, updatedAt: { lt: from } }, orderBy, limit: 2000 }),
  ]);
  return [...changed, ...open];
}
