import {
  targetKey,
  type Alert,
  type Anomaly,
  type EventRecord,
  type Evidence,
  type Incident,
  type Intervention,
  type Query,
  type Target,
  type TargetState,
} from '../../model/index.ts';
import type { CallGraph, Objects } from './call-graph.ts';

/** What is going on around the target of an incident: everything else that is known at this moment. */
export interface Surroundings {
  readonly objects: Objects;
  readonly graph: CallGraph;
  readonly ownerOf: (kind: string, namespace: string, name: string) => Target | undefined;
  /** Open anomalies of all targets. */
  readonly anomalies: readonly Anomaly[];
  /** By target key: how strange it is as a whole, from its open anomalies, as −log10 of a probability. */
  readonly surprises: ReadonlyMap<string, number>;
  /** Recent events of the targets that are looked at. */
  readonly events: readonly EventRecord[];
  /** Changes of all targets. */
  readonly changes: readonly Intervention[];
  /**
   * The last value of a target's series of this type, also while a change keeps it from being judged. Undefined = not
   * measured at all: a database that exports no latency is not innocent of it.
   */
  readonly latest: (target: Target, metricType: string) => Latest | undefined;
}

export interface Latest {
  readonly value: number;
  readonly expected: number;
  readonly unit: string;
  readonly timestamp: number;
}

/** What a cause may be judged by before the target's state is read. */
export interface Noticed {
  readonly incident: Incident;
  /** Who is suspected: the incident's own target, or what that depends on. */
  readonly suspect: Target;
  readonly anomalies: readonly Anomaly[];
  readonly events: readonly EventRecord[];
  readonly alerts: readonly Alert[];
  readonly around: Surroundings;
  readonly now: number;
}

/** Everything a cause may be judged by: what was noticed, and the suspect's state as read. */
export interface Symptoms extends Noticed {
  readonly state: TargetState;
  readonly evidence: Evidence;
}

export type Facts = Readonly<Record<string, string | number | boolean>>;

/** What a rule says about one class of cause: how sure it is (0…1), in words, with what speaks for it. */
export interface Judgement {
  readonly score: number;
  readonly message: string;
  readonly evidence: readonly string[];
  readonly facts: Facts;
  /** The object to blame, when it is not the suspect itself: its node, its claim, its secret. */
  readonly target?: Target;
}

/** A class of causes that KubeWise can tell apart. Pure: undefined = nothing speaks for it. */
export interface CauseRule {
  readonly class: string;
  /** What it must know beside the suspect's own state. */
  needs?(noticed: Noticed): readonly Query[];
  judge(symptoms: Symptoms): Judgement | undefined;
}

/** The suspect's open (or just closed) anomalies of these metric types, worst first. */
export const anomaliesOf = (noticed: Noticed, ...types: readonly string[]): readonly Anomaly[] =>
  noticed.anomalies.filter((anomaly) => types.includes(anomaly.metricType)).sort((a, b) => b.peak - a.peak);

/** Those of them that are above what is normal. */
export const raised = (noticed: Noticed, ...types: readonly string[]): readonly Anomaly[] =>
  anomaliesOf(noticed, ...types).filter((anomaly) => anomaly.value > anomaly.expected);

export const eventsOf = (noticed: Noticed, ...reasons: readonly string[]): readonly EventRecord[] =>
  noticed.events.filter((event) => reasons.includes(event.reason));

/** Open anomalies of another target. */
export const anomaliesAround = ({ around }: Noticed, target: Target, ...types: readonly string[]): readonly Anomaly[] =>
  around.anomalies.filter((anomaly) => anomaly.targetKey === targetKey(target) && types.includes(anomaly.metricType));

/** How long before the first symptom a change still counts as its likely cause (s). */
export const changeWindow = 1800;

/** Metric types in which trouble travels from what is called to who calls it. */
export const travelling: ReadonlySet<string> = new Set(['latency', 'errors', 'connections', 'queue', 'queue_lag']);
