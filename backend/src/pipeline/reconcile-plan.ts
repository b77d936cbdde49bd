import {
  Proposal,
  stateOf,
  targetKey,
  targetName,
  transition,
  type Answer,
  type Cause,
  type Command,
  type DryRun,
  type Evidence,
  type Incident,
  type IncidentIn,
  type Plan,
  type Query,
  type Step,
} from '../model/index.ts';
import { diagnose, sameCause } from './diagnose/index.ts';
import { answersTo } from './evidence.ts';
import { isApproved } from './ledger.ts';
import {
  assemble,
  forecastOf,
  grant,
  missing,
  permissionsOf,
  pinned,
  promptFor,
  proposeByRules,
  refusalOf,
  requestsOf,
  staleStep,
} from './plan/index.ts';
import { AdapterError } from './ports.ts';
import { diffOf, joinDryRuns, judgeDryRun } from './remediate/index.ts';
import type { Step as ReconcileStep } from './reconcile-step.ts';
import { surroundingsOf } from './surroundings.ts';
import { isQuiet, noticedBy, type Noticed } from './symptoms.ts';
import { countTokens } from './tokens.ts';

type Saved = Incident | undefined;

/** How long an unexplained incident is looked at again before people are called (s). */
const patience = 150;
const lookAgain = 30;

/** Which words a target's own alerts carry, so that Alertmanager's silences for them hold for us as well. */
const silenceLabels = (incident: Incident): Readonly<Record<string, string>> => ({
  cluster: incident.cluster,
  namespace: incident.target.namespace,
  [incident.target.kind.toLowerCase()]: incident.target.name,
  workload: incident.target.name,
  source: 'kubewise',
  alertname: 'KubeWiseIncidentOpen',
  severity: incident.severity,
});

/** The part of the evidence that people will want to see: the target's own objects, bounded. */
function exhibits(incident: Incident, evidence: Evidence): Answer[] {
  const state = stateOf(incident.target, evidence);
  const own = new Set<unknown>([state.live, ...state.revisions, ...state.pods.map((pod) => pod.object)]);
  return evidence.map((answer) => ({ ...answer, objects: answer.objects.filter((one) => own.has(one)).slice(0, 10) }));
}

/** The silence or inhibition over this incident. Throws AdapterError while Alertmanager cannot be asked. */
const silenceOver = async (step: ReconcileStep, incident: Incident): Promise<string | undefined> =>
  step.ports.silences?.covering(silenceLabels(incident));

/** People rather hear of what somebody silenced than not at all: without Alertmanager, nothing is silenced. */
const silenceKnown = (step: ReconcileStep, incident: Incident): Promise<string | undefined> =>
  silenceOver(step, incident).catch((error: unknown) => {
    if (error instanceof AdapterError) return undefined;
    throw error;
  });

/** Firing, or looked at again: reads the target's state and ranks the causes. */
export async function diagnosing(step: ReconcileStep, incident: Incident): Promise<Saved> {
  const silence = await silenceKnown(step, incident);
  if (silence !== undefined && incident.phase !== 'Suppressed') return asSilenced(step, incident, silence);
  const noticed = await noticedBy(step.ports.store, incident);
  if (isQuiet(noticed, step.now)) return selfRecovered(step, incident);
  if (silence !== undefined) return asSilenced(step, incident, silence);
  const { causes, evidence } = await causesOf(step, incident, noticed);
  const twin = await twinOf(step, incident, causes);
  if (twin) return asTwin(step, { ...incident, causes: [...causes] }, twin);
  const best = causes[0];
  return step.move(incident, 'Diagnosed', best?.class ?? 'Unknown', best?.message ?? 'no cause found', {
    causes: [...causes],
    evidence: exhibits(incident, evidence),
    diagnosedSignals: incident.signals,
    plan: undefined,
    approvals: [],
  });
}

/** Waits, and asks nobody anything, until the silence or the trouble is over. */
function asSilenced(step: ReconcileStep, incident: Incident, silence: string): Promise<Saved> {
  const message = `silenced in Alertmanager: ${silence}`;
  if (incident.phase === 'Suppressed') return step.wait(incident, step.now + 60, message);
  return step.move(incident, 'Suppressed', 'Silenced', message, { nextAt: step.now + 60 });
}

/** An older open incident that blames the same object for the same: one of them is enough. */
async function twinOf(
  step: ReconcileStep,
  incident: Incident,
  causes: readonly Cause[],
): Promise<Incident | undefined> {
  const open = await step.ports.store.incidents.find({ where: { openKey: { exists: true } }, limit: 200 });
  return sameCause(incident, causes, open);
}

