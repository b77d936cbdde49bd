import type { IncidentDetail } from '../../backend/src/http/contract.ts';
import type { Subject } from '../cluster/faults/index.ts';
import { interval, type Observed, type RootCause } from './play.ts';
import { isOn, writeOf, writeText, type Aim, type Write } from './aims.ts';
import { familyOf, truthOf, type Scenario, type Truth } from './scenario.ts';

/** What became of one scenario. Times are cluster seconds since the fault was injected. */
export interface Row {
  readonly scenario: string;
  readonly family: string;
  readonly control: boolean;
  /** Did the fault show itself at all in the run? */
  readonly shown: boolean;
  readonly detected: number | undefined;
  /** Evaluations from the first deviating sample to the incident, of faults that are there from one moment to the next. */
  readonly delay: number | undefined;
  /** Seconds from the incident to the first harm while only observing, of faults that grow; negative = too late. */
  readonly lead: number | undefined;
  readonly grows: boolean;
  /** Where the true cause stands among the suspected ones, 1 = first. */
  readonly rank: number | undefined;
  readonly plan: readonly string[];
  /** `scale_deployment shop/search`: what was written, in order. */
  readonly actions: readonly string[];
  readonly verdict: string;
  readonly recoveredAt: number | undefined;
  readonly observedRecoveredAt: number | undefined;
  /** Recovered, and not just as early while KubeWise only observed. */
  readonly recovered: boolean;
  /** Is there a cause to be found? */
  readonly knowable: boolean;
  /** Could any action have put it right? */
  readonly recoverable: boolean;
  readonly harmful: readonly string[];
  readonly incidents: number;
  readonly falseIncidents: number;
  /** Their titles. */
  readonly falseAbout: readonly string[];
  readonly deadline: number;
}

export interface Totals {
  readonly recall: number;
  readonly precision: number;
  /** Median evaluations from the first deviating sample to the incident, step faults. */
  readonly medianDelay: number | undefined;
  /** Share of the step faults with an incident within two evaluations of the first deviating sample. */
  readonly withinTwo: number;
  /** Median seconds from the incident to the first harm, faults that grow; negative = too late. */
  readonly medianLead: number | undefined;
  readonly falseOnControls: number;
  readonly top1: number;
  readonly top3: number;
  readonly recovered: number;
  readonly harmful: number;
  readonly controlsTouched: number;
  /** Share of the time to recovery that is saved against only observing. */
  readonly mttrReduction: number;
  readonly scenarios: number;
}

const isSame = (one: { kind: string; namespace: string; name: string }, other: Subject): boolean =>
  one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;

/** Is an incident about the fault: its object, its class, or series that it disturbs? */
function belongs(incident: IncidentDetail, truth: Truth, { rootCauses, injectedAt }: Observed): boolean {
  if (truth.control || Date.parse(incident.openedAt) / 1000 < injectedAt) return false;
  if (rootCauses.some((cause) => isSame(incident.target, cause))) return true;
  const classes = new Set([truth.class, ...rootCauses.map((cause) => cause.class)]);
  if (incident.causes.some((cause) => classes.has(cause.class))) return true;
  return truth.metricTypes.some((type) => incident.signals.includes(`metric:${type}`));
}

function rankOf(incidents: readonly IncidentDetail[], truth: Truth, rootCauses: readonly RootCause[]) {
  const ranks = incidents.flatMap((incident) => {
    const index = incident.causes.findIndex((cause) =>
      rootCauses.some((root) => cause.class === (root.class ?? truth.class) && isSame(cause.target, root)),
    );
    return index < 0 ? [] : [index + 1];
  });
  return ranks.length > 0 ? Math.min(...ranks) : undefined;
}

/** What an incident's actions wrote to the cluster. */
const writesOf = (incident: IncidentDetail): Write[] =>
  incident.actions
    .filter((action) => action.appliedAt !== undefined)
    .flatMap((action) => writeOf(action.command) ?? []);

const plannedBy = ({ pastPlans, currentPlan }: IncidentDetail): string[] =>
  [...pastPlans, ...(currentPlan ? [currentPlan] : [])].flatMap((plan) => plan.steps.map((step) => step.action));

/**
 * On a control every write is harmful; else those that the truth calls so, and those that would be right elsewhere. What
 * is right is never harmful.
 */
export function harmfulOf(truth: Truth, writes: readonly Write[], { rootCauses, roles }: Observed): readonly Write[] {
  const objectsOf = (of: string): readonly Subject[] => (of === '@cause' ? rootCauses : roles[of] ? [roles[of]] : []);
  const meets = (write: Write, { action, of }: Aim): boolean =>
    action === write.action && (of === undefined || objectsOf(of).some((subject) => isOn(write, subject)));
  const isRight = (write: Write): boolean => truth.acceptable.some((aim) => meets(write, aim));
  const isWrong = (write: Write): boolean =>
    truth.control ||
    truth.harmful.some((aim) => meets(write, aim)) ||
    truth.acceptable.some((aim) => aim.action === write.action);
  return writes.filter((write) => isWrong(write) && !isRight(write));
}

