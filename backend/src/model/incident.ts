import { z } from 'zod';
import { Action } from './action.ts';
import { Severity } from './anomaly.ts';
import { documentFields } from './document.ts';
import { Answer } from './evidence.ts';
import { Outcome } from './outcome.ts';
import { Plan } from './plan.ts';
import { Target } from './target.ts';

export const Phase = z.enum([
  'Firing',
  'Diagnosed',
  'Proposed',
  'Approved',
  'Remediating',
  'Verifying',
  'RollingBack',
  'Resolved',
  'SelfRecovered',
  'RolledBack',
  'Failed',
  'Escalated',
  'Expired',
  'Rejected',
  'Suppressed',
]);
export type Phase = z.infer<typeof Phase>;

/**
 * The life of an incident, printed once. Everything not listed is refused. `Resolved` and `SelfRecovered` are the end;
 * the other exits close (`closedAt`) when the symptoms are gone, or go back to `Diagnosed` on new evidence or by a person.
 */
export const transitions: Readonly<Record<Phase, readonly Phase[]>> = {
  Firing: ['Diagnosed', 'SelfRecovered', 'Suppressed', 'Escalated'],
  Diagnosed: ['Proposed', 'SelfRecovered', 'Suppressed', 'Escalated'],
  Proposed: ['Approved', 'Rejected', 'Expired', 'SelfRecovered', 'Diagnosed', 'Suppressed', 'Escalated'],
  Approved: ['Remediating', 'Diagnosed', 'Expired', 'Escalated', 'SelfRecovered'],
  Remediating: ['Verifying', 'RollingBack', 'Failed'],
  Verifying: ['Resolved', 'Diagnosed', 'RollingBack', 'Escalated'],
  RollingBack: ['RolledBack', 'Failed'],
  Resolved: [],
  SelfRecovered: [],
  RolledBack: ['Diagnosed'],
  Failed: ['Diagnosed'],
  Escalated: ['Diagnosed'],
  Expired: ['Diagnosed'],
  Rejected: ['Diagnosed'],
  Suppressed: ['Diagnosed', 'SelfRecovered'],
};
export const canMove = (from: Phase, to: Phase): boolean => transitions[from].includes(to);
/** Phases in which KubeWise has something to do or a person has something to decide. */
export const activePhases: readonly Phase[] = [
  'Firing',
  'Diagnosed',
  'Proposed',
  'Approved',
  'Remediating',
  'Verifying',
  'RollingBack',
];

export const TimelineEntry = z.object({
  at: z.number(),
  phase: Phase,
  /** One PascalCase word: also a metric label. */
  reason: z.string(),
  message: z.string(),
  subject: z.string().default('kubewise'),
});
export type TimelineEntry = Readonly<z.infer<typeof TimelineEntry>>;

