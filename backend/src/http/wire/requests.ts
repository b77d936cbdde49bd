import { z } from 'zod';
import { MetricType, Mode, WatchedQuery } from '../../model/index.ts';
import { Time } from './basic.ts';

const word = z.string().min(1).max(253);
const Until = Time.describe('RFC 3339, in the future');
const ForSeconds = z
  .number()
  .positive()
  .max(90 * 86_400);
/** Until a time, or for so many seconds from now: the server's clock counts, which may be a simulated one. */
const untilOrFor = { until: Until.optional(), forSeconds: ForSeconds.optional() };
const oneEnd = (one: { until?: string | undefined; forSeconds?: number | undefined }): boolean =>
  (one.until === undefined) !== (one.forSeconds === undefined);
const oneEndMessage = { path: ['until'], message: 'give either until or forSeconds' };
/** Chosen by the caller, one per decision: a repeat with the same key and body is the same decision. */
const IdempotencyKey = z
  .string()
  .min(8)
  .max(128)
  .regex(/^[\w.:-]+$/, 'letters, digits and . : _ - only');

const Digest = z.string().regex(/^[0-9a-f]{64}$/);

export const ApprovalRequest = z
  .strictObject({ planId: word, digest: Digest, idempotencyKey: IdempotencyKey })
  .meta({ id: 'ApprovalRequest' });
export type ApprovalRequest = Readonly<z.infer<typeof ApprovalRequest>>;

export const RejectionRequest = z
  .strictObject({ planId: word, reason: z.string().min(1).max(1000), idempotencyKey: IdempotencyKey })
  .meta({ id: 'RejectionRequest' });
export type RejectionRequest = Readonly<z.infer<typeof RejectionRequest>>;

/** Acts on one incident; the id is in the body so that one proxy route serves all. */
export const IncidentAct = z
  .discriminatedUnion('act', [
    z.strictObject({ act: z.literal('acknowledge'), incidentId: word }),
    z.strictObject({ act: z.literal('assign'), incidentId: word, assignee: word }),
    z.strictObject({ act: z.literal('snooze'), incidentId: word, ...untilOrFor }).refine(oneEnd, oneEndMessage),
    z.strictObject({ act: z.literal('analyze'), incidentId: word }),
  ])
  .meta({ id: 'IncidentAct' });
export type IncidentAct = Readonly<z.infer<typeof IncidentAct>>;

export const AssignRequest = z.strictObject({ assignee: word }).meta({ id: 'AssignRequest' });
export const SnoozeRequest = z.strictObject(untilOrFor).refine(oneEnd, oneEndMessage).meta({ id: 'SnoozeRequest' });
export const CommandRequest = z
  .strictObject({ command: z.string().min(1).max(2000) })
  .meta({ id: 'CommandRequest', description: '`scale_deployment name=web ns=default replicas=3`' });
export const RevisionRequest = z
  .strictObject({
    digest: Digest,
    steps: z
      .array(z.strictObject({ id: word, command: z.string().min(1).max(2000).optional() }))
      .min(1)
      .max(8),
  })
  .meta({ id: 'RevisionRequest', description: 'the steps that stay; `command` gives one other parameters' });
export type RevisionRequest = Readonly<z.infer<typeof RevisionRequest>>;
export const RejectRequest = z.strictObject({ reason: z.string().min(1).max(1000) }).meta({ id: 'RejectRequest' });

export const FeedbackRequest = z
  .strictObject({ verdict: z.enum(['TruePositive', 'FalsePositive']), comment: z.string().max(2000).default('') })
  .meta({ id: 'FeedbackRequest' });
export type FeedbackRequest = Readonly<z.input<typeof FeedbackRequest>>;
export const FeedbackPost = FeedbackRequest.extend({ anomalyId: word }).meta({ id: 'FeedbackPost' });
export type FeedbackPost = Readonly<z.input<typeof FeedbackPost>>;

