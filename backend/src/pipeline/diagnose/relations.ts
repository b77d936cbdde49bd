import {
  knownSequences,
  targetKey,
  type Cause,
  type Incident,
  type Intervention,
  type Target,
} from '../../model/index.ts';
import type { CallGraph, Objects } from './call-graph.ts';
import { travelling } from './symptoms.ts';

/** What must be known of the cluster to tell whether two targets' troubles are one. */
export interface Neighbourhood {
  readonly objects: Objects;
  readonly graph: CallGraph;
  /** All targets whose anomalies an incident holds. */
  readonly targetsOf: (incident: Incident) => readonly Target[];
}

const sequences = knownSequences.map(({ name }) => name);
/** Signals that a neighbour's trouble brings about; whoever has others has trouble of its own. */
const soft: ReadonlySet<string> = new Set([
  ...travelling,
  ...['cpu', 'throttling', 'memory', 'network', 'hpa', 'forecast', 'events', 'dns'],
  ...['workload_distance', 'workload_trees', 'workload_forest', 'Unhealthy'],
  // They say no more than the events that they consist of, which are signals as well.
  ...sequences,
]);
/** What else happens to a workload whose node is not well, or that finds no place. */
const displaced: ReadonlySet<string> = new Set([
  ...soft,
  ...['replicas', 'jobs', 'drain', 'scheduler', 'node_pressure', 'node_cpu', 'node_memory', 'node_disk'],
  ...['disk_writes'],
  ...['Evicted', 'FailedScheduling', 'NodeNotReady', 'FailedCreatePodSandBox', 'FailedKillPod', 'FailedMount'],
]);
const filling: ReadonlySet<string> = new Set(['queue', 'queue_lag', 'connections']);
/** Classes whose trouble reaches everybody, whatever the call graph says. */
const everywhere: ReadonlySet<string> = new Set(['DnsFailure', 'EtcdSlow', 'ApiServerSlow']);

const wordOf = (signal: string): string => signal.replace(/^\w+:/, '');
const all = (signals: readonly string[], of: ReadonlySet<string>): boolean =>
  signals.every((signal) => of.has(wordOf(signal)));
/** Beyond a limit of its own is who is short of something itself: an autoscaler's maximum, say. */
const isOwnLimit = (signal: string): boolean => signal.startsWith('limit:') && !travelling.has(wordOf(signal));
const travels = (signals: readonly string[]): boolean =>
  signals.some((signal) => travelling.has(wordOf(signal))) && all(signals, soft) && !signals.some(isOwnLimit);

/**
 * How long what moves or restarts may trouble those who call it, before the trouble is more than that (s): a minute or two
 * for the restart itself, and the five minutes that a rate looks back.
 */
const transient = 420;
const moving: ReadonlySet<string> = new Set(['Rollout', 'Restart']);

/** Is the trouble of a kind that travels, while something that the target depends on is just being changed or moved? */
export function isUnderChange(
  target: Target,
  signals: readonly string[],
  near: Neighbourhood,
  changes: readonly Pick<Intervention, 'at' | 'kind' | 'target'>[],
  now: number,
): boolean {
  if (!travels(signals)) return false;
  // A queue fills while those who take from it are away.
  const consumers = signals.some((signal) => filling.has(wordOf(signal))) ? near.graph.callers(target) : [];
  const upstream = new Set([...near.graph.upstream(target), ...consumers].map(targetKey));
  return changes.some(
    (change) =>
      now - change.at < transient &&
      (change.kind === 'NodeCordon' || (moving.has(change.kind) && upstream.has(targetKey(change.target)))),
  );
}

const sure = 0.5;
const best = ({ causes }: Incident): Cause | undefined =>
  causes[0] && causes[0].score >= sure ? causes[0] : undefined;
/** Busier and a little slower, without failing: what more or less work elsewhere brings about. */
const mild: ReadonlySet<string> = new Set([
  ...['latency', 'cpu', 'memory', 'queue', 'queue_lag', 'hpa', 'events'],
  ...['workload_distance', 'workload_trees', 'workload_forest'],
]);
const isMild = (signals: readonly string[]): boolean =>
  all(signals, mild) && signals.every((signal) => !signal.startsWith('limit:'));

/** The objects that an incident is about: its target, and what is blamed. */
export function subjectsOf(incident: Incident): readonly Target[] {
  const cause = best(incident);
  if (!cause) return [incident.target];
  // An autoscaler, a claim or a pod is blamed: its workload is named in the facts.
  const { kind, ns, name } = cause.facts;
  const workload = typeof name === 'string' && typeof kind === 'string' && typeof ns === 'string';
  return [
    ...[incident.target, cause.target],
    ...(workload ? [{ cluster: incident.cluster, kind, namespace: ns, name }] : []),
  ];
}

const runsOn = ({ objects }: Neighbourhood, target: Target, node: Target): boolean =>
  target.kind !== 'Node' && objects.podsOf(target).some((pod) => pod.node === node.name);

