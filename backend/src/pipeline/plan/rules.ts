import { Proposal, type Cause } from '../../model/index.ts';
import { applies, type Runbook, type RunbookStep } from './runbook.ts';

export interface Proposed {
  readonly runbook: Runbook;
  readonly proposal: Proposal;
}

/** Below this a cause is a guess: people look at it, no runbook runs. */
const sure = 0.5;

const whole = /^\{\{(\w+)\}\}$/;
const inside = /\{\{(\w+)\}\}/g;

/** Puts facts into a parameter; undefined when a fact is missing. A lone `{{fact}}` keeps the fact's type. */
function fill(value: string | number | boolean, facts: Cause['facts']): string | number | boolean | undefined {
  if (typeof value !== 'string') return value;
  const alone = whole.exec(value)?.[1];
  if (alone) return facts[alone];
  const names = [...value.matchAll(inside)].map((match) => match[1] ?? '');
  if (names.some((name) => facts[name] === undefined)) return undefined;
  return value.replace(inside, (_, name: string) => String(facts[name]));
}

/** The steps with the cause's facts filled in; undefined when one is missing. */
function stepsOf(steps: readonly RunbookStep[], facts: Cause['facts']): readonly unknown[] | undefined {
  const filled = steps.map((step) => {
    const params: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(step.params)) {
      const found = fill(value, facts);
      if (found === undefined) return undefined;
      params[key] = found;
    }
    return {
      id: step.id,
      action: { name: step.action, params },
      dependsOn: step.dependsOn,
      expectedOutcome: step.expectedOutcome,
    };
  });
  return filled.includes(undefined) ? undefined : filled;
}

function fromRunbook(runbook: Runbook, cause: Cause): Proposal | undefined {
  const steps = stepsOf(runbook.steps, cause.facts);
  if (!steps) return undefined;
  const fallbacks = runbook.fallbacks.flatMap((alternative) => {
    const filled = stepsOf(alternative, cause.facts);
    return filled ? [filled] : [];
  });
  const parsed = Proposal.safeParse({
    reasoning: `${cause.message}. Runbook ${runbook.id}: ${runbook.title}`,
    rootCause: cause.class,
    steps,
    fallbacks,
    priority: runbook.priority,
    expectedOutcome: runbook.title,
    verification: runbook.verify.recover.map((one) =>
      one.below === undefined
        ? `${one.metricType} is back within its band`
        : `${one.metricType} stays below ${one.below}`,
    ),
  });
  return parsed.success ? parsed.data : undefined;
}

/** Actions that write what a GitOps agent also writes: it would put everything back within minutes. */
const overwritten: ReadonlySet<string> = new Set([
  ...['rollback_deployment', 'scale_deployment', 'increase_resources', 'update_hpa', 'expand_pvc'],
  ...['scale_statefulset', 'rollback_statefulset', 'rollback_daemonset'],
]);

/** Where an agent owns the object, the remedy is a commit, and a commit is people's. */
function leaveToGitOps(runbook: Runbook, { facts, message }: Cause): Runbook {
  if (facts['gitOps'] !== true || !runbook.steps.some((step) => overwritten.has(step.action))) return runbook;
  const owner = String(facts['gitOpsOwner'] ?? 'a GitOps agent');
  const text = `${message}. ${owner} owns {{kind}} {{ns}}/{{name}} and would put back any repair of the live object: revert the commit that changed it`;
  return {
    ...runbook,
    title: 'Tell people that the mistake is in Git',
    steps: [{ id: 'tell', action: 'notify_only', params: { message: text }, dependsOn: [], expectedOutcome: '' }],
    fallbacks: [],
  };
}

/** The best runbook for the best cause that has one; undefined when none applies. */
export function proposeByRules(causes: readonly Cause[], runbooks: readonly Runbook[]): Proposed | undefined {
  for (const cause of causes.filter((one) => one.score >= sure)) {
    const fitting = runbooks
      .filter((runbook) => runbook.class === cause.class && applies(runbook, cause.facts))
      .sort((a, b) => b.rank - a.rank || (a.id < b.id ? -1 : 1));
    for (const runbook of fitting) {
      const proposal = fromRunbook(leaveToGitOps(runbook, cause), cause);
      if (proposal) return { runbook, proposal };
    }
  }
  return undefined;
}
