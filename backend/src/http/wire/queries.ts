import { z } from 'zod';
import { Phase, Severity } from '../../model/index.ts';
import { annotationLayers } from './anomaly.ts';
import { Time } from './basic.ts';

const flag = z.enum(['true', 'false']).transform((word) => word === 'true');
/** `a,b,c` of known words. */
const listOf = <T extends string>(words: readonly T[]) =>
  z
    .string()
    .transform((text) => text.split(',').filter(Boolean))
    .pipe(z.array(z.enum(words as unknown as [T, ...T[]])).min(1));
const word = z.string().max(253);

export const IdPath = z.object({ id: z.string().min(1).max(200) });
export const FilePath = z.object({ file: z.string().regex(/^[\w.-]+$/) });

const limit = z.coerce.number().int().min(1).max(500);
export const paging = {
  limit: limit.default(50),
  cursor: z.string().max(1000).optional(),
  skip: z.coerce.number().int().min(0).max(10_000).optional(),
};
const whom = { namespace: word.optional(), kind: word.optional(), name: word.optional() };
const range = { from: Time.optional(), to: Time.optional() };

const incidentFields = {
  ...paging,
  ...whom,
  ...range,
  phase: listOf(Phase.options).optional(),
  severity: listOf(Severity.options).optional(),
  open: flag.optional(),
  /** Words in the title, the target, the cause or the message. */
  q: z.string().max(200).optional(),
  sort: z.enum(['openedAt', 'updatedAt', 'targetKey', 'severity']).default('openedAt'),
  order: z.enum(['asc', 'desc']).default('desc'),
};
export const IncidentsQuery = z.strictObject(incidentFields).refine(({ sort, skip }) => sort !== 'severity' || !skip, {
  message: 'cannot be used with sort=severity: follow the cursor',
  path: ['skip'],
});
export const AnomaliesQuery = z.strictObject({
  ...paging,
  ...whom,
  ...range,
  open: flag.optional(),
  metricType: word.optional(),
  severity: listOf(Severity.options).optional(),
  incidentId: word.optional(),
});
export const AnnotationsQuery = z.strictObject({
  ...whom,
  from: Time,
  to: Time,
  layers: listOf(annotationLayers).default(['incidents']),
  severity: listOf(Severity.options).optional(),
});
export const ScoresQuery = z.strictObject({
  ...whom,
  limit: z.coerce.number().int().min(1).max(5000).default(500),
  metricType: word.optional(),
  state: z.enum(['learning', 'normal', 'anomalous']).optional(),
});
export const SeriesQuery = z.strictObject({
  ...whom,
  from: Time,
  to: Time,
  metricType: word.optional(),
  limit: z.coerce.number().int().min(1).max(50).default(10),
  points: z.coerce.number().int().min(10).max(2000).default(500),
});
export const ListQuery = z.strictObject(paging);
export const EventsQuery = z.strictObject({ ...paging, ...whom, ...range, reason: word.optional() });
export const AlertsQuery = z.strictObject({ ...paging, ...range, status: z.enum(['firing', 'resolved']).optional() });
export const AuditQuery = z.strictObject({ ...paging, ...range, object: word.optional() });
export const LegacyEventsQuery = z.strictObject({
  ...paging,
  status: z.string().max(50).optional(),
  namespace: word.optional(),
  entity_type: word.optional(),
});
export const StreamQuery = z.strictObject({ namespace: word.optional() });
