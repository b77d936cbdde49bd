import {
  autoscalerOf,
  list,
  number,
  seconds,
  targetKey,
  targetName,
  text,
  type JsonObject,
} from '../../../model/index.ts';
import { recentRelease, workloadFacts } from '../facts.ts';
import { changeWindow, raised, type CauseRule, type Symptoms } from '../symptoms.ts';

/** More replicas in proportion to what CPU use grew by, at least one and at most twice as many more. */
function replicasWanted(replicas: number, growth: number): number {
  const wanted = Math.ceil(replicas * Math.min(3, Math.max(1, growth)) - 1e-9);
  return Math.min(Math.max(wanted, replicas + 1), replicas * 3);
}

/** Held back in this share of its periods somebody is short of CPU (kubernetes-mixin, CPUThrottlingHigh). */
const throttled = 0.25;
/** A value this old says nothing about now (s). */
const stale = 120;

/**
 * What came with a release is not judged until its series have settled, and throttling tells at once which kind of
 * trouble it is: then what is measured counts as it is.
 */
function throttlingOf(symptoms: Symptoms): { readonly value: number; readonly sentence: string } | undefined {
  const [judged] = raised(symptoms, 'throttling');
  if (judged || !recentRelease(symptoms)) return judged;
  const last = symptoms.around.latest(symptoms.suspect, 'throttling');
  if (!last || symptoms.now - last.timestamp > stale) return undefined;
  if (last.value < Math.max(throttled, 2 * last.expected)) return undefined;
  const [value, expected] = [last.value, last.expected].map((one) => Number(one.toPrecision(3)));
  return { value: last.value, sentence: `throttling ${value} since the newest revision, ${expected} before` };
}

/** What was throttled, how much more CPU it uses than usual, and what else shows it. */
function pressureOf(symptoms: Symptoms) {
  const throttling = throttlingOf(symptoms);
  const [cpu] = raised(symptoms, 'cpu');
  const [worse] = raised(symptoms, 'latency', 'errors');
  // Throttling hides demand: what is throttled away was wanted too.
  const held = 1 / Math.max(0.4, 1 - (throttling?.value ?? 0));
  const growth = (cpu ? cpu.value / Math.max(cpu.expected, 1e-3) : 1) * held;
  const evidence = [cpu, throttling, worse].flatMap((found) => (found ? [found.sentence] : []));
  return { throttling, cpu, worse, growth, evidence };
}

/** Throttled at its CPU limit while it wants more than it used to. */
export const cpuSaturation: CauseRule = {
  class: 'CpuSaturation',
  judge(symptoms) {
    const { throttling, cpu, growth, evidence } = pressureOf(symptoms);
    // More work alone saturates nothing: that shows when the kernel holds back what was wanted.
    if (!throttling) return undefined;
    const facts = workloadFacts(symptoms);
    const replicas = Number(facts['replicas']);
    return {
      score: cpu ? 0.85 : 0.6,
      message: `${targetName(symptoms.suspect)} wants more CPU than its limit gives`,
      evidence,
      facts: { ...facts, replicasWanted: replicasWanted(replicas, growth), growth: Number(growth.toFixed(2)) },
    };
  },
};

/** A release lowered the CPU limit, and since then the kernel holds it back, however idle the node is. */
export const cpuThrottling: CauseRule = {
  class: 'CpuThrottling',
  judge(symptoms) {
    const { throttling, evidence } = pressureOf(symptoms);
    if (!throttling || !recentRelease(symptoms)?.diff.cpuLimitLowered) return undefined;
    return {
      score: 0.95,
      message: `the newest revision of ${targetName(symptoms.suspect)} has a lower CPU limit, and is throttled at it`,
      evidence,
      facts: workloadFacts(symptoms),
    };
  },
};

