import {
  answerTo,
  isNodeReady,
  pressuresOf,
  stateOf,
  stateQueries,
  targetKey,
  targetName,
  type Cause,
  type Evidence,
  type Query,
  type Target,
} from '../../model/index.ts';
import { jobPileUp, queueBacklog } from './causes/backlog.ts';
import { apiServerSlow, etcdSlow } from './causes/control-plane.ts';
import {
  autoscalerAtMax,
  autoscalerBlind,
  autoscalerMisconfigured,
  cpuSaturation,
  cpuThrottling,
  replicaMismatch,
} from './causes/cpu-saturation.ts';
import { databasePrimaryFailed, slowDependency } from './causes/dependency.ts';
import {
  badCommit,
  badRollout,
  crashLoop,
  failingProbe,
  imagePull,
  unreadyRollout,
} from './causes/failing-containers.ts';
import { dnsFailure, networkPolicy } from './causes/network.ts';
import {
  cniFailure,
  disruptionBlocked,
  logFloodOnNode,
  networkPartition,
  nodeNotReady,
  nodePressure,
  noisyNeighbour,
  packetLoss,
} from './causes/node.ts';
import { outOfMemory } from './causes/out-of-memory.ts';
import { quotaExceeded, schedulerStuck, unschedulable } from './causes/placement.ts';
import { certificateExpired, staleSecret } from './causes/secrets.ts';
import { leaderFlapping, logFlood, poolLeaks, poolResized, slowRelease } from './causes/slow-release.ts';
import { quorumLost, stuckPod, stuckTerminating } from './causes/stuck-pod.ts';
import { volumeFull } from './causes/volume.ts';
import { supported } from './supporting.ts';
import { suspicions } from './suspicion.ts';
import { travelling, type CauseRule, type Noticed, type Symptoms } from './symptoms.ts';

const rules: readonly CauseRule[] = [
  // Nodes, and workloads that are not well because of one.
  ...[nodeNotReady, networkPartition, nodePressure, packetLoss, noisyNeighbour, logFloodOnNode],
  ...[disruptionBlocked, cniFailure],
  // The control plane and what everybody needs.
  ...[etcdSlow, apiServerSlow, dnsFailure, networkPolicy, certificateExpired],
  // Releases.
  ...[
    badCommit,
    imagePull,
    badRollout,
    failingProbe,
    unreadyRollout,
    poolResized,
    poolLeaks,
    leaderFlapping,
    logFlood,
    slowRelease,
  ],
  // Resources, places, pods.
  ...[outOfMemory, quotaExceeded, schedulerStuck, unschedulable, volumeFull],
  ...[cpuThrottling, autoscalerMisconfigured, autoscalerBlind, autoscalerAtMax, replicaMismatch, cpuSaturation],
  ...[quorumLost, stuckTerminating, stuckPod, crashLoop],
  // What others do to it.
  ...[queueBacklog, jobPileUp, staleSecret, databasePrimaryFailed, slowDependency],
];

export type Diagnosis =
  { readonly wants: readonly Query[] } | { readonly wants?: undefined; readonly causes: readonly Cause[] };

export type Given = Omit<Symptoms, 'state' | 'suspect'>;

/** How many of those that a target depends on are looked at; each costs a few reads. */
const maxSuspects = 12;
/** Metric types of what everybody depends on, whatever the call graph says. */
const shared: ReadonlySet<string> = new Set(['dns', 'etcd', 'apiserver']);

/** Who may be the cause: the target itself; when its trouble is of a kind that travels, whatever it depends on. */
export function suspectsOf({ incident, around }: Pick<Given, 'incident' | 'around'>): readonly Target[] {
  const { target, signals } = incident;
  const found = new Map([[targetKey(target), target]]);
  const add = (one: Target): void => void found.set(targetKey(one), one);
  const called = signals.some((signal) => travelling.has(signal.replace(/^(metric|limit):/, '')))
    ? around.graph.upstream(target).slice(0, maxSuspects)
    : [];
  for (const one of called) add(one);
  // What fills up is filled, or not emptied, by those who use it.
  if (['connections', 'queue', 'queue_lag'].some((type) => signals.includes(`metric:${type}`)))
    for (const one of around.graph.callers(target)) add(one);
  // What is called and strange may be so because of its node.
  for (const one of [target, ...called.filter((other) => around.surprises.has(targetKey(other)))])
    for (const node of sickNodesOf(one, around)) add(node);
  for (const anomaly of around.anomalies) if (shared.has(anomaly.metricType)) add(anomaly.target);
  for (const anomaly of around.anomalies) if (anomaly.incidentId === incident.id) add(anomaly.target);
  return [...found.values()].slice(0, maxSuspects + 4);
}