/** Waits, and asks nobody anything, until the other incident is over or turns out to be about something else. */
function asTwin(step: ReconcileStep, incident: Incident, twin: Incident): Promise<Saved> {
  const message = `has the same cause as incident ${twin.id} (${twin.title})`;
  if (incident.phase === 'Suppressed') return step.wait(incident, step.now + 60, message);
  return step.move(incident, 'Suppressed', 'SameCause', message, { causes: incident.causes, nextAt: step.now + 60 });
}

async function causesOf(
  step: ReconcileStep,
  incident: Incident,
  noticed: Noticed,
): Promise<{ causes: readonly Cause[]; evidence: Evidence }> {
  const around = await surroundingsOf(step.ports, (key) => step.readings(key), incident);
  let evidence: readonly Answer[] = [];
  for (;;) {
    const diagnosis = diagnose({ incident, ...noticed, around, evidence, now: step.now });
    if (diagnosis.wants === undefined) return { causes: diagnosis.causes, evidence };
    evidence = [...evidence, ...(await answersTo(step.ports, diagnosis.wants))];
  }
}

/** Symptoms gone without us: the incident ends. */
const selfRecovered = (step: ReconcileStep, incident: Incident): Promise<Saved> =>
  step.close(incident, 'SelfRecovered', 'SymptomsGone', 'the symptoms are gone without an action', {
    outcome: {
      verdict: 'SelfRecovered',
      message: 'the symptoms went away before anything was done',
      measurements: [],
      detectedAfter: Math.max(0, incident.openedAt - incident.startedAt),
      reverted: false,
      at: step.now,
    },
  });

/** Diagnosed: waits for the cooldown, asks the planners, proves the plan by a dry run, proposes it. */
export async function planning(step: ReconcileStep, incident: IncidentIn<'Diagnosed'>): Promise<Saved> {
  const { now } = step;
  const wait = await cooldown(step, incident);
  if (wait > now) return step.wait(incident, wait, `cooling down until ${new Date(wait * 1000).toISOString()}`);
  const noticed = await noticedBy(step.ports.store, incident);
  if (isQuiet(noticed, now)) return selfRecovered(step, incident);
  const fresh = await rediagnosed(step, incident, noticed);
  const twin = await twinOf(step, fresh, fresh.causes);
  if (twin) return asTwin(step, fresh, twin);
  const proposed = proposalsFor(step, fresh);
  const planned = proposed.length > 0 ? proposed : await modelProposals(step, fresh, noticed);
  if (planned.length === 0) return unexplained(step, fresh);
  return firstFeasible(step, fresh, planned);
}

/** The causes as they are now: a minute can turn a guess into a certainty. */
async function rediagnosed(
  step: ReconcileStep,
  incident: IncidentIn<'Diagnosed'>,
  noticed: Noticed,
): Promise<IncidentIn<'Diagnosed'>> {
  const { causes, evidence } = await causesOf(step, incident, noticed);
  return {
    ...incident,
    causes: [...causes],
    evidence: exhibits(incident, evidence),
    diagnosedSignals: incident.signals,
  };
}

interface Candidate {
  readonly author: Plan['author'];
  readonly proposal: Proposal;
  readonly verify: Plan['verify'];
}

const commandsOf = (steps: readonly Step[]): string =>
  JSON.stringify(steps.map(({ action }) => [action.name, { ...action.params, uid: undefined }]));
const isTried = (incident: Incident, steps: readonly Step[]): boolean =>
  incident.pastPlans.some((plan) => commandsOf(plan.steps) === commandsOf(steps));

/** What the rules say for this attempt: the runbook's steps, then its fallbacks; nothing that was tried already. */
function proposalsFor(step: ReconcileStep, incident: Incident): readonly Candidate[] {
  const rule = proposeByRules(incident.causes, step.governance.runbooks());
  if (!rule) return [];
  const { runbook, proposal } = rule;
  const author: Plan['author'] = { kind: 'Rule', name: runbook.id };
  return [proposal.steps, ...proposal.fallbacks]
    .filter((steps) => !isTried(incident, steps))
    .map((steps, index, all) => ({
      author,
      proposal: { ...proposal, steps, fallbacks: all.slice(index + 1) },
      verify: runbook.verify,
    }));
}

