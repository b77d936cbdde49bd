import { z } from 'zod';
import { ActionState, Autonomy, Forecast, Priority, Risk } from '../../model/index.ts';
import { AnyJson, AnyObject, Time, WirePhase, WireSeverity, WireTarget, WireVerdict } from './basic.ts';

export const WirePermission = z
  .object({
    verb: z.string(),
    group: z.string(),
    resource: z.string(),
    subresource: z.string().optional(),
    namespace: z.string().optional(),
    name: z.string().optional(),
    allowed: z.boolean(),
  })
  .meta({ id: 'Permission' });
export type WirePermission = Readonly<z.infer<typeof WirePermission>>;

/** A step as a person reads it (`sentence`), as an operator types it (`command`), and as data. */
export const WireStep = z
  .object({
    id: z.string(),
    sentence: z.string(),
    command: z.string(),
    action: z.string(),
    params: AnyObject,
    dependsOn: z.array(z.string()),
    preconditions: z.array(z.string()),
    expectedOutcome: z.string(),
    verification: z.string(),
  })
  .meta({ id: 'Step' });
export type WireStep = Readonly<z.infer<typeof WireStep>>;

export const FieldChange = z
  .object({ path: z.string(), before: AnyJson, after: AnyJson })
  .meta({ id: 'FieldChange', description: 'one field of the live object, before and after' });
export type FieldChange = Readonly<z.infer<typeof FieldChange>>;

export const WireDryRun = z
  .object({
    stepId: z.string(),
    verdict: z.enum(['Pass', 'Warn', 'Block']),
    reason: z.string(),
    message: z.string(),
    diff: z.array(FieldChange),
  })
  .meta({ id: 'DryRun', description: 'what the API server said to the same request with dryRun=All' });
export type WireDryRun = Readonly<z.infer<typeof WireDryRun>>;

export const WireForecast = Forecast.meta({
  id: 'Forecast',
  description: 'what became of earlier incidents with the same first cause, left alone and treated like this',
});
export type WireForecast = Readonly<z.infer<typeof WireForecast>>;

export const WirePlan = z
  .object({
    id: z.string(),
    incidentId: z.string(),
    author: z.object({ kind: z.enum(['Rule', 'Model', 'Human']), name: z.string() }),
    reasoning: z.string(),
    rootCause: z.string(),
    steps: z.array(WireStep),
    fallbacks: z.array(z.array(WireStep)),
    priority: Priority,
    expectedOutcome: z.string(),
    verification: z.array(z.string()),
    risk: Risk,
    reversible: z.boolean(),
    permissions: z.array(WirePermission),
    dryRuns: z.array(WireDryRun),
    forecast: WireForecast.optional(),
    autonomy: Autonomy,
    autonomyReason: z.string(),
    attempt: z.int(),
    /** What an approval names: when the plan or the relevant state changes, so does the digest. */
    digest: z.string(),
    createdAt: Time,
    expiresAt: Time,
  })
  .meta({ id: 'Plan' });
export type WirePlan = Readonly<z.infer<typeof WirePlan>>;

export const WireAction = z
  .object({
    id: z.string(),
    stepId: z.string(),
    sentence: z.string(),
    command: z.string(),
    state: ActionState,
    message: z.string(),
    tries: z.int(),
    approvedBy: z.string(),
    answer: z.object({ status: z.int(), reason: z.string(), message: z.string() }).optional(),
    dryRun: WireDryRun.optional(),
    undoable: z.boolean(),
    startedAt: Time,
    appliedAt: Time.optional(),
    finishedAt: Time.optional(),
  })
  .meta({ id: 'Action' });
export type WireAction = Readonly<z.infer<typeof WireAction>>;

export const WireOutcome = z
  .object({
    verdict: WireVerdict,
    message: z.string(),
    measurements: z.array(
      z.object({
        name: z.string(),
        unit: z.string(),
        before: z.number(),
        after: z.number(),
        expected: z.number().optional(),
        recovered: z.boolean(),
      }),
    ),
    /** Seconds from the start of the incident to each milestone. */
    detectedAfter: z.number().optional(),
    proposedAfter: z.number().optional(),
    executedAfter: z.number().optional(),
    resolvedAfter: z.number().optional(),
    reverted: z.boolean(),
    /** What a model makes of the numbers, in words for people. */
    review: z.object({ model: z.string(), helped: z.boolean(), comment: z.string() }).optional(),
    at: Time,
  })
  .meta({ id: 'Outcome' });
export type WireOutcome = Readonly<z.infer<typeof WireOutcome>>;

