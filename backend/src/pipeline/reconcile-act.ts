import {
  definitionOf,
  stateQueries,
  targetKey,
  type Action,
  type Evidence,
  type Incident,
  type IncidentIn,
  type Measurement,
  type Outcome,
  type Query,
} from '../model/index.ts';
import { subjectsOf, travelling } from './diagnose/index.ts';
import { answersTo } from './evidence.ts';
import { isApproved } from './ledger.ts';
import { AdapterError, type WriteAnswer } from './ports.ts';
import type { Step as ReconcileStep } from './reconcile-step.ts';
import {
  diffOf,
  isDone,
  isOfSeveralWrites,
  isUnchanged,
  isUnderWay,
  isUndone,
  judgeAnswer,
  judgeDryRun,
  needsOf,
  nextOf,
  prepare,
  progressOf,
  rebuild,
  stepTimeout,
  undoOf,
  writeTimeout,
  type Next,
} from './remediate/index.ts';
import { noticedBy } from './symptoms.ts';
import { reviewed } from './review.ts';
import { check, concerning, lateVerdict, outcomeOf } from './verify/index.ts';

type Saved = Incident | undefined;
type Remediating = IncidentIn<'Remediating'>;

const replaced = (actions: readonly Action[], action: Action): Action[] =>
  actions.some((one) => one.id === action.id)
    ? actions.map((one) => (one.id === action.id ? action : one))
    : [...actions, action];

/** Remediating: one step of one action per call; what may be sent is saved before it is sent. */
export async function remediating(step: ReconcileStep, incident: Remediating): Promise<Saved> {
  if (!isApproved(incident)) return failAndUndo(step, incident, 'ApprovalVoid', 'the approval names another plan');
  if (step.governance.killSwitch()) return stopped(step, incident);
  const next = nextOf(incident.plan, incident.actions);
  if (next.do === 'Begin') return begin(step, incident, next);
  if (next.do === 'Send') return send(step, incident, next.action);
  if (next.do === 'Await') return awaitProgress(step, incident, next.action);
  return step.move(incident, 'Verifying', 'ActionsApplied', 'every step is applied; watching whether it helps', {
    plan: incident.plan,
    actions: incident.actions,
    remediationStartedAt: incident.remediationStartedAt,
    verifyingSince: step.now,
    nextAt: step.now + 10,
  });
}

/** Stopping is immediate, and starting again is a person's decision. What was sent already stays sent and recorded. */
const stopped = (step: ReconcileStep, incident: IncidentIn<'Remediating' | 'RollingBack'>): Promise<Saved> =>
  step.move(incident, 'Failed', 'KillSwitch', 'stopped by the kill switch', {
    plan: incident.plan,
    actions: incident.actions,
    remediationStartedAt: incident.remediationStartedAt,
    nextAt: step.now + 60,
  });

/** Saves the request before it is sent: from here on a crash finds its own work. */
async function begin(step: ReconcileStep, incident: Remediating, next: Next & { do: 'Begin' }): Promise<Saved> {
  const evidence = await answersTo(step.ports, needsOf({ command: next.step.action }));
  const prepared = prepare(next.step, evidence, {
    id: step.ports.ids.next(),
    now: step.now,
    approvedBy: incident.approvals.map((one) => one.subject).join(', '),
  });
  if (!prepared.ok) return failAndUndo(step, incident, prepared.refusal.reason, prepared.refusal.message);
  const dryRun = prepared.request ? await dryRunOf(step, prepared.action, evidence) : undefined;
  if (dryRun?.verdict === 'Block') return failAndUndo(step, incident, dryRun.reason, `dry run: ${dryRun.message}`);
  const action: Action = { ...prepared.action, ...(dryRun && { dryRun }) };
  return step.save(incident, {
    ...incident,
    actions: [...incident.actions, action],
    nextAt: step.now,
    updatedAt: step.now,
  });
}

async function dryRunOf(step: ReconcileStep, action: Action, evidence: Evidence) {
  if (!action.request) return undefined;
  const answer = await step.ports.kubernetes.send(action.request, { dryRun: true });
  const live = evidence.find((one) => one.query.kind === 'Object')?.objects[0];
  return { ...judgeDryRun(action.stepId, answer), diff: diffOf(live, answer.object) };
}

const applied = (step: ReconcileStep, action: Action, answer?: WriteAnswer): Action => ({
  ...action,
  state: 'Applied',
  tries: action.tries + 1,
  appliedAt: step.now,
  ...(answer && { answer: { status: answer.status, reason: answer.reason, message: answer.message.slice(0, 500) } }),
});

