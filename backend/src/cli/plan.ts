import { randomUUID } from 'node:crypto';
import type { IncidentDetail, WirePlan } from '../http/contract.ts';
import { Refused, type Client } from '../http/client.ts';
import type { Context } from './context.ts';
import { exitCodes, UsageError, type ExitCode } from './exit.ts';
import { findIncident } from './incidents.ts';
import { plain, shortened, shortTime, table } from './table.ts';

const value = (one: unknown): string => shortened(plain(one === undefined ? 'absent' : JSON.stringify(one)), 60);

function stepLines(plan: WirePlan): string[] {
  return plan.steps.flatMap((step, index) => {
    const run = plan.dryRuns.find((one) => one.stepId === step.id);
    const diff = run?.diff.map((one) => `       ${plain(one.path)}: ${value(one.before)} → ${value(one.after)}`) ?? [];
    const tried = run ? [`     dry run ${run.verdict}: ${plain(run.message)}`] : [];
    return [`  ${index + 1}. ${plain(step.sentence)}`, `     ${plain(step.command)}`, ...tried, ...diff];
  });
}

/** What became of earlier incidents like this one; nothing where there were none. */
function forecastLines({ forecast }: WirePlan): string[] {
  if (!forecast) return [];
  const of = ({ seen, recovered, medianSeconds }: NonNullable<WirePlan['forecast']>['doNothing']): string =>
    `${recovered} of ${seen} got well${medianSeconds === undefined ? '' : `, half of those within ${Math.ceil(medianSeconds / 60)} min`}`;
  const { doNothing, withPlan } = forecast;
  return [
    ...(doNothing.seen > 0 ? [`Earlier incidents of this cause, left alone: ${of(doNothing)}`] : []),
    ...(withPlan.seen > 0 ? [`Earlier incidents of this cause, treated like this: ${of(withPlan)}`] : []),
  ];
}

export function planText(plan: WirePlan): string {
  const missing = plan.permissions.filter((one) => !one.allowed).map((one) => `${one.verb} ${one.resource}`);
  return [
    `Plan ${plan.id} by ${plan.author.kind.toLowerCase()} ${plan.author.name}, risk ${plan.risk}, ${plan.reversible ? 'reversible' : 'NOT reversible'}`,
    plain(plan.reasoning),
    '',
    ...stepLines(plan),
    '',
    ...forecastLines(plan),
    ...(missing.length > 0 ? [`Rights that KubeWise lacks: ${missing.join(', ')}`] : []),
    `Policy: ${plan.autonomy}${plan.autonomyReason ? ` (${plain(plan.autonomyReason)})` : ''}`,
    `Expires ${shortTime(plan.expiresAt)}   digest ${plan.digest}`,
  ].join('\n');
}

/** By id of the plan or of its incident, or by the beginning or end of either. */
async function findPlan(api: Client, given: string): Promise<WirePlan> {
  const { items } = await api.plans();
  const ids = items.filter(({ incident, plan }) =>
    [incident.id, plan.id].some((id) => id.startsWith(given) || id.endsWith(given)),
  );
  const [only] = ids;
  if (only && ids.length === 1) return only.plan;
  if (ids.length > 1) throw new UsageError(`${ids.length} waiting plans fit "${given}"; give more of the id`);
  const byPlan = await api.plan(given).catch((error: unknown) => notThere(error));
  if (byPlan) return byPlan.plan;
  const { currentPlan, phase, id } = await findIncident(api, given);
  if (currentPlan) return currentPlan;
  throw new Refused(404, 'NoPlan', `incident ${id} is ${phase} and has no plan`);
}
function notThere(error: unknown): undefined {
  if (error instanceof Refused && error.status === 404) return undefined;
  throw error;
}

async function listPlans(context: Context): Promise<ExitCode> {
  const page = await context.api().plans();
  const rows = page.items.map(({ incident, plan }) => [
    incident.id,
    plan.risk,
    shortTime(plan.expiresAt),
    plain(incident.target.label),
    shortened(plan.steps.map((step) => plain(step.sentence)).join('; '), 80),
  ]);
  context.show(page, () =>
    rows.length > 0 ? table(['INCIDENT', 'RISK', 'EXPIRES', 'TARGET', 'STEPS'], rows) : 'No plan waits for a decision.',
  );
  return exitCodes.ok;
}

/** `kubewise plan show [ID]`: without an id, the plans that wait. */
export async function planShow(context: Context, id: string | undefined): Promise<ExitCode> {
  if (id === undefined) return listPlans(context);
  const plan = await findPlan(context.api(), id);
  context.show(plan, () => planText(plan));
  return exitCodes.ok;
}

const decided = (context: Context, incident: IncidentDetail, word: string): ExitCode => {
  const follow = `kubewise incidents ${incident.id}`;
  context.show(incident, () => `${word}: incident ${incident.id} is ${incident.phase}. Follow it with: ${follow}`);
  return exitCodes.ok;
};

/** `kubewise plan approve ID`: what was just printed is what is approved, by its digest. */
export async function planApprove(context: Context, id: string, options: { digest?: string }): Promise<ExitCode> {
  const api = context.api();
  const plan = await findPlan(api, id);
  if (!context.json) context.io.out(`${planText(plan)}\n`);
  const digest = options.digest ?? plan.digest;
  const incident = await api.approve({ planId: plan.id, digest, idempotencyKey: randomUUID() });
  return decided(context, incident, 'Approved');
}

/** `kubewise plan reject ID --reason "…"` */
export async function planReject(context: Context, id: string, options: { reason: string }): Promise<ExitCode> {
  const api = context.api();
  const plan = await findPlan(api, id);
  const incident = await api.reject({ planId: plan.id, reason: options.reason, idempotencyKey: randomUUID() });
  return decided(context, incident, 'Rejected');
}
