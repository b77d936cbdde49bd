import {
  parseCommand,
  revisedSteps,
  transition,
  type Incident,
  type Move,
  type Phase,
  type Plan,
  type Proposal,
  type Revision,
} from '../model/index.ts';
import type { Done, Identity, Ports } from './ports.ts';
import { provePlan } from './reconcile-plan.ts';
import { stepOf, type ReconcileParts } from './reconcile-step.ts';

export type Refused = Extract<Done<never>, { ok: false }>;
export const refused = (status: Refused['status'], reason: string, message: string): Refused => ({
  ok: false,
  status,
  reason,
  message,
});

/** What a person does to an incident: its line in the timeline, and the audit entry that it owes. */
export const moveBy = (ports: Pick<Ports, 'clock' | 'ids'>, by: Identity, reason: string, message: string): Move => ({
  at: ports.clock.now(),
  reason,
  message,
  subject: by.subject,
  auditId: ports.ids.next(),
});

/** Phases from which a person may ask for another diagnosis or bring a plan of their own. */
const undecided: readonly Phase[] = [
  'Firing',
  'Diagnosed',
  'Proposed',
  'Escalated',
  'Expired',
  'Rejected',
  'RolledBack',
  'Failed',
  'Suppressed',
];
export const isUndecided = ({ phase, closedAt }: Incident): boolean =>
  undecided.includes(phase) && closedAt === undefined;

/** The plan that waits, if it is the one that was looked at. */
export function waitingPlan(incident: Incident, digest: string): Plan | Refused {
  if (incident.phase !== 'Proposed')
    return refused(
      409,
      'NotProposed',
      `incident ${incident.id} is ${incident.phase}; only a proposed plan can be approved`,
    );
  if (incident.plan.digest !== digest)
    return refused(412, 'PlanChanged', `the plan changed, look again: its digest is now ${incident.plan.digest}`);
  return incident.plan;
}

/** A person's plan replaces whatever was proposed; it is proven like any other. */
export async function commanded(
  parts: ReconcileParts,
  incident: Incident,
  line: string,
  by: Identity,
): Promise<Incident | Refused> {
  if (!isUndecided(incident))
    return refused(409, 'WrongPhase', `incident ${incident.id} is ${incident.phase}; wait until it is decided`);
  const parsed = parseCommand(line);
  if (!parsed.ok) return refused(400, 'BadCommand', `command: ${parsed.message}`);
  const proposal: Proposal = {
    reasoning: `${by.subject} asked for: ${line}`,
    rootCause: incident.causes[0]?.class ?? '',
    steps: [
      {
        id: 'command',
        action: parsed.command,
        dependsOn: [],
        preconditions: [],
        expectedOutcome: '',
        verification: '',
      },
    ],
    fallbacks: [],
    priority: 'high',
    expectedOutcome: '',
    verification: [],
  };
  const verify = { recover: [], stableSeconds: 240, deadlineSeconds: 1200 };
  return proven(parts, incident, { author: authorOf(by), proposal, verify }, line, by);
}

const authorOf = (by: Identity): Plan['author'] => ({ kind: 'Human', name: by.subject });

async function proven(
  parts: ReconcileParts,
  incident: Incident,
  candidate: Parameters<typeof provePlan>[2],
  what: string,
  by: Identity,
): Promise<Incident | Refused> {
  const plan = await provePlan(stepOf(parts), incident, candidate);
  if ('refused' in plan) return refused(422, plan.refused.reason, plan.refused.message);
  const ready =
    incident.phase === 'Diagnosed'
      ? incident
      : transition(incident, 'Diagnosed', moveBy(parts.ports, by, 'PersonsPlan', what));
  return transition(ready, 'Proposed', moveBy(parts.ports, by, 'PersonsPlan', plan.reasoning), {
    plan,
    approvals: [],
    proposedAt: parts.ports.clock.now(),
  });
}

/** What is left of the proposed plan, or changed in it; it promises and is measured by what the whole plan was. */
export async function revised(
  parts: ReconcileParts,
  incident: Incident,
  revision: Revision,
  by: Identity,
): Promise<Incident | Refused> {
  const plan = waitingPlan(incident, revision.digest);
  if ('ok' in plan) return plan;
  const { steps: wanted } = revision;
  const result = revisedSteps(plan.steps, wanted);
  if (!result.ok) return refused(result.reason === 'BadCommand' ? 400 : 422, result.reason, result.message);
  const { reasoning, rootCause, priority, expectedOutcome, verification, verify } = plan;
  const changed = wanted.filter(({ command }) => command !== undefined).length;
  const what = `${wanted.length} of ${plan.steps.length} steps of plan ${plan.id}, ${changed} changed`;
  const proposal: Proposal = {
    ...{ rootCause, priority, expectedOutcome, verification, steps: [...result.steps], fallbacks: [] },
    reasoning: `${by.subject} took ${what}. ${reasoning}`.slice(0, 4000),
  };
  return proven(parts, incident, { author: authorOf(by), proposal, verify }, what, by);
}
