import { stepCommand, stepSentence, targetName, type Incident } from '../model/index.ts';

/** What the demo knows of a fault that it has put into the cluster. Times are cluster seconds. */
export interface Injection {
  readonly kind: string;
  readonly title: string;
  readonly injectedAt: number;
  readonly target: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** Actions that put it right; every other write while the fault lasts is a wrong one. */
  readonly acceptable: readonly string[];
}

/** One fault of the last line of `--once`; seconds count from the injection, in cluster time. */
export interface FaultReport {
  readonly fault: string;
  readonly target: string;
  readonly detected: number | undefined;
  readonly proposed: number | undefined;
  readonly executed: number | undefined;
  readonly resolved: number | undefined;
  readonly verdict: string;
  readonly recovered: boolean;
  readonly wrongActions: number;
}

const isAbout = ({ target, injectedAt }: Injection, incident: Incident): boolean =>
  incident.openedAt >= injectedAt &&
  incident.target.kind === target.kind &&
  incident.target.namespace === target.namespace &&
  incident.target.name === target.name;

/** Writes since the injection that do not belong to what puts this fault right. */
function wrongActions(injection: Injection, incidents: readonly Incident[], until: number): number {
  return incidents
    .flatMap((incident) => incident.actions.map((action) => ({ incident, action })))
    .filter(({ action }) => action.appliedAt !== undefined && action.request !== undefined)
    .filter(({ action }) => action.startedAt >= injection.injectedAt && action.startedAt < until)
    .filter(
      ({ incident, action }) => !isAbout(injection, incident) || !injection.acceptable.includes(action.command.name),
    ).length;
}

/** What became of one fault, from the incidents that KubeWise stored; `until` is when the next fault came. */
export function reportOf(
  injection: Injection,
  incidents: readonly Incident[],
  recovered: boolean,
  until: number,
): FaultReport {
  const own = incidents.filter((incident) => isAbout(injection, incident) && incident.openedAt < until);
  const incident = own.find((one) => one.outcome?.verdict === 'Fixed') ?? own[0];
  const since = (at: number | undefined) => (at === undefined ? undefined : Math.round(at - injection.injectedAt));
  return {
    fault: injection.kind,
    target: `${injection.target.kind} ${injection.target.namespace}/${injection.target.name}`,
    detected: since(incident?.openedAt),
    proposed: since(incident?.proposedAt),
    executed: since(incident?.executedAt),
    resolved: since(incident?.phase === 'Resolved' ? incident.closedAt : undefined),
    verdict: incident?.outcome?.verdict ?? incident?.phase ?? 'NotDetected',
    recovered,
    wrongActions: wrongActions(injection, incidents, until),
  };
}

/** Put right: detected, the right thing done and nothing else, and both KubeWise and the cluster say that it is over. */
export const isPutRight = (report: FaultReport): boolean =>
  report.recovered && report.verdict === 'Fixed' && report.wrongActions === 0;

const clockOf = (at: number): string => new Date(at * 1000).toISOString().slice(11, 19);

/** What the terminal says when an incident moves; undefined when it is nothing that a reader waits for. */
export function sentenceOf(incident: Incident, before: string | undefined, at: number): string | undefined {
  if (before === incident.phase) return undefined;
  const about = targetName(incident.target);
  const say = (text: string): string => `${clockOf(at)}  ${text}`;
  switch (incident.phase) {
    case 'Firing':
      return say(`INCIDENT   ${incident.title}\n${' '.repeat(21)}${incident.message}`);
    case 'Diagnosed':
      return say(`CAUSE      ${incident.causes[0]?.class ?? 'Unknown'}: ${incident.message}`);
    case 'Proposed':
      return say(`PLAN       for ${about}, by ${incident.plan.author.name}${planText(incident)}`);
    case 'Approved':
      return say(`APPROVED   by ${incident.approvals.map((one) => one.subject).join(', ')}`);
    case 'Verifying':
      return say(`EXECUTED   ${about}: watching whether it helps`);
    case 'Resolved':
      return say(`RESOLVED   ${about}: ${incident.outcome?.verdict}, ${numbersOf(incident)}`);
    case 'SelfRecovered':
      return say(`OVER       ${about}: ${incident.message}`);
    case 'Remediating':
      return undefined;
    default:
      return say(`${incident.phase.toUpperCase().padEnd(10)} ${about}: ${incident.message}`);
  }
}

function planText(incident: Incident): string {
  const { plan } = incident;
  if (!plan) return '';
  const indent = `\n${' '.repeat(21)}`;
  const steps = plan.steps.map((step) => `${indent}• ${stepSentence(step)}   [${stepCommand(step)}]`).join('');
  const verdicts = plan.dryRuns.map((run) => run.verdict).join(', ') || 'nothing to try';
  const how =
    plan.autonomy === 'Auto'
      ? 'the policy lets it run by itself'
      : `approve with:  npx kubewise plan approve ${incident.id}`;
  return `${steps}${indent}risk ${plan.risk}, ${plan.reversible ? 'reversible' : 'not reversible'}, dry run: ${verdicts}${indent}${how}`;
}

/** The numbers behind an outcome, as a person reads them. */
function numbersOf(incident: Incident): string {
  const measured = (incident.outcome?.measurements ?? [])
    .slice(0, 3)
    .map((one) => `${one.name} ${one.before.toPrecision(3)} → ${one.after.toPrecision(3)} ${one.unit}`.trim());
  const took = Math.round((incident.closedAt ?? incident.updatedAt) - incident.startedAt);
  return [...measured, `${took} s of cluster time`].join('; ');
}
