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

/** The best runbook for the best cause that has one; undefined when none applies. */
export function proposeByRules(causes: readonly Cause[], runbooks: readonly Runbook[]): Proposed | undefined {
  for (const cause of causes.filter((one) => one.score >= sure)) {
    const fitting = runbooks
      .filter((runbook) => runbook.class === cause.class && applies(runbook, cause.facts))
      .sort((a, b) => b.rank - a.rank || (a.id < b.id ? -1 : 1));
    for (const runbook of fitting) {
      const proposal = fromRunbook(runbook, cause);
      if (proposal) return { runbook, proposal };
    }
  }
  return undefined;
}