export const MuteRequest = z
  .strictObject({
    namespace: word.optional(),
    kind: word.optional(),
    name: word.optional(),
    metricType: MetricType.optional(),
    ...untilOrFor,
    why: z.string().min(1).max(1000),
  })
  .refine(oneEnd, oneEndMessage)
  .refine(
    (mute) => [mute.namespace, mute.kind, mute.name, mute.metricType].some((one) => one !== undefined),
    'give at least one of namespace, kind, name, metricType; muting everything is not offered',
  )
  .meta({ id: 'MuteRequest' });
export type MuteRequest = Readonly<z.infer<typeof MuteRequest>>;
export const UnmuteRequest = z.strictObject({ muteId: word }).meta({ id: 'UnmuteRequest' });

export const ModeRequest = z.strictObject({ mode: Mode }).meta({ id: 'ModeRequest' });
export const KillSwitchRequest = z.strictObject({ on: z.boolean() }).meta({ id: 'KillSwitchRequest' });
export const ConfigRequest = z.record(z.string(), z.unknown()).meta({ id: 'ConfigRequest' });

export const QueryRequest = WatchedQuery.meta({ id: 'QueryRequest' });
export type QueryRequest = Readonly<z.input<typeof QueryRequest>>;

/** At most 30 days and 11,000 points per series. `step` in seconds. */
export const BacktestRequest = z
  .strictObject({
    /** Left out: everything that is watched goes through both loops. */
    promql: z.string().min(1).max(2000).optional(),
    from: Time,
    to: Time,
    step: z.number().min(1).max(86_400).default(60),
    metricType: MetricType.default('custom'),
    direction: z.enum(['up', 'down', 'both']).default('up'),
    /** When something is known to have been wrong; without promql: how many incidents met them, and how early. */
    labels: z
      .array(z.strictObject({ from: Time, to: Time }))
      .max(1000)
      .optional(),
  })
  .refine((one) => Date.parse(one.to) > Date.parse(one.from), { path: ['to'], message: 'must be after from' })
  .refine((one) => Date.parse(one.to) - Date.parse(one.from) <= 30 * 86_400_000, {
    path: ['from'],
    message: 'at most 30 days before to',
  })
  .refine((one) => (Date.parse(one.to) - Date.parse(one.from)) / 1000 / one.step <= 45_000, {
    path: ['step'],
    message: 'too small: at most 45,000 points per series',
  })
  .meta({ id: 'BacktestRequest' });
export type BacktestRequest = Readonly<z.input<typeof BacktestRequest>>;
export const TrainRequest = z
  .strictObject({ days: z.number().positive().max(90).default(14) })
  .meta({ id: 'TrainRequest' });
export const ExportRequest = z
  .strictObject({ of: z.enum(['incidents', 'anomalies', 'audit']), from: Time.optional(), to: Time.optional() })
  .meta({ id: 'ExportRequest' });
export type ExportRequest = Readonly<z.infer<typeof ExportRequest>>;
export const JobCancel = z.strictObject({ jobId: word }).meta({ id: 'JobCancel' });

/** One alert as Alertmanager (webhook version 4) and Grafana Alerting send it. Unknown fields are ignored. */
export const PostedAlert = z
  .object({
    status: z.enum(['firing', 'resolved']),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).nullish(),
    startsAt: z.iso.datetime({ offset: true }),
    endsAt: z.iso.datetime({ offset: true }).nullish(),
    fingerprint: z.string().max(128).optional(),
  })
  .meta({ id: 'PostedAlert' });
export const AlertPayload = z
  .object({ alerts: z.array(PostedAlert).max(10_000) })
  .meta({ id: 'AlertPayload', description: 'the webhook payload of Alertmanager v4 or of Grafana Alerting' });

export const InvestigateRequest = z
  .object({
    incidentId: word.optional(),
    namespace: z.string().max(253).optional(),
    kind: z.string().max(253).optional(),
    name: z.string().max(253).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    description: z.string().max(10_000).optional(),
  })
  .meta({ id: 'InvestigateRequest' });
