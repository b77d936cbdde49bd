import { revisionsOf } from './actions/workload.ts';
import { answerTo, objectOf, type Evidence, type Query } from './evidence.ts';
import { list, number, object, text, type JsonObject } from './json.ts';
import type { ObjectRef } from './kubernetes.ts';
import type { Target } from './target.ts';

/** RFC 3339 → Unix seconds; NaN for an empty text. */
export const seconds = (rfc3339: string): number => Date.parse(rfc3339) / 1000;

/** What a pod's status says, brought down to what a diagnosis or a verification asks. Times are Unix seconds. */
export interface PodView {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly node: string;
  /** uid of the controller, e.g. of the ReplicaSet. */
  readonly owner: string;
  readonly createdAt: number;
  readonly ready: boolean;
  readonly readySince: number;
  readonly phase: string;
  readonly deletedAt: number | undefined;
  readonly scheduled: boolean;
  readonly unschedulable: string;
  readonly restarts: number;
  readonly containers: readonly ContainerView[];
  readonly object: JsonObject;
}
export interface ContainerView {
  readonly name: string;
  /** Why it waits: CrashLoopBackOff, ImagePullBackOff, …; empty when it does not. */
  readonly waiting: string;
  readonly message: string;
  readonly restarts: number;
  /** The last time it ended, why, and with which code. */
  readonly ended: { readonly reason: string; readonly exitCode: number; readonly at: number } | undefined;
}

function endOf(status: JsonObject): ContainerView['ended'] {
  for (const state of ['state', 'lastState'] as const) {
    const ended = object(status, state, 'terminated');
    if (ended['reason'] === undefined && ended['exitCode'] === undefined) continue;
    return {
      reason: text(ended, 'reason'),
      exitCode: number(ended, 'exitCode'),
      at: seconds(text(ended, 'finishedAt')),
    };
  }
  return undefined;
}

const containerView = (status: JsonObject): ContainerView => ({
  name: text(status, 'name'),
  waiting: text(status, 'state', 'waiting', 'reason'),
  message: text(status, 'state', 'waiting', 'message'),
  restarts: number(status, 'restartCount'),
  ended: endOf(status),
});

export function podView(pod: JsonObject): PodView {
  const condition = (type: string) => list(pod, 'status', 'conditions').find((c) => c['type'] === type);
  const containers = [...list(pod, 'status', 'initContainerStatuses'), ...list(pod, 'status', 'containerStatuses')].map(
    containerView,
  );
  const ready = condition('Ready');
  const deletion = text(pod, 'metadata', 'deletionTimestamp');
  const owner = list(pod, 'metadata', 'ownerReferences').find((reference) => reference['controller'] === true);
  return {
    name: text(pod, 'metadata', 'name'),
    namespace: text(pod, 'metadata', 'namespace'),
    uid: text(pod, 'metadata', 'uid'),
    node: text(pod, 'spec', 'nodeName'),
    owner: text(owner, 'uid'),
    createdAt: seconds(text(pod, 'metadata', 'creationTimestamp')),
    ready: ready?.['status'] === 'True',
    readySince: seconds(text(ready, 'lastTransitionTime')),
    phase: text(pod, 'status', 'phase'),
    deletedAt: deletion ? seconds(deletion) : undefined,
    scheduled: text(pod, 'spec', 'nodeName') !== '',
    unschedulable: condition('PodScheduled')?.['status'] === 'False' ? text(condition('PodScheduled'), 'message') : '',
    restarts: containers.reduce((sum, container) => sum + container.restarts, 0),
    containers,
    object: pod,
  };
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'] as const;
type Workload = (typeof workloads)[number];
export const isWorkload = (target: Pick<Target, 'kind'>): target is Target & { kind: Workload } =>
  (workloads as readonly string[]).includes(target.kind);

const refOf = (target: Target): ObjectRef => ({
  kind: target.kind as ObjectRef['kind'],
  namespace: target.namespace,
  name: target.name,
});

const inNamespace = (of: 'ReplicaSet' | 'HorizontalPodAutoscaler' | 'Pod', namespace: string): Query => ({
  kind: 'List',
  of,
  namespace,
  limit: 200,
});
const onNode = (name: string): Query => ({
  kind: 'List',
  of: 'Pod',
  namespace: '',
  fieldSelector: `spec.nodeName=${name}`,
  limit: 200,
});
const nodes: Query = { kind: 'List', of: 'Node', namespace: '', limit: 200 };

/** What must be read before anything can be said about a target's state. */
export function stateQueries(target: Target): readonly Query[] {
  if (target.kind === 'Node') return [{ kind: 'Object', ref: refOf(target) }, onNode(target.name), nodes];
  if (!isWorkload(target)) return [];
  return [
    { kind: 'Object', ref: refOf(target) },
    ...(target.kind === 'Deployment' ? [inNamespace('ReplicaSet', target.namespace)] : []),
    inNamespace('Pod', target.namespace),
    ...(target.kind === 'DaemonSet' ? [] : [inNamespace('HorizontalPodAutoscaler', target.namespace)]),
    nodes,
  ];
}

/** A target's state as read: the object, its revisions (newest first), its pods, all nodes and autoscalers. */
export interface TargetState {
  readonly live: JsonObject | undefined;
  readonly revisions: readonly JsonObject[];
  readonly pods: readonly PodView[];
  readonly nodes: readonly JsonObject[];
  readonly autoscalers: readonly JsonObject[];
}

export function stateOf(target: Target, evidence: Evidence): TargetState {
  const listed = (query: Query) => answerTo(evidence, query)?.objects ?? [];
  const live = isWorkload(target) || target.kind === 'Node' ? objectOf(evidence, refOf(target)) : undefined;
  const revisions =
    target.kind === 'Deployment' ? revisionsOf(live, listed(inNamespace('ReplicaSet', target.namespace))) : [];
  const owners = new Set([live, ...revisions].map((owner) => text(owner, 'metadata', 'uid')).filter(Boolean));
  const pods = listed(target.kind === 'Node' ? onNode(target.name) : inNamespace('Pod', target.namespace)).map(podView);
  return {
    live,
    revisions,
    pods: target.kind === 'Node' ? pods : pods.filter((pod) => owners.has(pod.owner)),
    nodes: listed(nodes),
    autoscalers: listed(inNamespace('HorizontalPodAutoscaler', target.namespace)),
  };
}

export const isNodeReady = (node: JsonObject): boolean =>
  list(node, 'status', 'conditions').some((c) => c['type'] === 'Ready' && c['status'] === 'True');
/** Pressure conditions that a node reports as true. */
export const pressuresOf = (node: JsonObject | undefined): readonly string[] =>
  list(node, 'status', 'conditions')
    .filter((c) => c['type'] !== 'Ready' && c['status'] === 'True')
    .map((c) => text(c, 'type'));