/** A model is asked when no rule speaks, and its answer is data from a stranger: parsed again here. */
async function modelProposals(
  step: ReconcileStep,
  incident: Incident,
  noticed: Noticed,
): Promise<readonly Candidate[]> {
  const { model, log, recorder } = step.ports;
  if (!model || incident.attempts > 1) return [];
  const answer = await model.complete(promptFor(incident, noticed.events));
  if (!answer.ok) {
    recorder.count('kubewise_plans_total', { author: model.name, reason: answer.reason });
    log.warn({ module: 'plan', incident: incident.id, model: model.name, reason: answer.reason }, answer.message);
    return [];
  }
  countTokens(recorder, model, answer);
  const parsed = Proposal.safeParse(answer.value);
  if (!parsed.success || !staysInScope(incident, parsed.data)) return [];
  const verify = { recover: [], stableSeconds: 240, deadlineSeconds: 1200 };
  return [{ author: { kind: 'Model', name: model.name }, proposal: parsed.data, verify }];
}

/** A model may act on the incident's own namespace and on nodes, nowhere else: the fence is code. */
function staysInScope(incident: Incident, proposal: Proposal): boolean {
  const allowed = new Set([incident.target.namespace, ...incident.causes.map((cause) => cause.target.namespace)]);
  const inside = (command: Command) => {
    const ns = command.params['ns'];
    return ns === undefined || allowed.has(String(ns));
  };
  return [proposal.steps, ...proposal.fallbacks].flat().every((one) => inside(one.action));
}

/** Reasons for which people were called because there was nothing to try; how long that is looked at again (s). */
const nothingToTry: ReadonlySet<string> = new Set(['PeopleTold', 'NoRunbook']);
const lookAgainFor = 7200;

/** Escalated for want of a plan: does what is known by now lead to one that acts? A dead node frees its pods late. */
export async function canActNow(step: ReconcileStep, incident: Incident, noticed: Noticed): Promise<boolean> {
  if (!nothingToTry.has(incident.reason) || incident.attempts > 0) return false;
  if (step.now - incident.openedAt > lookAgainFor) return false;
  const { causes } = await causesOf(step, incident, noticed);
  return proposalsFor(step, { ...incident, causes: [...causes] }).some(
    ({ proposal }) => onlyTells(proposal.steps) === undefined,
  );
}

/** No planner knows what to do: look again for a while, then call people. */
function unexplained(step: ReconcileStep, incident: IncidentIn<'Diagnosed'>): Promise<Saved> {
  const best = incident.causes[0];
  if (step.now - incident.openedAt < patience && incident.attempts === 0)
    return step.wait(incident, step.now + lookAgain, `no plan yet for: ${best?.message ?? 'an unknown cause'}`);
  const reason = incident.attempts > 0 ? 'NothingLeftToTry' : 'NoRunbook';
  return step.move(incident, 'Escalated', reason, `a person should look: ${best?.message ?? 'no known cause'}`, {
    causes: incident.causes,
    evidence: incident.evidence,
    nextAt: step.now + 60,
  });
}

/** The first candidate that preconditions and policy let through; else the incident is escalated with the last refusal. */
async function firstFeasible(
  step: ReconcileStep,
  incident: IncidentIn<'Diagnosed'>,
  candidates: readonly Candidate[],
): Promise<Saved> {
  let refusal = { reason: 'NoPlan', message: 'nothing was proposed' };
  for (const candidate of candidates) {
    const message = onlyTells(candidate.proposal.steps);
    if (message !== undefined)
      return step.move(incident, 'Escalated', 'PeopleTold', message, { ...found(incident), nextAt: step.now + 60 });
    const plan = await provePlan(step, incident, candidate);
    if (!('refused' in plan)) return propose(step, incident, plan);
    refusal = plan.refused;
  }
  return step.move(incident, 'Escalated', refusal.reason, refusal.message, {
    ...found(incident),
    nextAt: step.now + 60,
  });
}

const found = ({ causes, evidence }: Incident) => ({ causes, evidence });

/** The message of a proposal that changes nothing: it needs no approval, it is an escalation. */
function onlyTells(steps: readonly Step[]): string | undefined {
  if (steps.some(({ action }) => action.name !== 'notify_only')) return undefined;
  return steps.map(({ action }) => String(action.params['message'])).join('; ');
}