interface Autoscaling {
  readonly hpa: JsonObject;
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

function autoscalingOf({ suspect, state }: Symptoms): Autoscaling | undefined {
  const hpa = autoscalerOf(suspect.kind, suspect.name, state.autoscalers);
  if (!hpa) return undefined;
  return {
    hpa,
    min: number(hpa, 'spec', 'minReplicas') || 1,
    max: number(hpa, 'spec', 'maxReplicas'),
    current: number(hpa, 'status', 'desiredReplicas') || number(hpa, 'status', 'currentReplicas'),
  };
}

/** A maximum is a bound, and the autoscaler takes of it what the load needs: generous is safe, twice too small is not. */
const hpaFacts = ({ hpa, min, max }: Autoscaling) => ({
  ...{ hpa: text(hpa, 'metadata', 'name'), hpaMin: min, hpaMax: max, hpaMaxWanted: max * 3 },
});

/** A condition of the autoscaler's status (autoscaling/v2), in the state in which it says that something is wrong. */
const conditionOf = ({ hpa }: Autoscaling, type: string, status: 'True' | 'False'): JsonObject | undefined =>
  list(hpa, 'status', 'conditions').find((one) => one['type'] === type && one['status'] === status);
/** It wants more replicas than its maximum. */
const isHeldBack = (scaling: Autoscaling): boolean =>
  text(conditionOf(scaling, 'ScalingLimited', 'True'), 'reason') === 'TooManyReplicas';
const heldBackSaid = (scaling: Autoscaling): readonly string[] =>
  isHeldBack(scaling) ? ['its condition ScalingLimited says that it wants more replicas than its maximum'] : [];

/** The autoscaler may do nothing, because its bounds are one number, while its workload is short of CPU. */
export const autoscalerMisconfigured: CauseRule = {
  class: 'AutoscalerMisconfigured',
  judge(symptoms) {
    const { throttling, cpu, worse, growth, evidence } = pressureOf(symptoms);
    const scaling = autoscalingOf(symptoms);
    if (!scaling || scaling.max > scaling.min) return undefined;
    const short = throttling !== undefined || (worse !== undefined && isHeldBack(scaling));
    if (!short && !cpu) return undefined;
    const { cluster, namespace } = symptoms.suspect;
    const name = text(scaling.hpa, 'metadata', 'name');
    return {
      score: short ? 0.96 : growth >= 1.3 ? 0.9 : 0.6,
      message: `HorizontalPodAutoscaler ${name} may not scale ${targetName(symptoms.suspect)}: its minimum is its maximum (${scaling.max})`,
      evidence: [...heldBackSaid(scaling), ...evidence],
      facts: { ...workloadFacts(symptoms), ...hpaFacts(scaling) },
      target: { cluster, kind: 'HorizontalPodAutoscaler', namespace, name },
    };
  },
};

/** Pods that just started have no metrics yet; after this long the autoscaler does not get any (s). */
const blindFor = 120;

/** The autoscaler cannot read what it scales by, and leaves the replicas as they are. */
export const autoscalerBlind: CauseRule = {
  class: 'AutoscalerMisconfigured',
  judge(symptoms) {
    const { throttling, evidence } = pressureOf(symptoms);
    const scaling = autoscalingOf(symptoms);
    const inactive = scaling && conditionOf(scaling, 'ScalingActive', 'False');
    if (!throttling || !inactive || !/^(FailedGet|Invalid)/.test(text(inactive, 'reason'))) return undefined;
    if (symptoms.now - seconds(text(inactive, 'lastTransitionTime')) < blindFor) return undefined;
    const { cluster, namespace } = symptoms.suspect;
    const name = text(scaling.hpa, 'metadata', 'name');
    return {
      score: 0.94,
      message: `HorizontalPodAutoscaler ${name} cannot read the metrics that it scales ${targetName(symptoms.suspect)} by`,
      evidence: [`${text(inactive, 'reason')}: ${text(inactive, 'message').slice(0, 200)}`, ...evidence],
      facts: { ...workloadFacts(symptoms), hpa: name, blind: true },
      target: { cluster, kind: 'HorizontalPodAutoscaler', namespace, name },
    };
  },
};

/** The autoscaler has done what it may, and it is not enough. */
export const autoscalerAtMax: CauseRule = {
  class: 'AutoscalerAtMax',
  judge(symptoms) {
    const { throttling, worse, evidence } = pressureOf(symptoms);
    const scaling = autoscalingOf(symptoms);
    if (!scaling || scaling.max <= scaling.min || scaling.current < scaling.max) return undefined;
    if (!throttling && !(worse && isHeldBack(scaling))) return undefined;
    return {
      score: 0.93,
      message: `${targetName(symptoms.suspect)} is at the maximum of its autoscaler (${scaling.max}) and still short of CPU`,
      evidence: [...heldBackSaid(scaling), ...evidence],
      facts: { ...workloadFacts(symptoms), ...hpaFacts(scaling) },
    };
  },
};

const scaling = /scaled from (\d+) to (\d+)/;

/** Somebody scaled it down shortly before, and since then it, or who calls it, is not well. */
export const replicaMismatch: CauseRule = {
  class: 'ReplicaMismatch',
  judge(symptoms) {
    const { suspect, incident, around, state } = symptoms;
    const change = around.changes.findLast(
      (one) => one.kind === 'Scaling' && !one.byUs && targetKey(one.target) === targetKey(suspect),
    );
    const [, from, to] = scaling.exec(change?.message ?? '') ?? [];
    if (!change || from === undefined || to === undefined || Number(to) >= Number(from)) return undefined;
    if (change.at < incident.startedAt - changeWindow || change.at > incident.startedAt + 60) return undefined;
    const replicas = number(state.live, 'spec', 'replicas');
    const short = replicas === 0 || raised(symptoms, 'throttling', 'errors', 'latency').length > 0;
    if (replicas >= Number(from) || !short) return undefined;
    return {
      score: replicas === 0 ? 0.97 : 0.92,
      message: `${targetName(suspect)} was scaled down from ${from} to ${replicas} replicas before it began`,
      evidence: [change.message],
      facts: { ...workloadFacts(symptoms), replicasWanted: Number(from) },
    };
  },
};