/** How soon it was noticed: a step after its first deviating sample, what grows before its first harm. */
function timing(
  grows: boolean,
  detected: number | undefined,
  deviatedAt: number | undefined,
  impactAt: number | undefined,
): Pick<Row, 'grows' | 'delay' | 'lead'> {
  const isStep = !grows && detected !== undefined && deviatedAt !== undefined;
  return {
    grows,
    delay: isStep ? Number(((detected - deviatedAt) / interval).toFixed(1)) : undefined,
    lead: grows && detected !== undefined && impactAt !== undefined ? impactAt - detected : undefined,
  };
}

/** Right, but by themselves they put nothing right. */
const helpless: ReadonlySet<string> = new Set(['notify_only', 'cordon_node']);

/** When what shows if nobody acts was kept from showing at all: with the last write (s since the fault). */
function preventedAt({ incidents, injectedAt, shown }: Observed, observing: Observed): number | undefined {
  const writes = incidents.flatMap(({ actions }) => actions.flatMap(({ appliedAt }) => appliedAt ?? []));
  if (shown || !observing.shown || writes.length === 0) return undefined;
  return Math.round(Math.max(...writes.map((time) => Date.parse(time) / 1000)) - injectedAt);
}

export function rowOf(scenario: Scenario, acting: Observed, observing: Observed): Row {
  const truth = truthOf(scenario);
  const own = acting.incidents.filter((incident) => belongs(incident, truth, acting));
  const sinceInjection = (time: string): number => Math.round(Date.parse(time) / 1000 - acting.injectedAt);
  const writes = acting.incidents.flatMap(writesOf);
  const recoveredAt = acting.recoveredAt ?? preventedAt(acting, observing);
  const earlier =
    recoveredAt !== undefined && (observing.recoveredAt === undefined || recoveredAt < observing.recoveredAt - 60);
  const recoverable = !truth.control && truth.acceptable.some(({ action }) => !helpless.has(action));
  const detected = own.length > 0 ? Math.min(...own.map((one) => sinceInjection(one.openedAt))) : undefined;
  const grows = scenario.faults.some(({ family, params }) => familyOf(family).impact(params).length > 0);
  return {
    scenario: scenario.name,
    family: scenario.faults[0]?.family ?? '',
    control: truth.control,
    shown: acting.shown,
    detected,
    ...timing(grows, detected, acting.deviatedAt, observing.impactAt),
    rank: rankOf(own, truth, acting.rootCauses),
    plan: own.flatMap(plannedBy),
    actions: writes.map(writeText),
    verdict: own.map((one) => one.outcome?.verdict ?? one.phase).join(', '),
    recoveredAt,
    observedRecoveredAt: observing.recoveredAt,
    recovered: recoverable && earlier,
    recoverable,
    knowable: !truth.control && truth.class !== 'Unknown',
    harmful: harmfulOf(truth, writes, acting).map(writeText),
    incidents: own.length,
    falseIncidents: acting.incidents.length - own.length,
    falseAbout: acting.incidents.filter((one) => !own.includes(one)).map((one) => one.title),
    deadline: scenario.deadline,
  };
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : Number((part / whole).toFixed(3)));
const sum = (rows: readonly Row[], of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);

function median(rows: readonly Row[], of: (row: Row) => number | undefined): number | undefined {
  const sorted = rows.flatMap((row) => of(row) ?? []).sort((a, b) => a - b);
  const [lower, upper] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2;
}

/** Recall counts over faults, causes over those that have one to be found, recovery over those that an action can put right, precision over incidents. */
export function totalsOf(rows: readonly Row[]): Totals {
  const faults = rows.filter((row) => !row.control);
  const recoverable = faults.filter((row) => row.recoverable);
  const own = sum(rows, (row) => row.incidents);
  const knowable = faults.filter((row) => row.knowable);
  const steps = faults.filter(
    ({ grows, delay, detected }) => !grows && (delay !== undefined || detected === undefined),
  );
  const within = (rank: number) => knowable.filter((row) => row.rank !== undefined && row.rank <= rank).length;
  const acting = sum(recoverable, (row) => row.recoveredAt ?? row.deadline);
  const observing = sum(recoverable, (row) => row.observedRecoveredAt ?? row.deadline);
  return {
    recall: share(faults.filter((row) => row.detected !== undefined).length, faults.length),
    precision: share(own, own + sum(rows, (row) => row.falseIncidents)),
    medianDelay: median(faults, ({ delay }) => delay),
    withinTwo: share(steps.filter(({ delay }) => (delay ?? Infinity) <= 2).length, steps.length),
    medianLead: median(faults, ({ lead }) => lead),
    falseOnControls: sum(
      rows.filter(({ control }) => control),
      ({ falseIncidents }) => falseIncidents,
    ),
    top1: share(within(1), knowable.length),
    top3: share(within(3), knowable.length),
    recovered: share(recoverable.filter((row) => row.recovered).length, recoverable.length),
    harmful: sum(rows, (row) => row.harmful.length),
    controlsTouched: rows.filter((row) => row.control && row.actions.length > 0).length,
    mttrReduction: observing === 0 ? 0 : Number((1 - acting / observing).toFixed(3)),
    scenarios: rows.length,
  };
}