/** Nodes that run pods of the target and say that they are not well. */
function sickNodesOf(target: Target, { objects }: Given['around']): readonly Target[] {
  if (target.kind === 'Node') return [];
  const names = new Set(objects.podsOf(target).map((pod) => pod.node));
  return [...names].filter(Boolean).flatMap((name): Target[] => {
    const node: Target = { cluster: objects.cluster, kind: 'Node', namespace: '', name };
    const live = objects.object(node);
    return live && (!isNodeReady(live) || pressuresOf(live).length > 0) ? [node] : [];
  });
}

/** The same incident as it looks from one suspect. */
function viewOf(given: Given, suspect: Target): Noticed {
  const key = targetKey(suspect);
  const own = new Map(
    [...given.anomalies, ...given.around.anomalies]
      .filter((anomaly) => anomaly.targetKey === key)
      .map((anomaly) => [anomaly.id, anomaly]),
  );
  const events = [...given.events, ...given.around.events].filter((event) => event.targetKey === key);
  const byId = new Map(events.map((event) => [event.id, event]));
  return { ...given, suspect, anomalies: [...own.values()], events: [...byId.values()] };
}

const wantsOf = (noticed: Noticed): readonly Query[] => [
  ...stateQueries(noticed.suspect),
  ...rules.flatMap((rule) => rule.needs?.(noticed) ?? []),
];

const unanswered = (queries: readonly Query[], evidence: Evidence): readonly Query[] => [
  ...new Map(
    queries.filter((query) => !answerTo(evidence, query)).map((query) => [JSON.stringify(query), query]),
  ).values(),
];

/** Who of the suspects is strange, where the trouble most likely began first. */
function mostSuspected(given: Given): readonly Target[] {
  const { surprises, graph } = given.around;
  const strange = new Map(suspectsOf(given).map((one) => [targetKey(one), one] as const));
  for (const key of [...strange.keys()]) if (!surprises.get(key)) strange.delete(key);
  const weights = new Map([...strange.keys()].map((key) => [key, surprises.get(key) ?? 0]));
  const callees = (key: string): readonly string[] => {
    const target = strange.get(key);
    return target ? graph.callees(target).map(targetKey) : [];
  };
  return suspicions(weights, callees).flatMap(({ key }) => strange.get(key) ?? []);
}

/** No class of cause fits; where to look is said all the same when the trouble seems to have begun elsewhere. */
function unknown(given: Given): Cause {
  const { incident, anomalies } = given;
  const [origin] = mostSuspected(given);
  const elsewhere = origin && targetKey(origin) !== targetKey(incident.target);
  return {
    class: 'Unknown',
    target: incident.target,
    score: 0.1,
    message: [
      `no known cause fits what was seen on ${targetName(incident.target)}`,
      ...(elsewhere ? [`it seems to have begun with ${targetName(origin)}`] : []),
    ].join('; '),
    evidence: anomalies.slice(0, 4).map((anomaly) => anomaly.sentence),
    facts: { kind: incident.target.kind, name: incident.target.name, ns: incident.target.namespace },
  };
}

function causesIn(symptoms: Symptoms): readonly Cause[] {
  return rules.flatMap((rule): Cause[] => {
    const found = rule.judge(symptoms);
    if (!found) return [];
    const { score, message, evidence, facts, target = symptoms.suspect } = supported(found, rule.class, symptoms);
    return [{ class: rule.class, target, score, message, evidence: [...evidence], facts }];
  });
}

/** Two suspects may point at the same culprit: it is listed once, with the better score. */
function distinct(causes: readonly Cause[]): readonly Cause[] {
  const best = new Map<string, Cause>();
  for (const cause of causes) {
    const key = `${cause.class}|${targetKey(cause.target)}`;
    const known = best.get(key);
    if (!known || known.score < cause.score) best.set(key, cause);
  }
  return [...best.values()];
}

/**
 * Ranks what may have caused an incident, best first, with what speaks for it; asks for the state of the suspects when it
 * is not among the evidence yet. Deterministic: the same incident and evidence give the same ranking.
 */
export function diagnose(given: Given): Diagnosis {
  const views = suspectsOf(given).map((suspect) => viewOf(given, suspect));
  const wants = unanswered(views.flatMap(wantsOf), given.evidence);
  if (wants.length > 0) return { wants };
  const causes = views.flatMap((view) =>
    causesIn({ ...view, evidence: given.evidence, state: stateOf(view.suspect, given.evidence) }),
  );
  return { causes: [...distinct(causes)].sort((a, b) => b.score - a.score).concat(unknown(given)) };
}
