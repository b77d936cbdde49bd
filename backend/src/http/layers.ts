import {
  stepSentence,
  targetName,
  type Anomaly,
  type Incident,
  type Intervention,
  type Target,
} from '../model/index.ts';
import type { Store } from '../pipeline/ports.ts';
import { targetOf, timeOf } from './views/basic-view.ts';
import type { AnnotationEvent, AnnotationLayer } from './wire/anomaly.ts';

/** What is painted: from, to and now in Unix seconds. */
export interface Shown {
  readonly from: number;
  readonly to: number;
}
type Severity = AnnotationEvent['severity'];

const single = (open: boolean) => ({ count: 1, open: open ? 1 : 0 });
const label = (target: Target): string => targetName(target);

function tagged(target: Target, severity: Severity, ...more: string[]): string[] {
  return [severity, target.kind, ...(target.namespace ? [`ns:${target.namespace}`] : []), ...more.filter(Boolean)];
}

/** A region that still lasts is painted up to the end of the range. */
const incidentEvent = (incident: Incident, shown: Shown): AnnotationEvent => ({
  ...{ id: incident.id, layer: 'incidents', incidentId: incident.id, severity: incident.severity },
  ...{ title: incident.title, text: incident.message, reason: incident.reason, target: targetOf(incident.target) },
  tags: tagged(incident.target, incident.severity, incident.phase),
  time: timeOf(incident.startedAt),
  timeEnd: timeOf(incident.closedAt ?? Math.max(shown.to, incident.startedAt)),
  ...single(incident.closedAt === undefined),
});

const anomalyEvent = (anomaly: Anomaly, shown: Shown): AnnotationEvent => ({
  ...{ id: anomaly.id, layer: 'anomalies', anomalyId: anomaly.id, severity: anomaly.severity, reason: anomaly.reason },
  ...(anomaly.incidentId !== undefined && { incidentId: anomaly.incidentId }),
  ...{ title: `${anomaly.metricType} of ${label(anomaly.target)}`, text: anomaly.sentence },
  target: targetOf(anomaly.target),
  tags: tagged(anomaly.target, anomaly.severity, anomaly.metricType),
  time: timeOf(anomaly.startedAt),
  timeEnd: timeOf(anomaly.endedAt ?? Math.max(shown.to, anomaly.startedAt)),
  ...single(anomaly.open),
});

/** A moment in the life of an incident. */
const moment = (
  incident: Incident,
  layer: AnnotationLayer,
  key: string,
  at: number,
  title: string,
  text: string,
  reason: string,
) => ({
  ...{ id: `${incident.id}/${key}`, layer, incidentId: incident.id, severity: incident.severity, title, text, reason },
  target: targetOf(incident.target),
  tags: tagged(incident.target, incident.severity, reason),
  time: timeOf(at),
  ...single(false),
});

const planEvents = (incident: Incident): AnnotationEvent[] =>
  [...incident.pastPlans, ...(incident.plan ? [incident.plan] : [])].map((plan) =>
    moment(
      ...([incident, 'plans', plan.id, plan.createdAt, `Plan for ${label(incident.target)}`] as const),
      plan.steps.map(stepSentence).join('; '),
      plan.author.name,
    ),
  );

const approvalEvents = (incident: Incident): AnnotationEvent[] =>
  incident.timeline
    .filter((entry) => entry.phase === 'Approved' || entry.phase === 'Rejected')
    .map((entry, index) =>
      moment(
        ...([incident, 'approvals', `approval-${index}`, entry.at, `${entry.phase} by ${entry.subject}`] as const),
        entry.message,
        entry.reason,
      ),
    );

const executionEvents = (incident: Incident): AnnotationEvent[] =>
  incident.actions.map((action) => {
    const { name } = action.command;
    const title = `${name} on ${label(incident.target)}`;
    const event = moment(incident, 'executions', action.id, action.startedAt, title, action.message, action.state);
    return action.finishedAt === undefined ? event : { ...event, timeEnd: timeOf(action.finishedAt) };
  });

const outcomeEvents = (incident: Incident): AnnotationEvent[] =>
  incident.outcome
    ? [
        moment(
          ...([incident, 'outcomes', 'outcome', incident.outcome.at, incident.outcome.verdict] as const),
          incident.outcome.message,
          incident.outcome.verdict,
        ),
      ]
    : [];

export const interventionEvent = (one: Intervention): AnnotationEvent => ({
  ...{ id: `${one.kind}/${label(one.target)}/${one.at}`, layer: 'interventions', severity: 'info', reason: one.kind },
  ...{ title: `${one.kind} of ${label(one.target)}`, text: one.message, target: targetOf(one.target) },
  tags: tagged(one.target, 'info', one.kind, one.byUs ? 'kubewise' : ''),
  time: timeOf(one.at),
  ...single(false),
});

const ofIncident: Partial<Record<AnnotationLayer, (incident: Incident, shown: Shown) => AnnotationEvent[]>> = {
  incidents: (incident, shown) => [incidentEvent(incident, shown)],
  plans: planEvents,
  approvals: approvalEvents,
  executions: executionEvents,
  outcomes: outcomeEvents,
};
export const isIncidentLayer = (layer: AnnotationLayer): boolean => layer in ofIncident;

/** The events of one layer out of the incidents that touch the range. */
export const incidentEvents = (
  layer: AnnotationLayer,
  incidents: readonly Incident[],
  shown: Shown,
): AnnotationEvent[] => incidents.flatMap((incident) => ofIncident[layer]?.(incident, shown) ?? []);
export const anomalyEvents = (anomalies: readonly Anomaly[], shown: Shown): AnnotationEvent[] =>
  anomalies.map((anomaly) => anomalyEvent(anomaly, shown));

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
