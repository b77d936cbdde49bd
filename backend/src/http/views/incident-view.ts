import {
  legacyStatus,
  printCommand,
  stepCommand,
  stepSentence,
  definitionOf,
  type Action,
  type Answer,
  type AuditEntry,
  type Incident,
  type Outcome,
  type Phase,
  type Plan,
  type Step,
} from '../../model/index.ts';
import type { IncidentDetail, IncidentRow, WireAction, WireAuditEntry, WirePlan, WireStep } from '../wire/incident.ts';
import { present, targetOf, timeOf, timesOf } from './basic-view.ts';

/** Phases in which the plan of an incident is what matters about it. */
const planned: readonly Phase[] = ['Proposed', 'Approved', 'Remediating', 'Verifying', 'RollingBack'];

const stepOf = (step: Step): WireStep => ({
  ...{ id: step.id, sentence: stepSentence(step), command: stepCommand(step) },
  ...{ action: step.action.name, params: { ...step.action.params } },
  ...{ dependsOn: [...step.dependsOn], preconditions: [...step.preconditions] },
  ...{ expectedOutcome: step.expectedOutcome, verification: step.verification },
});

export const planOf = (plan: Plan, incidentId: string): WirePlan => ({
  ...{ id: plan.id, incidentId, author: plan.author, reasoning: plan.reasoning, rootCause: plan.rootCause },
  ...{ steps: plan.steps.map(stepOf), fallbacks: plan.fallbacks.map((steps) => steps.map(stepOf)) },
  ...{ priority: plan.priority, expectedOutcome: plan.expectedOutcome, verification: plan.verification },
  ...{ risk: plan.risk, reversible: plan.reversible, permissions: plan.permissions, dryRuns: plan.dryRuns },
  ...(plan.forecast && { forecast: plan.forecast }),
  ...{ autonomy: plan.autonomy, autonomyReason: plan.autonomyReason, attempt: plan.attempt, digest: plan.digest },
  ...{ createdAt: timeOf(plan.createdAt), expiresAt: timeOf(plan.expiresAt) },
});

const planSummary = (plan: Plan): NonNullable<IncidentRow['plan']> => ({
  ...{ id: plan.id, digest: plan.digest, risk: plan.risk, author: plan.author.name },
  summary: plan.steps.map(stepSentence).join('; '),
  expiresAt: timeOf(plan.expiresAt),
});

export function incidentRow(incident: Incident): IncidentRow {
  const { id, cluster, title, severity, phase, reason, message, signals, plan, closedAt } = incident;
  const { acknowledgedBy, assignee, proposedAt, executedAt, snoozedUntil } = incident;
  return {
    ...{ id, cluster, target: targetOf(incident.target), title, severity, phase, status: legacyStatus[phase] },
    ...{ reason, message, open: closedAt === undefined, cause: incident.causes[0]?.class ?? '' },
    ...{ signals: [...signals], anomalies: incident.anomalyIds.length },
    ...present({ acknowledgedBy, assignee, verdict: incident.outcome?.verdict }),
    ...(plan && planned.includes(phase) && { plan: planSummary(plan) }),
    startedAt: timeOf(incident.startedAt),
    openedAt: timeOf(incident.openedAt),
    updatedAt: timeOf(incident.updatedAt),
    ...timesOf({ snoozedUntil, proposedAt, executedAt, closedAt }),
  };
}

function questionOf({ query }: Answer): string {
  if (query.kind === 'Metric') return query.promql;
  if (query.kind === 'List') return `${query.of}s in ${query.namespace || 'the cluster'}`;
  const { kind, namespace, name } = query.ref;
  return namespace ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}

const actionOf = (action: Action): WireAction => ({
  ...{ id: action.id, stepId: action.stepId, state: action.state, message: action.message, tries: action.tries },
  sentence: definitionOf(action.command).sentence(action.command.params),
  command: printCommand(action.command),
  approvedBy: action.approvedBy,
  ...present({ answer: action.answer, dryRun: action.dryRun }),
  undoable: action.undoRequest !== undefined,
  startedAt: timeOf(action.startedAt),
  ...timesOf({ appliedAt: action.appliedAt, finishedAt: action.finishedAt }),
});

const outcomeOf = ({ at, detectedAfter, proposedAfter, executedAfter, resolvedAfter, ...rest }: Outcome) => ({
  ...{ verdict: rest.verdict, message: rest.message, reverted: rest.reverted },
  measurements: rest.measurements.map(({ name, unit, before, after, expected, recovered }) => ({
    ...{ name, unit, before, after, recovered },
    ...present({ expected }),
  })),
  ...present({ detectedAfter, proposedAfter, executedAfter, resolvedAfter, review: rest.review }),
  at: timeOf(at),
});

export const auditOf = (entry: AuditEntry): WireAuditEntry => ({
  ...{ id: entry.id, writer: entry.writer, seq: entry.seq, at: timeOf(entry.at), subject: entry.subject },
  ...{ action: entry.action, object: entry.object, reason: entry.reason, message: entry.message },
  ...{ previousHash: entry.previousHash, hash: entry.hash },
});

const similarOf = (incident: Incident): IncidentDetail['similar'][number] => ({
  ...{ id: incident.id, target: targetOf(incident.target), title: incident.title, phase: incident.phase },
  ...present({ verdict: incident.outcome?.verdict }),
  openedAt: timeOf(incident.openedAt),
});

/** Everything about one incident; `audit` and `similar` come from elsewhere. */
export function incidentDetail(
  incident: Incident,
  audit: readonly AuditEntry[],
  similar: readonly Incident[],
): IncidentDetail {
  const { id, version, anomalyIds, eventIds, alertIds, plan, outcome, attempts } = incident;
  return {
    ...incidentRow(incident),
    ...{ version, anomalyIds: [...anomalyIds], eventIds: [...eventIds], alertIds: [...alertIds], attempts },
    causes: incident.causes.map((cause) => ({
      ...{ class: cause.class, target: targetOf(cause.target), score: cause.score, message: cause.message },
      ...{ evidence: [...cause.evidence], facts: { ...cause.facts } },
    })),
    changes: incident.changes.map((one) => ({ ...one, at: timeOf(one.at) })),
    evidence: incident.evidence.map((answer) => ({
      ...{
        question: questionOf(answer),
        found: answer.found,
        objects: [...answer.objects],
        values: [...answer.values],
      },
      ...present({ error: answer.error }),
      at: timeOf(answer.at),
    })),
    timeline: incident.timeline.map((entry) => ({ ...entry, at: timeOf(entry.at) })),
    approvals: incident.approvals.map((one) => ({ ...one, at: timeOf(one.at) })),
    ...(plan && { currentPlan: planOf(plan, id) }),
    pastPlans: incident.pastPlans.map((past) => planOf(past, id)),
    actions: incident.actions.map(actionOf),
    ...(outcome && { outcome: outcomeOf(outcome) }),
    audit: audit.map(auditOf),
    similar: similar.map(similarOf),
  };
}
