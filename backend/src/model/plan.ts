import { z } from 'zod';
import { Command, definitionOf, parseCommand, printCommand } from './actions/catalogue.ts';
import { digestOf } from './digest.ts';
import { JsonObject } from './json.ts';
import { Permission } from './kubernetes.ts';

export const Priority = z.enum(['low', 'medium', 'high', 'critical']);

/** One step: an action, and what should be true before and after it. */
export const Step = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/),
  action: Command,
  dependsOn: z.array(z.string()).max(10).default([]),
  preconditions: z.array(z.string().max(300)).max(10).default([]),
  expectedOutcome: z.string().max(500).default(''),
  verification: z.string().max(500).default(''),
});
export type Step = Readonly<z.infer<typeof Step>>;

/**
 * What a planner says, a rule or a model alike: data from a stranger until this schema and the policy have let it pass.
 * At most eight steps; ids unique; dependencies known and without a cycle.
 */
export const Proposal = z
  .object({
    reasoning: z.string().min(1).max(4000),
    rootCause: z.string().max(500).default(''),
    steps: z.array(Step).min(1).max(8),
    fallbacks: z.array(z.array(Step).min(1).max(8)).max(3).default([]),
    priority: Priority.default('medium'),
    expectedOutcome: z.string().max(1000).default(''),
    verification: z.array(z.string().max(300)).max(10).default([]),
  })
  .superRefine((proposal, context) => {
    for (const steps of [proposal.steps, ...proposal.fallbacks]) {
      const problem = orderProblem(steps);
      if (problem) context.addIssue({ code: 'custom', path: ['steps'], message: problem });
    }
  });
export type Proposal = Readonly<z.infer<typeof Proposal>>;

function orderProblem(steps: readonly Step[]): string | undefined {
  const ids = steps.map((step) => step.id);
  if (new Set(ids).size < ids.length) return 'step ids must be unique';
  for (const step of steps)
    for (const id of step.dependsOn)
      if (!ids.includes(id)) return `step "${step.id}" depends on "${id}", which is not a step`;
  return inOrder(steps) ? undefined : 'the steps depend on each other in a circle';
}

/** What a person makes of a plan: the steps that stay, some with other parameters. */
export interface Revision {
  /** The plan that was looked at. */
  readonly digest: string;
  readonly steps: readonly { readonly id: string; readonly command?: string | undefined }[];
}
type Revised =
  | { readonly ok: true; readonly steps: readonly Step[] }
  | {
      readonly ok: false;
      readonly reason: 'UnknownStep' | 'StepNeeded' | 'BadCommand' | 'OtherAction';
      readonly message: string;
    };

/**
 * The steps of a plan that stay, in the plan's order. Refused when a step that stays depends on one that does not, or when
 * a changed step would be another action: that is a plan of one's own.
 */
export function revisedSteps(steps: readonly Step[], wanted: Revision['steps']): Revised {
  const refuse = (reason: Extract<Revised, { ok: false }>['reason'], message: string): Revised => ({
    ...{ ok: false, reason, message },
  });
  const asked = new Map(wanted.map((one) => [one.id, one]));
  const unknown = wanted.find(({ id }) => !steps.some((step) => step.id === id));
  if (unknown) return refuse('UnknownStep', `the plan has no step ${unknown.id}`);
  const kept: Step[] = [];
  for (const step of steps.filter(({ id }) => asked.has(id))) {
    const needed = step.dependsOn.find((id) => !asked.has(id));
    if (needed) return refuse('StepNeeded', `step ${step.id} needs step ${needed}`);
    const command = asked.get(step.id)?.command;
    const parsed = command === undefined ? { ok: true as const, command: step.action } : parseCommand(command);
    if (!parsed.ok) return refuse('BadCommand', `step ${step.id}: ${parsed.message}`);
    if (parsed.command.name !== step.action.name)
      return refuse('OtherAction', `step ${step.id} is ${step.action.name}; only its parameters may change`);
    kept.push({ ...step, action: parsed.command });
  }
  return { ok: true, steps: kept };
}