function propose(step: ReconcileStep, incident: IncidentIn<'Diagnosed'>, plan: Plan): Promise<Saved> {
  step.ports.recorder.count('kubewise_plans_total', { author: plan.author.name, reason: 'Proposed' });
  const people = plan.autonomy !== 'Auto';
  return step.move(incident, 'Proposed', people ? 'WaitingForApproval' : 'PolicyGrantsAuto', plan.reasoning, {
    plan,
    causes: incident.causes,
    evidence: incident.evidence,
    diagnosedSignals: incident.diagnosedSignals,
    approvals: [],
    proposedAt: step.now,
    nextAt: people ? step.now + lookAgain : step.now,
    ...(people && { pendingNotifications: [...incident.pendingNotifications, `${plan.id}:PlanWaiting`] }),
  });
}

/** Reads what the steps need, until nothing is missing. */
async function evidenceFor(step: ReconcileStep, steps: readonly Step[]): Promise<Evidence> {
  let evidence: readonly Answer[] = [];
  let wants: readonly Query[] = missing(steps, evidence);
  while (wants.length > 0) {
    evidence = [...evidence, ...(await answersTo(step.ports, wants))];
    wants = missing(steps, evidence);
  }
  return evidence;
}

async function dryRunsOf(step: ReconcileStep, steps: readonly Step[], evidence: Evidence): Promise<readonly DryRun[]> {
  const runs: DryRun[] = [];
  for (const { stepId, request } of requestsOf(steps, evidence, step.now)) {
    const answer = await step.ports.kubernetes.send(request, { dryRun: true });
    const judged = judgeDryRun(stepId, answer);
    const live = evidence.find((one) => one.query.kind === 'Object' && one.query.ref.name === request.ref.name);
    runs.push({ ...judged, diff: diffOf(live?.objects[0], answer.object) });
  }
  return steps.flatMap(({ id }) => joinDryRuns(runs.filter((run) => run.stepId === id)) ?? []);
}

/** Proves a candidate against the live cluster: preconditions, permissions, server-side dry run. Changes nothing. */
export async function provePlan(
  step: ReconcileStep,
  incident: Incident,
  candidate: Candidate,
): Promise<Plan | { readonly refused: { readonly reason: string; readonly message: string } }> {
  const policy = step.governance.policy();
  const asWritten = candidate.proposal.steps;
  const evidence = await evidenceFor(step, asWritten);
  const steps = pinned(asWritten, evidence);
  const all = [...evidence, ...(await evidenceFor(step, steps))];
  const refused = refusalOf(steps, all, policy);
  if (refused) return { refused };
  const permissions = await Promise.all(
    permissionsOf(steps).map(async (one) => ({ ...one, allowed: await step.ports.kubernetes.allowed(one) })),
  );
  return assemble({
    id: step.ports.ids.next(),
    author: candidate.author,
    proposal: { ...candidate.proposal, steps: [...steps] },
    evidence: all,
    permissions,
    dryRuns: await dryRunsOf(step, steps, all),
    verify: candidate.verify,
    forecast: forecastOf(incident, steps, await pastIncidents(step)),
    policy,
    mode: step.governance.mode(),
    attempt: incident.attempts,
    now: step.now,
  });
}

/** The last ones that are over: what a plan's forecast is made of. */
const pastIncidents = (step: ReconcileStep): Promise<readonly Incident[]> =>
  step.ports.store.incidents.find({
    where: { openKey: { exists: false } },
    orderBy: { field: 'openedAt', direction: 'desc' },
    limit: 200,
  });

/** When this target may be touched again: the cooldown counts from the last execution on it, in any incident. */
async function cooldown(step: ReconcileStep, incident: Incident): Promise<number> {
  const seconds = step.governance.policy().cooldownSeconds;
  const recent = await step.ports.store.incidents.find({
    where: { targetKey: targetKey(incident.target), updatedAt: { gte: step.now - seconds } },
    limit: 50,
  });
  const last = Math.max(0, ...recent.map((one) => one.executedAt ?? 0));
  return last === 0 ? 0 : last + seconds;
}

