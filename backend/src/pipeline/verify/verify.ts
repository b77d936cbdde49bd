import {
  isWorkload,
  stateOf,
  type Action,
  type Anomaly,
  type Evidence,
  type IncidentIn,
  type Measurement,
  type Outcome,
  type PodView,
  type Progress,
  type Recovery,
} from '../../model/index.ts';

/** The last value of one series of the target, and whether it is away from its normal now. */
export interface Reading {
  readonly targetKey: string;
  readonly metricType: string;
  readonly query: string;
  readonly unit: string;
  readonly value: number;
  readonly expected: number;
  readonly anomalous: boolean;
  readonly timestamp: number;
}

export interface Verifying {
  readonly incident: IncidentIn<'Verifying'>;
  /** Of the incident, with what they peaked at. */
  readonly anomalies: readonly Anomaly[];
  readonly readings: readonly Reading[];
  readonly progress: readonly Progress[];
  /** State of the target, read now. */
  readonly evidence: Evidence;
  readonly now: number;
}

export type Check =
  | { readonly state: 'Healthy'; readonly measurements: readonly Measurement[] }
  | { readonly state: 'Waiting'; readonly message: string; readonly measurements: readonly Measurement[] }
  | {
      readonly state: 'Broken';
      readonly reason: string;
      readonly message: string;
      readonly measurements: readonly Measurement[];
    };

/** A series that has not been heard of for this long is gone, and so is its symptom (s). */
const vanished = 600;

/** Metric types that must come back: what the plan names, and whatever spoke for the incident. */
function recoveries(given: Verifying): readonly Recovery[] {
  const named = given.incident.plan.verify.recover;
  return named.length > 0
    ? named
    : [...new Set(given.anomalies.map((anomaly) => anomaly.metricType))].map((metricType) => ({ metricType }));
}

function measure(given: Verifying, recovery: Recovery): readonly Measurement[] {
  const readings = given.readings.filter(
    (reading) => reading.metricType === recovery.metricType && given.now - reading.timestamp < vanished,
  );
  return readings.map((reading) => {
    const before = given.anomalies.find(
      (anomaly) => anomaly.query === reading.query && anomaly.targetKey === reading.targetKey,
    );
    const low = recovery.below !== undefined && reading.value <= recovery.below;
    return {
      name: reading.metricType,
      unit: reading.unit,
      before: before?.worst ?? before?.value ?? reading.expected,
      after: reading.value,
      expected: reading.expected,
      recovered: recovery.below === undefined ? !reading.anomalous : low,
    };
  });
}

const lastApplied = (actions: readonly Action[]): number =>
  Math.max(0, ...actions.map((action) => action.appliedAt ?? action.startedAt));

/** A container that ended with an error after the action had time to take hold. */
function crashedSince(pods: readonly PodView[], since: number): PodView | undefined {
  return pods.find((pod) =>
    pod.containers.some(({ ended }) => ended !== undefined && ended.at > since && ended.reason !== 'Completed'),
  );
}

/** What the pods say: something to wait for, or undefined when all are ready and none crashed since. */
function podProblem(given: Verifying): string | undefined {
  const { incident, evidence } = given;
  if (!isWorkload(incident.target)) return undefined;
  const pods = stateOf(incident.target, evidence).pods.filter(
    (pod) => pod.deletedAt === undefined && pod.phase !== 'Succeeded' && pod.phase !== 'Failed',
  );
  const since = Math.max(lastApplied(incident.actions) + 30, incident.healthySince ?? 0);
  const crashed = crashedSince(pods, since);
  if (crashed) return `${crashed.name} crashed after the action`;
  const unready = pods.find((pod) => !pod.ready);
  return unready ? `${unready.name} is not ready` : undefined;
}

/** Looks once: is everything that the plan promised true now? */
export function check(given: Verifying): Check {
  const measurements = recoveries(given).flatMap((recovery) => measure(given, recovery));
  const failed = given.progress.find((one) => one.state === 'Failed');
  if (failed?.state === 'Failed')
    return { state: 'Broken', reason: failed.reason, message: failed.message, measurements };
  const moving = given.progress.find((one) => one.state === 'Progressing');
  if (moving) return { state: 'Waiting', message: moving.message, measurements };
  const problem = podProblem(given);
  if (problem) return { state: 'Waiting', message: problem, measurements };
  const away = measurements.find((one) => !one.recovered);
  if (away)
    return {
      state: 'Waiting',
      message: `${away.name} is ${away.after.toPrecision(3)} ${away.unit}`.trim(),
      measurements,
    };
  return { state: 'Healthy', measurements };
}

/** The same numbers after as before, or worse ones? Worse = further from expected by half than it was. */
const gotWorse = (one: Measurement): boolean => {
  if (one.recovered || one.expected === undefined) return false;
  const before = Math.abs(one.before - one.expected);
  const after = Math.abs(one.after - one.expected);
  return before > 0 && after > before * 1.5;
};

/**
 * The readings by which a plan may be found to have made things worse. What was done to another object than the incident's
 * shows there; of the incident's own only what travels along calls: when a caller is mended, more work arrives.
 */
export function concerning(
  readings: readonly Reading[],
  targetKey: string,
  travelling: ReadonlySet<string>,
): readonly Reading[] {
  const elsewhere = new Set(readings.flatMap((one) => (one.targetKey === targetKey ? [] : [one.metricType])));
  return readings.filter(
    ({ targetKey: of, metricType }) => of !== targetKey || travelling.has(metricType) || !elsewhere.has(metricType),
  );
}

export type Verdict = Outcome['verdict'];

/** The verdict when the deadline is over and not everything is well. */
export function verdictOf(measurements: readonly Measurement[]): Verdict {
  if (measurements.length === 0) return 'NotEnoughData';
  if (measurements.some(gotWorse)) return 'MadeWorse';
  const better = measurements.filter((one) => one.recovered).length;
  return better > 0 && better * 2 >= measurements.length ? 'Improved' : 'NoEffect';
}

/** The verdict of a plan that did not bring back all that it promised: worse only by what it concerns. */
export function lateVerdict(all: readonly Measurement[], concerned: readonly Measurement[]): Verdict {
  const verdict = verdictOf(all);
  return verdict === 'MadeWorse' ? verdictOf(concerned) : verdict;
}

/** The outcome with its numbers: seconds count from the first symptom. */
export function outcomeOf(
  incident: IncidentIn<'Verifying'>,
  verdict: Verdict,
  message: string,
  measurements: readonly Measurement[],
  now: number,
): Outcome {
  const after = (at: number | undefined) => (at === undefined ? undefined : Math.max(0, at - incident.startedAt));
  const proposed = after(incident.proposedAt);
  const executed = after(incident.executedAt);
  return {
    verdict,
    message,
    measurements: [...measurements],
    detectedAfter: Math.max(0, incident.openedAt - incident.startedAt),
    ...(proposed !== undefined && { proposedAfter: proposed }),
    ...(executed !== undefined && { executedAfter: executed }),
    ...(verdict === 'Fixed' && { resolvedAfter: Math.max(0, now - incident.startedAt) }),
    reverted: false,
    at: now,
  };
}