/** Steps in dependency order, as written where nothing else is asked; undefined when there is a circle. */
export function inOrder(steps: readonly Step[]): readonly Step[] | undefined {
  const done = new Set<string>();
  const ordered: Step[] = [];
  while (ordered.length < steps.length) {
    const next = steps.find((step) => !done.has(step.id) && step.dependsOn.every((id) => done.has(id)));
    if (!next) return undefined;
    done.add(next.id);
    ordered.push(next);
  }
  return ordered;
}

export const Risk = z.enum(['low', 'medium', 'high']);
export const Autonomy = z.enum(['Observe', 'Suggest', 'Approve', 'Auto']);
export type Autonomy = z.infer<typeof Autonomy>;

/** What the API server said to the same request with dryRun=All, or why it could not be asked. */
export const DryRun = z.object({
  stepId: z.string(),
  verdict: z.enum(['Pass', 'Warn', 'Block']),
  reason: z.string(),
  message: z.string(),
  /** Field paths that change: before and after. */
  diff: z.array(z.object({ path: z.string(), before: z.any(), after: z.any() })).default([]),
});
export type DryRun = Readonly<z.infer<typeof DryRun>>;

/** How a metric type must look again: back within its band, or below a known limit. */
export const Recovery = z.strictObject({ metricType: z.string(), below: z.number().optional() });
export type Recovery = Readonly<z.infer<typeof Recovery>>;

/** What has to be true, and for how long, before an incident counts as resolved. */
export const Verification = z.strictObject({
  recover: z.array(Recovery).default([]),
  /** How long everything must look well without a break (s). */
  stableSeconds: z.number().positive().default(240),
  /** When to give up waiting, counted from the last write (s). */
  deadlineSeconds: z.number().positive().default(1200),
});
export type Verification = Readonly<z.infer<typeof Verification>>;

/** Of so many earlier incidents so many got well, half of them within this time (s). */
const Experience = z.object({
  seen: z.int().nonnegative(),
  recovered: z.int().nonnegative(),
  medianSeconds: z.number().nonnegative().optional(),
});
/** What became of earlier incidents with the same first cause: left alone (from their start), and treated like this (from the execution). */
export const Forecast = z.object({ doNothing: Experience, withPlan: Experience });
export type Forecast = Readonly<z.infer<typeof Forecast>>;

export const Plan = z.object({
  id: z.string(),
  author: z.object({ kind: z.enum(['Rule', 'Model', 'Human']), name: z.string() }),
  ...Proposal.shape,
  /** Steps as sentences and as text commands: what a person reads. */
  risk: Risk,
  reversible: z.boolean(),
  permissions: z.array(Permission.extend({ allowed: z.boolean() })).default([]),
  dryRuns: z.array(DryRun).default([]),
  /** The part of each step's live state that the approval is bound to, by step id. */
  relevant: z.record(z.string(), JsonObject).default({}),
  verify: Verification.prefault({}),
  /** For the reader; nothing is decided by it, and the approval is not bound to it. */
  forecast: Forecast.optional(),
  autonomy: Autonomy,
  autonomyReason: z.string().default(''),
  /** Which attempt of the incident this is, from 0; a fallback raises it. */
  attempt: z.int().nonnegative().default(0),
  digest: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
});
export type Plan = Readonly<z.infer<typeof Plan>>;

/** The digest that an approval names: everything that matters, nothing that merely tells the time. */
export function planDigest(plan: Omit<Plan, 'digest'>): string {
  const { id, author, steps, fallbacks, risk, dryRuns, relevant, verify, attempt } = plan;
  return digestOf({ id, author, steps, fallbacks, risk, dryRuns, relevant, verify, attempt });
}

const order = ['low', 'medium', 'high'] as const;
/** A plan is as risky as its riskiest step, and one step higher when it cannot be undone. */
export function riskOf(steps: readonly Step[]): z.infer<typeof Risk> {
  const worst = Math.max(0, ...steps.map((step) => order.indexOf(definitionOf(step.action).risk)));
  return order[worst] ?? 'high';
}
export const isReversible = (steps: readonly Step[]): boolean =>
  steps.every((step) => definitionOf(step.action).reversible);

export const stepSentence = (step: Step): string => definitionOf(step.action).sentence(step.action.params);
export const stepCommand = (step: Step): string => printCommand(step.action);