/** Looks first, then writes: whoever finds a `Sent` action may be the second one to do so. */
async function send(step: ReconcileStep, incident: Remediating, saved: Action): Promise<Saved> {
  if (!saved.request) return saveAction(step, told(incident, saved), applied(step, saved));
  const evidence = await answersTo(step.ports, needsOf(saved));
  const action = isUnderWay(saved, evidence) ? { ...saved, appliedAt: saved.appliedAt ?? step.now } : saved;
  if (isDone(action, evidence)) return saveAction(step, incident, applied(step, action));
  if (!isUnchanged(action, incident.plan, evidence) && !isFollowUp(incident, action))
    return failAction(step, incident, action, 'TargetChanged', 'the target is not what was approved any more');
  const patience = writeTimeout(action);
  if (step.now - action.startedAt > patience)
    return failAction(step, incident, action, 'Timeout', `not accepted within ${patience} s`);
  const answer = await sendOnce(step, action);
  if (!answer) return saveAction(step, incident, { ...action, tries: action.tries + 1 }, 5);
  return afterAnswer(step, incident, action, answer);
}

/** A step that sends nothing to Kubernetes tells people something. */
const told = (incident: Remediating, action: Action): Remediating => ({
  ...incident,
  pendingNotifications: [...incident.pendingNotifications, `${action.id}:Message`],
});

/** The target was changed by the plan itself, by an earlier step or an earlier write of this one; guards are its preconditions. */
const isFollowUp = (incident: Remediating, action: Action): boolean =>
  incident.plan.steps[0]?.id !== action.stepId || action.appliedAt !== undefined;

/** undefined: the API server could not be reached or did not answer; whether it took the write, the next look tells. */
async function sendOnce(step: ReconcileStep, action: Action): Promise<WriteAnswer | undefined> {
  const { kubernetes, log } = step.ports;
  if (!action.request) return undefined;
  try {
    return await kubernetes.send(action.request, { dryRun: false });
  } catch (error) {
    if (!(error instanceof AdapterError) || !error.retryable) throw error;
    log.warn({ module: 'remediate', action: action.id }, `no answer to a write: ${error.message}`);
    return undefined;
  }
}

async function afterAnswer(
  step: ReconcileStep,
  incident: Remediating,
  action: Action,
  answer: WriteAnswer,
): Promise<Saved> {
  if (!action.request) return undefined;
  const verdict = judgeAnswer(action.request, answer, action.tries);
  const tried: Action = { ...action, tries: action.tries + 1 };
  const more = isOfSeveralWrites(action);
  if (verdict.do === 'Applied')
    return more
      ? reread(step, incident, { ...action, tries: 0, appliedAt: step.now })
      : saveAction(step, incident, applied(step, action, answer));
  if (verdict.do === 'Wait')
    return more ? reread(step, incident, tried, verdict.seconds) : saveAction(step, incident, tried, verdict.seconds);
  if (verdict.do === 'Fail') return failAction(step, incident, tried, verdict.reason, verdict.message);
  return reread(step, incident, tried);
}

/**
 * The object moved, or one of several writes was answered: with our own stamp it is done; else the request, or the next
 * one, is built anew while the relevant part stands.
 */
async function reread(step: ReconcileStep, incident: Remediating, action: Action, inSeconds = 1): Promise<Saved> {
  const evidence = await answersTo(step.ports, needsOf(action));
  if (isDone(action, evidence)) return saveAction(step, incident, applied(step, action));
  if (!isUnchanged(action, incident.plan, evidence) && !isFollowUp(incident, action))
    return failAction(step, incident, action, 'TargetChanged', 'the target changed after the approval');
  const again = rebuild(action, evidence);
  if (!again.ok) return failAction(step, incident, action, again.refusal.reason, again.refusal.message);
  return saveAction(step, incident, again.action, inSeconds);
}

function saveAction(step: ReconcileStep, incident: Remediating, action: Action, inSeconds = 0): Promise<Saved> {
  if (action.state === 'Applied') countRemediation(step, incident, action, 'applied');
  return step.save(incident, {
    ...incident,
    actions: replaced(incident.actions, action),
    nextAt: step.now + inSeconds,
    updatedAt: step.now,
  });
}

function countRemediation(step: ReconcileStep, incident: Incident, action: Action, status: string): void {
  const { kind, namespace } = incident.target;
  const labels = { action_type: action.command.name, entity_type: kind, namespace, status };
  step.ports.recorder.count('kubewise_remediations_total', labels);
  if (action.appliedAt !== undefined)
    step.ports.recorder.observe(
      'kubewise_remediation_duration_seconds',
      Math.max(0, action.appliedAt - action.startedAt),
      {
        action_type: action.command.name,
      },
    );
}

