import { createDataFrame, FieldType, type DataFrame, type DataLink, type FieldConfig } from '@grafana/data';
import type { AnnotationEvent, IncidentRow, PendingPlan, WireAnomaly } from '@kubewise/backend/contract';
import { words } from '../components/format';

/** The page of an incident in the app. `uid` says which KubeWise it belongs to. */
const incidentLink = (uid: string): DataLink => ({
  title: 'Open the incident',
  url: `/a/kubewise-app/incidents/\${__data.fields.incident}?ds=${encodeURIComponent(uid)}`,
});
const score: FieldConfig = { decimals: 2, min: 0, max: 1 };
const ms = (time: string | undefined): number | null => (time === undefined ? null : Date.parse(time));

interface FieldOf<T> {
  readonly name: string;
  readonly type: FieldType;
  readonly config?: FieldConfig;
  readonly of: (row: T) => unknown;
}
const time = <T>(name: string, of: (row: T) => string | undefined): FieldOf<T> => ({
  name,
  type: FieldType.time,
  of: (row) => ms(of(row)),
});
const text = <T>(name: string, of: (row: T) => string | undefined, config?: FieldConfig): FieldOf<T> => ({
  name,
  type: FieldType.string,
  config,
  of,
});
const number = <T>(name: string, of: (row: T) => number, config?: FieldConfig): FieldOf<T> => ({
  name,
  type: FieldType.number,
  config,
  of,
});

function table<T>(name: string, rows: readonly T[], cluster: string, fields: ReadonlyArray<FieldOf<T>>): DataFrame {
  return createDataFrame({
    name,
    meta: { preferredVisualisationType: 'table', custom: { cluster } },
    fields: fields.map(({ name: field, type, config, of }) => ({
      name: field,
      type,
      config: config ?? {},
      values: rows.map(of),
    })),
  });
}

export const anomaliesFrame = (rows: readonly WireAnomaly[], uid: string): DataFrame =>
  table('anomalies', rows, rows[0]?.cluster ?? '', [
    time('time', (one) => one.startedAt),
    time('timeEnd', (one) => one.endedAt ?? one.updatedAt),
    text('severity', (one) => one.severity),
    text('workload', (one) => one.target.label),
    text('metric', (one) => one.metricType),
    text('sentence', (one) => one.sentence),
    number('score', (one) => one.peak, score),
    number('threshold', (one) => one.threshold, score),
    number('value', (one) => one.value),
    number('expected', (one) => one.expected),
    text('state', (one) => (one.open ? 'open' : 'over')),
    text('reason', (one) => words(one.reason)),
    text('incident', (one) => one.incidentId ?? '', { links: [incidentLink(uid)] }),
    text('id', (one) => one.id),
  ]);

export const incidentsFrame = (rows: readonly IncidentRow[], uid: string): DataFrame =>
  table('incidents', rows, rows[0]?.cluster ?? '', [
    time('time', (one) => one.openedAt),
    time('timeEnd', (one) => one.closedAt),
    text('severity', (one) => one.severity),
    text('workload', (one) => one.target.label),
    text('title', (one) => one.title, { links: [incidentLink(uid)] }),
    text('phase', (one) => one.phase),
    text('reason', (one) => words(one.reason)),
    text('cause', (one) => words(one.cause)),
    text('verdict', (one) => (one.verdict ? words(one.verdict) : '')),
    text('plan', (one) => one.plan?.summary ?? ''),
    text('incident', (one) => one.id, { links: [incidentLink(uid)] }),
  ]);

export const plansFrame = (rows: readonly PendingPlan[], uid: string): DataFrame =>
  table('plans', rows, rows[0]?.incident.cluster ?? '', [
    time('time', ({ plan }) => plan.createdAt),
    time('expires', ({ plan }) => plan.expiresAt),
    text('workload', ({ incident }) => incident.target.label),
    text('title', ({ incident }) => incident.title, { links: [incidentLink(uid)] }),
    text('plan', ({ plan }) => plan.steps.map(({ sentence }) => sentence).join('; ')),
    text('risk', ({ plan }) => plan.risk),
    text('author', ({ plan }) => `${plan.author.kind} ${plan.author.name}`),
    text('incident', ({ incident }) => incident.id, { links: [incidentLink(uid)] }),
    text('planId', ({ plan }) => plan.id),
  ]);

export const actionsFrame = (rows: readonly AnnotationEvent[], uid: string): DataFrame =>
  table('actions', rows, rows[0]?.target?.cluster ?? '', [
    time('time', (one) => one.time),
    time('timeEnd', (one) => one.timeEnd),
    text('what', (one) => one.layer),
    text('workload', (one) => one.target?.label ?? ''),
    text('title', (one) => one.title, { links: [incidentLink(uid)] }),
    text('text', (one) => one.text),
    text('reason', (one) => words(one.reason)),
    text('incident', (one) => one.incidentId ?? '', { links: [incidentLink(uid)] }),
  ]);

/** Grafana shows an annotation's text as HTML, and ours comes from telemetry. */
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (unsafe: string): string => unsafe.replace(/[&<>"']/g, (one) => escapes[one] ?? '');

const mergedNote = ({ count, open }: AnnotationEvent): string =>
  count > 1 ? `<br/>${count - 1} more${open > 0 ? `, ${open} open` : ''}` : '';
const link = ({ incidentId }: AnnotationEvent, uid: string): string =>
  incidentId
    ? `<br/><a href="/a/kubewise-app/incidents/${encodeURIComponent(incidentId)}?ds=${encodeURIComponent(uid)}">Open the incident</a>`
    : '';

/** One frame, with the names that Grafana's default mapping knows. A region has a timeEnd, a point has none. */
export const annotationsFrame = (events: readonly AnnotationEvent[], uid: string): DataFrame =>
  table('annotations', events, events[0]?.target?.cluster ?? '', [
    time('time', (one) => one.time),
    time('timeEnd', (one) => one.timeEnd ?? one.time),
    text('title', (one) => escapeHtml(one.title)),
    text('text', (one) => `${escapeHtml(one.text)}${mergedNote(one)}${link(one, uid)}`),
    { name: 'tags', type: FieldType.other, of: (one) => [one.layer, one.severity, ...one.tags] },
    text('id', (one) => one.id),
  ]);