/** A suspected cause with what speaks for it, best first. */
export const Cause = z.object({
  class: z.string(),
  target: Target,
  score: z.number(),
  message: z.string(),
  evidence: z.array(z.string()),
  /** What the runbook needs to fill in its parameters. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
export type Cause = Readonly<z.infer<typeof Cause>>;

/** Something that was changed about the target around the onset: a rollout, a scaling, a cordon. */
export const Change = z.object({
  at: z.number(),
  kind: z.string(),
  message: z.string(),
  byUs: z.boolean().default(false),
});
export type Change = Readonly<z.infer<typeof Change>>;

export const Approval = z.object({
  subject: z.string(),
  issuer: z.string().default('token'),
  digest: z.string(),
  at: z.number(),
});
export type Approval = Readonly<z.infer<typeof Approval>>;

/** An audit entry that was decided together with a transition and still has to enter the chain. */
export const PendingAudit = z.object({
  id: z.string(),
  at: z.number(),
  subject: z.string(),
  action: z.string(),
  object: z.string(),
  reason: z.string(),
  message: z.string(),
});
export type PendingAudit = Readonly<z.infer<typeof PendingAudit>>;

const base = {
  ...documentFields,
  cluster: z.string(),
  target: Target,
  targetKey: z.string(),
  /** Unique among open incidents of one target; absent once closed. */
  openKey: z.string().optional(),
  title: z.string(),
  severity: Severity,
  reason: z.string(),
  message: z.string(),
  anomalyIds: z.array(z.string()).default([]),
  eventIds: z.array(z.string()).default([]),
  alertIds: z.array(z.string()).default([]),
  changes: z.array(Change).default([]),
  /** Which metric types, event reasons and alerts speak for it: grows, decides on notification and re-diagnosis. */
  signals: z.array(z.string()).default([]),
  /** The signals that the present causes were found with. */
  diagnosedSignals: z.array(z.string()).default([]),
  causes: z.array(Cause).default([]),
  evidence: z.array(Answer).default([]),
  timeline: z.array(TimelineEntry).default([]),
  approvals: z.array(Approval).default([]),
  pastPlans: z.array(Plan).default([]),
  /** Ids of plans that another one took the place of: who approves one of them has to look again. */
  formerPlans: z.array(z.string()).default([]),
  pendingAudit: z.array(PendingAudit).default([]),
  /** Keys of notifications that are due but not acknowledged by the receiver yet. */
  pendingNotifications: z.array(z.string()).default([]),
  acknowledgedBy: z.string().optional(),
  assignee: z.string().optional(),
  snoozedUntil: z.number().optional(),
  startedAt: z.number(),
  openedAt: z.number(),
  updatedAt: z.number(),
  proposedAt: z.number().optional(),
  executedAt: z.number().optional(),
  closedAt: z.number().optional(),
  /** When reconcile should look again (Unix s); absent = nothing to do until something changes. */
  nextAt: z.number().optional(),
  attempts: z.int().nonnegative().default(0),
  outcome: Outcome.optional(),
};
const planned = { plan: Plan };
const acting = { plan: Plan, actions: z.array(Action), remediationStartedAt: z.number() };

/** What belongs together about one target. A phase that needs a plan or actions cannot be said without them. */
export const Incident = z.discriminatedUnion('phase', [
  z.object({
    ...base,
    phase: z.enum(['Firing', 'Diagnosed', 'SelfRecovered', 'Escalated', 'Suppressed', 'Expired', 'Rejected']),
    plan: Plan.optional(),
    actions: z.array(Action).default([]),
    remediationStartedAt: z.number().optional(),
  }),
  z.object({
    ...base,
    ...planned,
    phase: z.enum(['Proposed', 'Approved']),
    actions: z.array(Action).default([]),
    remediationStartedAt: z.number().optional(),
  }),
  z.object({ ...base, ...acting, phase: z.enum(['Remediating', 'RollingBack', 'RolledBack', 'Failed', 'Resolved']) }),
  z.object({
    ...base,
    ...acting,
    phase: z.literal('Verifying'),
    verifyingSince: z.number(),
    healthySince: z.number().optional(),
  }),
]);
export type Incident = Readonly<z.infer<typeof Incident>>;
type Variant<I, P> = I extends { phase: infer Q }
  ? P extends Q
    ? Omit<I, 'phase'> & { readonly phase: P }
    : never
  : never;
/** The incident as it is in this phase. */
export type IncidentIn<P extends Phase> = P extends Phase ? Variant<Incident, P> : never;

/** The status words of the older systems, for the compatibility endpoints. */
export const legacyStatus: Readonly<Record<Phase, string>> = {
  Firing: 'DETECTED',
  Diagnosed: 'ANALYZED',
  Proposed: 'REMEDIATION_SUGGESTED',
  Approved: 'REMEDIATION_APPROVED',
  Remediating: 'REMEDIATION_IN_PROGRESS',
  Verifying: 'VERIFICATION_PENDING',
  RollingBack: 'REMEDIATION_IN_PROGRESS',
  Resolved: 'RESOLVED',
  SelfRecovered: 'RESOLVED',
  RolledBack: 'REMEDIATION_FAILED',
  Failed: 'REMEDIATION_FAILED',
  Escalated: 'ESCALATED',
  Expired: 'EXPIRED',
  Rejected: 'REJECTED',
  Suppressed: 'SUPPRESSED',
};
