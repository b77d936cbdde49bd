import type { Alert, Anomaly, EventRecord, Evidence, Incident, TargetState } from '../../model/index.ts';

/** Everything a cause may be judged by: what was noticed, and the target's state as read. */
export interface Symptoms {
  readonly incident: Incident;
  readonly anomalies: readonly Anomaly[];
  readonly events: readonly EventRecord[];
  readonly alerts: readonly Alert[];
  readonly state: TargetState;
  readonly evidence: Evidence;
  readonly now: number;
}

export type Facts = Readonly<Record<string, string | number | boolean>>;

/** What a rule says about one class of cause: how sure it is (0…1), in words, with what speaks for it. */
export interface Judgement {
  readonly score: number;
  readonly message: string;
  readonly evidence: readonly string[];
  readonly facts: Facts;
}

/** A class of causes that KubeWise can tell apart. Pure: undefined = nothing speaks for it. */
export interface CauseRule {
  readonly class: string;
  judge(symptoms: Symptoms): Judgement | undefined;
}

/** The open (or just closed) anomalies of these metric types, worst first. */
export const anomaliesOf = (symptoms: Symptoms, ...types: readonly string[]): readonly Anomaly[] =>
  symptoms.anomalies.filter((anomaly) => types.includes(anomaly.metricType)).sort((a, b) => b.peak - a.peak);

export const eventsOf = (symptoms: Symptoms, ...reasons: readonly string[]): readonly EventRecord[] =>
  symptoms.events.filter((event) => reasons.includes(event.reason));

/** How long before the first symptom a change still counts as its likely cause (s). */
export const changeWindow = 1800;