/** Between two steps: the cluster has to digest the first before the second may rely on it. */
async function awaitProgress(step: ReconcileStep, incident: Remediating, action: Action): Promise<Saved> {
  const evidence = await answersTo(step.ports, needsOf(action));
  const progress = progressOf(action, evidence);
  if (progress.state === 'Settled')
    return saveAction(step, incident, { ...action, state: 'Verified', message: progress.message });
  if (progress.state === 'Failed') return failAndUndo(step, incident, progress.reason, progress.message);
  if (step.now - (action.appliedAt ?? action.startedAt) > stepTimeout)
    return failAndUndo(step, incident, 'Timeout', `step ${action.stepId}: ${progress.message} for ${stepTimeout} s`);
  return step.wait(incident, step.now + 5);
}

function failAction(
  step: ReconcileStep,
  incident: Remediating,
  action: Action,
  reason: string,
  message: string,
): Promise<Saved> {
  // Of several writes the first ones may stand: they are taken back as those of an action that went through.
  const state = action.appliedAt === undefined ? 'Failed' : 'Applied';
  const failed: Action = { ...action, state, finishedAt: step.now, message: `${reason}: ${message}` };
  countRemediation(step, incident, failed, 'failed');
  return failAndUndo(step, { ...incident, actions: replaced(incident.actions, failed) }, reason, message);
}

const isWritten = (action: Action): boolean => action.state === 'Applied' || action.state === 'Verified';

/** A plan that cannot go on: back what was written, if anything can be taken back. */
function failAndUndo(step: ReconcileStep, incident: Remediating, reason: string, message: string): Promise<Saved> {
  const { plan, actions, remediationStartedAt } = incident;
  const phase = actions.some((one) => isWritten(one) && definitionOf(one.command).reversible)
    ? 'RollingBack'
    : 'Failed';
  return step.move(incident, phase, reason, message, {
    ...{ plan, actions, remediationStartedAt },
    nextAt: phase === 'Failed' ? step.now + 60 : step.now,
    pendingNotifications: [...incident.pendingNotifications, `${plan.id}:RemediationFailed`],
  });
}

/** Verifying: everything the plan promised has to be true for a while; at the deadline the numbers decide. */
export async function verifying(step: ReconcileStep, incident: IncidentIn<'Verifying'>): Promise<Saved> {
  const { plan, actions } = incident;
  const questions = [...stateQueries(incident.target), ...actions.flatMap((action) => needsOf(action))];
  const evidence = await answersTo(step.ports, unique(questions));
  const { anomalies } = await noticedBy(step.ports.store, incident);
  const subjects = new Set([incident.targetKey, ...subjectsOf(incident).map(targetKey)]);
  const readings = [...subjects].flatMap((key) => step.readings(key));
  const progress = actions.filter(isWritten).map((action) => progressOf(action, evidence));
  const given = { incident, anomalies, readings, progress, evidence, now: step.now };
  const seen = check(given);
  if (seen.state === 'Broken') return worse(step, incident, seen.reason, seen.message, seen.measurements);
  const since = seen.state === 'Healthy' ? (incident.healthySince ?? step.now) : undefined;
  if (since !== undefined && step.now - since >= plan.verify.stableSeconds)
    return resolve(step, incident, seen.measurements, step.now - since);
  const deadline = incident.verifyingSince + plan.verify.deadlineSeconds;
  if (step.now >= deadline && (since === undefined || step.now >= deadline + plan.verify.stableSeconds)) {
    const concerned = check({ ...given, readings: concerning(readings, incident.targetKey, travelling) });
    const verdict = lateVerdict(seen.measurements, concerned.measurements);
    const message = seen.state === 'Waiting' ? seen.message : 'not stable';
    return judgeLate(step, incident, seen.measurements, message, verdict);
  }
  const { healthySince: _before, ...rest } = incident;
  return step.wait({ ...rest, ...(since !== undefined && { healthySince: since }) }, step.now + 10);
}

const unique = (queries: readonly Query[]): readonly Query[] => [
  ...new Map(queries.map((query) => [JSON.stringify(query), query])).values(),
];

const verified = (actions: readonly Action[], now: number): Action[] =>
  actions.map((action) => (isWritten(action) ? { ...action, state: 'Verified', finishedAt: now } : action));

async function resolve(
  step: ReconcileStep,
  incident: IncidentIn<'Verifying'>,
  measurements: readonly Measurement[],
  stable: number,
): Promise<Saved> {
  const numbers = outcomeOf(incident, 'Fixed', `stable for ${Math.round(stable)} s`, measurements, step.now);
  const outcome = await reviewed(step.ports, incident, numbers);
  return step.close(incident, 'Resolved', 'Verified', `the symptoms are gone: ${outcome.message}`, {
    outcome,
    plan: incident.plan,
    actions: verified(incident.actions, step.now),
    remediationStartedAt: incident.remediationStartedAt,
  });
}

