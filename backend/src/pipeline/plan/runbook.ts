import { z } from 'zod';
import { actionNames, Priority, Verification } from '../../model/index.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
/** A fact equals a value, or lies within bounds. */
const Condition = z.union([Scalar, z.strictObject({ atLeast: z.number().optional(), atMost: z.number().optional() })]);
export type Condition = z.infer<typeof Condition>;

const RunbookStep = z.strictObject({
  id: z.string(),
  action: z.enum(actionNames as [string, ...string[]]),
  /** `{{fact}}` is replaced by the cause's fact; a missing fact makes the runbook inapplicable. */
  params: z.record(z.string(), Scalar),
  dependsOn: z.array(z.string()).default([]),
  expectedOutcome: z.string().default(''),
});
export type RunbookStep = z.infer<typeof RunbookStep>;

/** One page of the runbooks: when it applies, what to do, what else when that does not help, how to tell. */
export const Runbook = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  class: z.string(),
  title: z.string(),
  when: z.record(z.string(), Condition).default({}),
  /** Higher first among those that apply. */
  rank: z.number().default(0),
  priority: Priority.default('high'),
  steps: z.array(RunbookStep).min(1),
  fallbacks: z.array(z.array(RunbookStep).min(1)).default([]),
  verify: Verification.prefault({}),
});
export type Runbook = Readonly<z.infer<typeof Runbook>>;

const holds = (condition: Condition, fact: string | number | boolean | undefined): boolean => {
  if (typeof condition !== 'object') return fact === condition;
  if (typeof fact !== 'number') return false;
  return fact >= (condition.atLeast ?? -Infinity) && fact <= (condition.atMost ?? Infinity);
};

export const applies = (runbook: Runbook, facts: Readonly<Record<string, string | number | boolean>>): boolean =>
  Object.entries(runbook.when).every(([name, condition]) => holds(condition, facts[name]));