export const WireTimelineEntry = z
  .object({ at: Time, phase: WirePhase, reason: z.string(), message: z.string(), subject: z.string() })
  .meta({ id: 'TimelineEntry' });
export type WireTimelineEntry = Readonly<z.infer<typeof WireTimelineEntry>>;

export const WireCause = z
  .object({
    class: z.string(),
    target: WireTarget,
    score: z.number(),
    message: z.string(),
    evidence: z.array(z.string()),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .meta({ id: 'Cause', description: 'a suspected cause with what speaks for it, best first' });
export type WireCause = Readonly<z.infer<typeof WireCause>>;

export const WireChange = z
  .object({ at: Time, kind: z.string(), message: z.string(), byUs: z.boolean() })
  .meta({ id: 'Change' });
export type WireChange = Readonly<z.infer<typeof WireChange>>;

export const WireEvidence = z
  .object({
    /** `Deployment shop/web`, `Pods in shop`, or a PromQL text. */
    question: z.string(),
    found: z.boolean(),
    objects: z.array(AnyObject),
    values: z.array(z.object({ labels: z.record(z.string(), z.string()), value: z.number() })),
    error: z.string().optional(),
    at: Time,
  })
  .meta({ id: 'Evidence' });
export type WireEvidence = Readonly<z.infer<typeof WireEvidence>>;

export const WireApproval = z
  .object({ subject: z.string(), issuer: z.string(), digest: z.string(), at: Time })
  .meta({ id: 'Approval' });

export const WireAuditEntry = z
  .object({
    id: z.string(),
    writer: z.string(),
    seq: z.int(),
    at: Time,
    subject: z.string(),
    action: z.string(),
    object: z.string(),
    reason: z.string(),
    message: z.string(),
    previousHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' });
export type WireAuditEntry = Readonly<z.infer<typeof WireAuditEntry>>;

const row = {
  id: z.string(),
  cluster: z.string(),
  target: WireTarget,
  title: z.string(),
  severity: WireSeverity,
  phase: WirePhase,
  /** The status word of the older systems. */
  status: z.string(),
  reason: z.string(),
  message: z.string(),
  open: z.boolean(),
  /** Class of the first suspected cause; empty while there is none. */
  cause: z.string(),
  signals: z.array(z.string()),
  anomalies: z.int(),
  acknowledgedBy: z.string().optional(),
  assignee: z.string().optional(),
  snoozedUntil: Time.optional(),
  /** Present while a plan waits or runs: enough for a list; the whole plan is in the detail. */
  plan: z
    .object({
      id: z.string(),
      digest: z.string(),
      risk: Risk,
      author: z.string(),
      summary: z.string(),
      expiresAt: Time,
    })
    .optional(),
  verdict: WireVerdict.optional(),
  startedAt: Time,
  openedAt: Time,
  updatedAt: Time,
  proposedAt: Time.optional(),
  executedAt: Time.optional(),
  closedAt: Time.optional(),
};
export const IncidentRow = z.object(row).meta({ id: 'IncidentRow' });
export type IncidentRow = Readonly<z.infer<typeof IncidentRow>>;

export const SimilarIncident = z
  .object({
    id: z.string(),
    target: WireTarget,
    title: z.string(),
    phase: WirePhase,
    verdict: WireVerdict.optional(),
    openedAt: Time,
  })
  .meta({ id: 'SimilarIncident' });

/** The document version serves optimistic readers (ETag); it is not what an approval names. */
export const IncidentDetail = z
  .object({
    ...row,
    version: z.int(),
    anomalyIds: z.array(z.string()),
    eventIds: z.array(z.string()),
    alertIds: z.array(z.string()),
    causes: z.array(WireCause),
    changes: z.array(WireChange),
    evidence: z.array(WireEvidence),
    timeline: z.array(WireTimelineEntry),
    approvals: z.array(WireApproval),
    currentPlan: WirePlan.optional(),
    pastPlans: z.array(WirePlan),
    actions: z.array(WireAction),
    outcome: WireOutcome.optional(),
    audit: z.array(WireAuditEntry),
    similar: z.array(SimilarIncident),
    attempts: z.int(),
  })
  .meta({ id: 'IncidentDetail' });
export type IncidentDetail = Readonly<z.infer<typeof IncidentDetail>>;

/** A plan that waits for a decision, with the incident it belongs to. */
export const PendingPlan = z.object({ incident: IncidentRow, plan: WirePlan }).meta({ id: 'PendingPlan' });
export type PendingPlan = Readonly<z.infer<typeof PendingPlan>>;