/** The deadline is over: worse than before is taken back; no effect is followed by the next thing to try. */
async function judgeLate(
  step: ReconcileStep,
  incident: IncidentIn<'Verifying'>,
  measurements: readonly Measurement[],
  message: string,
  verdict: Outcome['verdict'],
): Promise<Saved> {
  if (verdict === 'MadeWorse') return worse(step, incident, 'MadeWorse', message, measurements);
  const outcome = await reviewed(step.ports, incident, outcomeOf(incident, verdict, message, measurements, step.now));
  const attempts = incident.attempts + 1;
  const kept = { outcome, attempts, actions: verified(incident.actions, step.now) };
  const pastPlans = [...incident.pastPlans, incident.plan];
  if (incident.plan.fallbacks.length > 0 && attempts < 3)
    return step.move(incident, 'Diagnosed', 'Fallback', `${verdict}: ${message}; trying what comes next`, {
      ...kept,
      pastPlans,
    });
  return step.move(incident, 'Escalated', verdict, `the plan did not help (${message}); a person should look`, {
    ...kept,
    pastPlans,
    nextAt: step.now + 60,
    pendingNotifications: [...incident.pendingNotifications, `${incident.plan.id}:RemediationFailed`],
  });
}

function worse(
  step: ReconcileStep,
  incident: IncidentIn<'Verifying'>,
  reason: string,
  message: string,
  measurements: readonly Measurement[],
): Promise<Saved> {
  return step.move(incident, 'RollingBack', reason, `taking the change back: ${message}`, {
    plan: incident.plan,
    actions: incident.actions,
    remediationStartedAt: incident.remediationStartedAt,
    outcome: outcomeOf(incident, 'MadeWorse', message, measurements, step.now),
    pendingNotifications: [...incident.pendingNotifications, `${incident.plan.id}:RemediationFailed`],
  });
}

/** RollingBack: the newest write first, only fields that are still ours; each undo is saved before it is sent. */
export async function rollingBack(step: ReconcileStep, incident: IncidentIn<'RollingBack'>): Promise<Saved> {
  if (step.governance.killSwitch()) return stopped(step, incident);
  const action = [...incident.actions].reverse().find((one) => one.state === 'Undoing' || isWritten(one));
  if (!action) return rolledBack(step, incident);
  const evidence = await answersTo(step.ports, needsOf(action));
  if (action.state !== 'Undoing') {
    const undo = undoOf(action, evidence, step.now);
    const next: Action = undo
      ? { ...action, state: 'Undoing', undoRequest: undo, tries: 0 }
      : {
          ...action,
          state: 'Verified',
          finishedAt: step.now,
          message: 'not taken back: no way back, or not ours any more',
        };
    return saveUndo(step, incident, undo ? next : { ...next, state: 'Failed' });
  }
  if (isUndone(action, evidence)) return saveUndo(step, incident, { ...action, state: 'Undone', finishedAt: step.now });
  return sendUndo(step, incident, action, evidence);
}

async function sendUndo(
  step: ReconcileStep,
  incident: IncidentIn<'RollingBack'>,
  action: Action,
  evidence: Evidence,
): Promise<Saved> {
  const request = undoOf(action, evidence, action.startedAt);
  const done = { ...action, finishedAt: step.now };
  if (!request)
    return saveUndo(step, incident, { ...done, state: 'Failed', message: 'the undo is not ours to do any more' });
  const answer = await step.ports.kubernetes.send(request, { dryRun: false });
  const verdict = judgeAnswer(request, answer, action.tries);
  if (verdict.do === 'Applied') return saveUndo(step, incident, { ...done, state: 'Undone' });
  if (verdict.do === 'Fail') return saveUndo(step, incident, { ...done, state: 'Failed', message: verdict.message });
  return saveUndo(step, incident, { ...action, tries: action.tries + 1 }, 5);
}

const saveUndo = (
  step: ReconcileStep,
  incident: IncidentIn<'RollingBack'>,
  action: Action,
  inSeconds = 0,
): Promise<Saved> =>
  step.save(incident, {
    ...incident,
    actions: replaced(incident.actions, action),
    nextAt: step.now + inSeconds,
    updatedAt: step.now,
  });

function rolledBack(step: ReconcileStep, incident: IncidentIn<'RollingBack'>): Promise<Saved> {
  const failed = incident.actions.some((action) => action.undoRequest && action.state === 'Failed');
  const phase = failed ? 'Failed' : 'RolledBack';
  const message = failed ? 'not everything could be taken back' : 'every change was taken back';
  const { plan, actions, remediationStartedAt } = incident;
  return step.move(incident, phase, failed ? 'UndoFailed' : 'Undone', message, {
    ...{ plan, actions, remediationStartedAt },
    pastPlans: [...incident.pastPlans, plan],
    attempts: incident.attempts + 1,
    nextAt: step.now + 60,
  });
}
