import {
  answerTo,
  definitionOf,
  inOrder,
  isReversible,
  planDigest,
  riskOf,
  type DryRun,
  type Evidence,
  type Forecast,
  type KubernetesRequest,
  type Mode,
  type Permission,
  type Plan,
  type Policy,
  type Proposal,
  type Query,
  type Refusal,
  type Step,
  type Verification,
} from '../../model/index.ts';
import { forbidden, grant, protectedNamespace } from './autonomy.ts';

type Author = Plan['author'];
const paramsOf = (step: Step) => step.action.params;

/** What must still be read before these steps can be judged. */
export function missing(steps: readonly Step[], evidence: Evidence): readonly Query[] {
  const asked = new Map<string, Query>();
  for (const step of steps)
    for (const query of definitionOf(step.action).needs(paramsOf(step), evidence))
      if (!answerTo(evidence, query)) asked.set(JSON.stringify(query), query);
  return [...asked.values()];
}

/** Steps with what the cluster decides written into their parameters. */
export const pinned = (steps: readonly Step[], evidence: Evidence): readonly Step[] =>
  steps.map((step) => {
    const params = definitionOf(step.action).pin?.(paramsOf(step), evidence) ?? paramsOf(step);
    return { ...step, action: { name: step.action.name, params } };
  });

/** The first step that may not run now, and why. */
export function refusalOf(steps: readonly Step[], evidence: Evidence, policy: Policy): Refusal | undefined {
  const closed = forbidden(steps, policy);
  if (closed) return closed;
  for (const step of steps) {
    const refused = definitionOf(step.action).refuse(paramsOf(step), evidence);
    if (refused) return { reason: refused.reason, message: `step ${step.id}: ${refused.message}` };
  }
  return strayOf(steps, evidence, policy);
}

/** An action on a node reaches into namespaces that its parameters do not name. */
function strayOf(steps: readonly Step[], evidence: Evidence, policy: Policy): Refusal | undefined {
  const stray = requestsOf(steps, evidence, 0).find(({ request }) =>
    policy.protectedNamespaces.includes(request.ref.namespace),
  );
  return stray && protectedNamespace(stray.request.ref.namespace, stray.stepId);
}

/** The writes of each step as they would be sent now: what a dry run sends. Steps that send nothing are left out. */
export function requestsOf(
  steps: readonly Step[],
  evidence: Evidence,
  now: number,
): readonly { readonly stepId: string; readonly request: KubernetesRequest }[] {
  const stamp = { actionId: 'dry-run', startedAt: now };
  return steps.flatMap((step) => {
    const definition = definitionOf(step.action);
    const all = definition.writes?.(paramsOf(step), evidence, stamp) ?? [
      definition.request(paramsOf(step), evidence, stamp),
    ];
    return all.flatMap((one) => (one ? [{ stepId: step.id, request: one }] : []));
  });
}

export function permissionsOf(steps: readonly Step[]): readonly Permission[] {
  const all = steps.flatMap((step) => definitionOf(step.action).permissions(paramsOf(step)));
  return [...new Map(all.map((permission) => [JSON.stringify(permission), permission])).values()];
}

/** The part of the live state that an approval is bound to, by step. */
export const relevantOf = (steps: readonly Step[], evidence: Evidence): Plan['relevant'] =>
  Object.fromEntries(steps.map((step) => [step.id, definitionOf(step.action).relevant(paramsOf(step), evidence)]));

export interface Assembly {
  readonly id: string;
  readonly author: Author;
  readonly proposal: Proposal;
  readonly evidence: Evidence;
  readonly permissions: Plan['permissions'];
  readonly dryRuns: readonly DryRun[];
  readonly verify: Verification;
  readonly forecast: Forecast | undefined;
  readonly policy: Policy;
  readonly mode: Mode;
  readonly attempt: number;
  readonly now: number;
}

/** What the dry run and the permissions leave of an autonomy: a plan that would fail is shown, never run by itself. */
function bounded(granted: ReturnType<typeof grant>, given: Assembly): ReturnType<typeof grant> {
  const denied = given.permissions.find((permission) => !permission.allowed);
  if (denied && granted.autonomy !== 'Observe')
    return { autonomy: 'Suggest', reason: `PermissionMissing:${denied.verb}/${denied.resource}` };
  const blocked = given.dryRuns.find((run) => run.verdict === 'Block');
  if (blocked) return { autonomy: 'Suggest', reason: `DryRunFailed:${blocked.reason}` };
  if (granted.autonomy === 'Auto' && given.dryRuns.some((run) => run.verdict === 'Warn'))
    return { autonomy: 'Approve', reason: 'DryRunWarned' };
  return granted;
}

/** What is at risk when these steps run, of those that no policy may let run by themselves; undefined = none of them. */
function risked(steps: readonly Step[], evidence: Evidence): Refusal | undefined {
  for (const step of steps) {
    const said = definitionOf(step.action).personDecides?.(paramsOf(step), evidence);
    if (said) return said;
  }
  return undefined;
}

const longest = 4000;
const withRisk = (reasoning: string, risk: string): string =>
  `${reasoning.slice(0, longest - risk.length - 2)}. ${risk}`;

/** Turns a proposal that was let through into the plan that a person sees and signs. */
export function assemble(given: Assembly): Plan {
  const steps = pinned(inOrder(given.proposal.steps) ?? [], given.evidence);
  const risk = risked(steps, given.evidence);
  const allowed = bounded(grant(steps, given.policy, given.mode), given);
  const granted: typeof allowed =
    risk && allowed.autonomy === 'Auto' ? { autonomy: 'Approve', reason: risk.reason } : allowed;
  const plan: Omit<Plan, 'digest'> = {
    ...given.proposal,
    ...(risk && { reasoning: withRisk(given.proposal.reasoning, risk.message) }),
    id: given.id,
    author: given.author,
    steps: [...steps],
    fallbacks: given.proposal.fallbacks,
    risk: riskOf(steps),
    reversible: isReversible(steps),
    permissions: [...given.permissions],
    dryRuns: [...given.dryRuns],
    relevant: relevantOf(steps, given.evidence),
    autonomy: granted.autonomy,
    autonomyReason: granted.reason,
    verify: given.verify,
    ...(given.forecast && { forecast: given.forecast }),
    attempt: given.attempt,
    createdAt: given.now,
    expiresAt: given.now + given.policy.planExpirySeconds,
  };
  return { ...plan, digest: planDigest(plan) };
}

/** Has anything that the approval is bound to changed since? The step's id, or undefined. */
export function staleStep(plan: Plan, evidence: Evidence): string | undefined {
  const now = relevantOf(plan.steps, evidence);
  return plan.steps.find((step) => JSON.stringify(now[step.id]) !== JSON.stringify(plan.relevant[step.id]))?.id;
}