/** Who calls what is not well is not well either; what it calls may be why, or gets more work than before. */
function alongCalls(incident: Incident, target: Target, signals: readonly string[], near: Neighbourhood): boolean {
  const { graph } = near;
  const keys = (targets: readonly Target[]) => new Set(targets.map(targetKey));
  // A queue that fills does so because of those who use it, and of what those depend on.
  const placed = all(signals, filling) ? [target, ...graph.callers(target)] : [target];
  const linked = keys(placed.flatMap((one) => [...graph.upstream(one), ...graph.downstream(one)]));
  // Mild trouble is a part of whatever goes on among those that it is linked to; worse trouble only of what is blamed.
  const subjects = isMild(signals) ? [...subjectsOf(incident), ...near.targetsOf(incident)] : subjectsOf(incident);
  if ((travels(signals) || isMild(signals)) && subjects.some((one) => linked.has(targetKey(one)))) return true;
  return travels(incident.signals) && keys(graph.upstream(incident.target)).has(targetKey(target));
}

/** A node and what runs on it; two nodes that suffer from the same workload. */
function onOneNode(incident: Incident, target: Target, signals: readonly string[], near: Neighbourhood): boolean {
  const subjects = subjectsOf(incident);
  if (target.kind === 'Node')
    return all(incident.signals, displaced) && subjects.some((one) => runsOn(near, one, target));
  return all(signals, displaced) && subjects.some((one) => one.kind === 'Node' && runsOn(near, target, one));
}

/** Parts of the control plane, and what everybody needs of it. */
function throughTheCluster(incident: Incident, target: Target, signals: readonly string[]): boolean {
  const cause = best(incident);
  if (cause && everywhere.has(cause.class) && all(signals, soft)) return true;
  if (signals.some((signal) => wordOf(signal) === 'dns') && travels(incident.signals)) return true;
  const pending = (of: readonly string[]): boolean =>
    of.some((signal) => ['replicas', 'FailedScheduling'].includes(wordOf(signal)));
  // Nodes that are closed to one are closed to others.
  const isClosed = cause?.class === 'Unschedulable' && cause.target.kind === 'Node';
  if (isClosed && pending(signals) && all(signals, displaced)) return true;
  // What has moved off the node since still shows what was lost there.
  const isLossy = cause?.class === 'PacketLoss';
  if (isLossy && signals.some((signal) => wordOf(signal) === 'network') && all(signals, displaced)) return true;
  const isScheduler = (one: Target): boolean => one.kind === 'Component' && one.name === 'kube-scheduler';
  if (isScheduler(target) && pending(incident.signals)) return true;
  if (subjectsOf(incident).some(isScheduler) && pending(signals) && all(signals, displaced)) return true;
  return target.kind === 'Component' && incident.target.kind === 'Component';
}

/** The same quota stands in the way of several workloads, the same certificate in that of all who call into a namespace. */
function inNamespace(
  incident: Incident,
  target: Target,
  signals: readonly string[],
  { graph }: Neighbourhood,
): boolean {
  const cause = best(incident);
  if (!cause) return false;
  if (cause.class === 'QuotaExceeded')
    return target.namespace === cause.target.namespace && signals.some((signal) => wordOf(signal) === 'FailedCreate');
  if (!['CertificateExpired', 'NetworkPolicy'].includes(cause.class) || !travels(signals)) return false;
  return [target, ...graph.upstream(target)].some((one) => one.namespace === cause.target.namespace);
}

/**
 * The open incident that new trouble of `target` is a part of, the oldest first: one fault shows in many places, and people
 * want to hear of it once. Undefined when the trouble is one of its own.
 */
export function relatedIncident(
  target: Target,
  signals: readonly string[],
  open: readonly Incident[],
  near: Neighbourhood,
): Incident | undefined {
  return [...open]
    .sort((a, b) => a.openedAt - b.openedAt)
    .find(
      (incident) =>
        alongCalls(incident, target, signals, near) ||
        onOneNode(incident, target, signals, near) ||
        throughTheCluster(incident, target, signals) ||
        inNamespace(incident, target, signals, near),
    );
}

/** The open incident, older than this one, that blames the same object for the same: this one adds nothing. */
export function sameCause(
  incident: Incident,
  causes: readonly Cause[],
  open: readonly Incident[],
): Incident | undefined {
  const [cause] = causes;
  if (!cause || cause.class === 'Unknown') return undefined;
  const isOlder = (other: Incident): boolean =>
    other.openedAt < incident.openedAt || (other.openedAt === incident.openedAt && other.id < incident.id);
  return open.find((other) => {
    const [first] = other.causes;
    if (other.id === incident.id || other.phase === 'Suppressed' || !first || !isOlder(other)) return false;
    return first.class === cause.class && targetKey(first.target) === targetKey(cause.target);
  });
}