/** Proposed: runs by itself where policy grants it, expires, or notices that the world moved on. */
export async function proposed(step: ReconcileStep, incident: IncidentIn<'Proposed'>): Promise<Saved> {
  const { plan } = incident;
  const noticed = await noticedBy(step.ports.store, incident);
  if (isQuiet(noticed, step.now)) return selfRecovered(step, incident);
  if (step.now >= plan.expiresAt)
    return step.move(incident, 'Expired', 'PlanExpired', `nobody approved the plan within its time`, {
      nextAt: step.now + 60,
    });
  if (await changedCause(step, incident, noticed)) return again(step, incident, 'NewEvidence', 'the cause changed');
  if (plan.autonomy !== 'Auto' || !runsByItself(step, plan) || step.governance.killSwitch())
    return step.wait(incident, step.now + lookAgain);
  if (await budgetSpent(step, plan)) {
    const people = { ...plan, autonomy: 'Approve' as const, autonomyReason: 'BudgetSpent' };
    return step.wait(
      {
        ...incident,
        plan: people,
        pendingNotifications: [...incident.pendingNotifications, `${plan.id}:PlanWaiting`],
      },
      step.now + lookAgain,
      'the budget of automatic runs is spent; a person has to approve',
    );
  }
  // Nothing runs by itself into somebody's silence, nor, as this throws then, while none can be looked up.
  const silence = await silenceOver(step, incident);
  if (silence !== undefined)
    return step.wait(incident, step.now + lookAgain, `silenced in Alertmanager: ${silence}; a person has to approve`);
  return step.move(incident, 'Approved', 'ApprovedByPolicy', 'the policy grants this plan Auto', {
    plan,
    approvals: [{ subject: 'policy', issuer: 'policy', digest: plan.digest, at: step.now }],
  });
}

/** Do policy and mode, as they are now, let these steps run without a person? */
const runsByItself = ({ governance }: ReconcileStep, plan: Plan): boolean =>
  grant(plan.steps, governance.policy(), governance.mode()).autonomy === 'Auto';

/** Did new signals turn the diagnosis over since the plan was made? */
async function changedCause(step: ReconcileStep, incident: IncidentIn<'Proposed'>, noticed: Noticed): Promise<boolean> {
  if (incident.plan.author.kind === 'Human') return false;
  if (incident.signals.every((signal) => incident.diagnosedSignals.includes(signal))) return false;
  const { causes } = await causesOf(step, incident, noticed);
  return causes[0]?.class !== incident.causes[0]?.class && (causes[0]?.score ?? 0) > (incident.causes[0]?.score ?? 0);
}

const again = (step: ReconcileStep, incident: IncidentIn<'Proposed' | 'Approved'>, reason: string, message: string) =>
  step.save(
    incident,
    transition(
      { ...incident, approvals: [] },
      'Diagnosed',
      { at: step.now, reason, message, auditId: step.ports.ids.next() },
      { nextAt: step.now },
    ),
  );

/** Automatic runs of the same action in the last hour, over all targets, reach the policy's budget? */
async function budgetSpent(step: ReconcileStep, plan: Plan): Promise<boolean> {
  const recent = await step.ports.store.incidents.find({ where: { updatedAt: { gte: step.now - 3600 } }, limit: 500 });
  const runs = recent.filter(
    (one) => (one.executedAt ?? 0) >= step.now - 3600 && one.approvals[0]?.subject === 'policy',
  );
  const { autoRunsPerHour } = step.governance.policy();
  return plan.steps.some(
    ({ action }) =>
      runs.filter((one) => one.actions.some((ran) => ran.command.name === action.name)).length >= autoRunsPerHour,
  );
}

/** Approved: looks once more whether the approval still fits the world, then the target is claimed for the executor. */
export async function approved(step: ReconcileStep, incident: IncidentIn<'Approved'>): Promise<Saved> {
  const { plan } = incident;
  if (step.governance.killSwitch())
    return step.wait(incident, step.now + lookAgain, 'the kill switch is on: nothing is executed');
  if (step.now >= plan.expiresAt)
    return step.move(incident, 'Expired', 'PlanExpired', 'the approved plan expired', { nextAt: step.now + 60 });
  if (!isApproved(incident)) return again(step, incident, 'ApprovalVoid', 'the approval names another plan');
  if (incident.approvals.every((one) => one.issuer === 'policy') && !runsByItself(step, plan))
    return again(step, incident, 'ApprovalVoid', 'policy and mode do not let the plan run by itself any more');
  const evidence = await evidenceFor(step, plan.steps);
  const stale = staleStep(plan, evidence);
  if (stale) return again(step, incident, 'PlanStale', `what step ${stale} would change is not what was approved`);
  const refused = refusalOf(plan.steps, evidence, step.governance.policy());
  if (refused) return again(step, incident, refused.reason, refused.message);
  return step.move(
    incident,
    'Remediating',
    'ExecutionStarted',
    `executing the plan on ${targetName(incident.target)}`,
    {
      plan,
      actions: [],
      remediationStartedAt: step.now,
      executedAt: step.now,
    },
  );
}
