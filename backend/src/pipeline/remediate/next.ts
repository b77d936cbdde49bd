import {
  definitionOf,
  inOrder,
  stampOf as stampedBy,
  undoStamp,
  type Action,
  type DryRun,
  type Evidence,
  type KubernetesRequest,
  type Plan,
  type Progress,
  type Refusal,
  type Step,
} from '../../model/index.ts';

const paramsOf = (action: Pick<Action, 'command'>) => action.command.params;
const stampOf = (action: Action) => ({ actionId: action.id, startedAt: action.startedAt });

/** How long one step may take to be digested by the cluster before it counts as failed (s). */
export const stepTimeout = 300;
/** How long the writes of an action may take to be accepted (s). */
export const writeTimeout = (action: Pick<Action, 'command'>): number =>
  definitionOf(action.command).timeoutSeconds ?? stepTimeout;

export type Next =
  | { readonly do: 'Begin'; readonly step: Step }
  | { readonly do: 'Send'; readonly action: Action }
  | { readonly do: 'Await'; readonly action: Action }
  | { readonly do: 'Verify' };

/** What the executor does next: strictly one step after the other, the next one when the cluster has digested this one. */
export function nextOf(plan: Plan, actions: readonly Action[]): Next {
  for (const step of inOrder(plan.steps) ?? []) {
    const action = actions.find((one) => one.stepId === step.id);
    if (!action) return { do: 'Begin', step };
    if (action.state === 'Sent' || action.state === 'Pending') return { do: 'Send', action };
    if (action.state === 'Applied' && isAwaited(plan, step)) return { do: 'Await', action };
  }
  return { do: 'Verify' };
}

/** The last step's digestion is the verification's business. */
function isAwaited(plan: Plan, step: Step): boolean {
  const ordered = inOrder(plan.steps) ?? [];
  return ordered[ordered.length - 1]?.id !== step.id;
}

export type Prepared =
  | { readonly ok: true; readonly request: KubernetesRequest | undefined; readonly action: Action }
  | { readonly ok: false; readonly refusal: Refusal };

/** Builds the action record of a step from fresh evidence: preconditions, pre-image, and the request to be sent. */
export function prepare(
  step: Step,
  evidence: Evidence,
  given: { readonly id: string; readonly now: number; readonly approvedBy: string },
): Prepared {
  const definition = definitionOf(step.action);
  const params = step.action.params;
  const refusal = definition.refuse(params, evidence);
  if (refusal) return { ok: false, refusal };
  const request = definition.request(params, evidence, { actionId: given.id, startedAt: given.now });
  const action: Action = {
    id: given.id,
    stepId: step.id,
    command: step.action,
    state: 'Sent',
    ...(request && { request }),
    preImage: definition.preImage(params, evidence),
    tries: 0,
    approvedBy: given.approvedBy,
    startedAt: given.now,
    message: '',
  };
  return { ok: true, request, action };
}

/** The same action against the object as it is now; a refusal when its preconditions no longer hold. */
export function rebuild(action: Action, evidence: Evidence): Prepared {
  const definition = definitionOf(action.command);
  const refusal = definition.refuse(paramsOf(action), evidence);
  if (refusal) return { ok: false, refusal };
  const request = isOfSeveralWrites(action)
    ? (nextWrite(action, evidence) ?? action.request)
    : definition.request(paramsOf(action), evidence, stampOf(action));
  return { ok: true, request, action: { ...action, ...(request && { request }) } };
}

export const isOfSeveralWrites = (action: Pick<Action, 'command'>): boolean =>
  definitionOf(action.command).writes !== undefined;

/** Of several writes the one after the last that was tried: a pod whose budget says no must not hold up the others. */
function nextWrite(action: Action, evidence: Evidence): KubernetesRequest | undefined {
  const writes = definitionOf(action.command).writes?.(paramsOf(action), evidence, stampOf(action)) ?? [];
  const last = action.request && keyOf(action.request);
  return writes.find((one) => last === undefined || keyOf(one) > last) ?? writes[0];
}
const keyOf = ({ ref }: KubernetesRequest): string => `${ref.kind}/${ref.namespace}/${ref.name}`;

/** Does the cluster show this very write already? */
export const isDone = (action: Action, evidence: Evidence): boolean =>
  definitionOf(action.command).done(paramsOf(action), evidence, stampOf(action));

/** Does an object carry this action's stamp? Of several writes the first one has come through then, whoever saved it. */
export const isUnderWay = (action: Action, evidence: Evidence): boolean =>
  evidence.some((answer) => answer.objects.some((one) => stampedBy(one) === action.id));

export const needsOf = (action: Pick<Action, 'command'>) => definitionOf(action.command).needs(paramsOf(action));

export const progressOf = (action: Action, evidence: Evidence): Progress =>
  definitionOf(action.command).progress(paramsOf(action), evidence, stampOf(action));

/** Is the object still what the approval was given for? Compares the relevant fields, not the resourceVersion. */
export function isUnchanged(action: Action, plan: Plan, evidence: Evidence): boolean {
  const now = definitionOf(action.command).relevant(paramsOf(action), evidence);
  return JSON.stringify(now) === JSON.stringify(plan.relevant[action.stepId]);
}

/** The way back of one applied action; undefined when there is none or its fields are not ours any more. */
export function undoOf(action: Action, evidence: Evidence, now: number): KubernetesRequest | undefined {
  const stamp = undoStamp({ actionId: action.id, startedAt: now });
  return definitionOf(action.command).undo(paramsOf(action), evidence, action.preImage, stamp);
}

/** Was the undo of this action already written? */
export const isUndone = (action: Action, evidence: Evidence): boolean =>
  definitionOf(action.command).done(paramsOf(action), evidence, undoStamp(stampOf(action)));

/** What a dry run's answer means for the plan. A missing right to write is a warning: the write would be refused the same. */
export function judgeDryRun(stepId: string, answer: { status: number; reason: string; message: string }): DryRun {
  const { status, reason, message } = answer;
  const diff: DryRun['diff'] = [];
  if (status >= 200 && status < 300)
    return { stepId, verdict: 'Pass', reason: 'Accepted', message: 'the API server accepts the change', diff };
  if (status === 403) return { stepId, verdict: 'Warn', reason: 'DryRunForbidden', message, diff };
  if (status === 429) return { stepId, verdict: 'Warn', reason: 'DisruptionBudget', message, diff };
  return { stepId, verdict: 'Block', reason: reason || `Status${status}`, message, diff };
}

/** The dry runs of one step's writes as one row: the worst of them, and how many say the same. */
export function joinDryRuns(runs: readonly DryRun[]): DryRun | undefined {
  const worst = runs.find((run) => run.verdict === 'Block') ?? runs.find((run) => run.verdict === 'Warn') ?? runs[0];
  if (!worst || runs.length === 1) return worst;
  const alike = runs.filter((run) => run.reason === worst.reason).length;
  return {
    ...worst,
    message: `${alike} of ${runs.length} writes: ${worst.message}`,
    diff: runs.flatMap((run) => run.diff),
  };
}
