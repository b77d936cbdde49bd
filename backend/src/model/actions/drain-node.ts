import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { at, list, text, type JsonObject } from '../json.ts';
import { optOutLabel, type KubernetesRequest } from '../kubernetes.ts';
import type { ActionDefinition, Progress, Refusal, Stamp } from './action-definition.ts';
import { allNodes, cordonPatch, isCordoned, isReady, liveNode, node, otherNodes, refuseLast } from './node.ts';
import { controllerOf, isMirror } from './pod.ts';
import { asks, can, isOurs, isStamped, isUndo, listed, Name, refuseObject } from './workload.ts';

const Flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);
const Params = z.strictObject({ name: Name, delete_emptydir_data: Flag.optional() });
type Params = z.infer<typeof Params>;

/** MachineHealthCheck's short circuit: when more of the other nodes are unwell than this, draining makes it worse. */
const maxUnhealthyShare = 0.4;

const podsOn = ({ name }: Params) =>
  ({ kind: 'List', of: 'Pod', namespace: '', fieldSelector: `spec.nodeName=${name}`, limit: 200 }) as const;
const podName = (pod: JsonObject): string => `${text(pod, 'metadata', 'namespace')}/${text(pod, 'metadata', 'name')}`;
const isFinished = (pod: JsonObject): boolean => ['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase'));
const isTerminating = (pod: JsonObject): boolean => text(pod, 'metadata', 'deletionTimestamp') !== '';

/** As kubectl drain: static pods and those of DaemonSets stay; what has finished holds nothing. In a stable order. */
const leaving = (params: Params, evidence: Evidence): readonly JsonObject[] =>
  listed(evidence, podsOn(params))
    .filter((pod) => !isMirror(pod) && controllerOf(pod)?.['kind'] !== 'DaemonSet' && !isFinished(pod))
    .toSorted((a, b) => (podName(a) < podName(b) ? -1 : 1));
const toEvict = (params: Params, evidence: Evidence): readonly JsonObject[] =>
  leaving(params, evidence).filter((pod) => !isTerminating(pod));

const evict = (pod: JsonObject): KubernetesRequest => ({
  verb: 'evict',
  ref: { kind: 'Pod', namespace: text(pod, 'metadata', 'namespace'), name: text(pod, 'metadata', 'name') },
  preconditions: { uid: text(pod, 'metadata', 'uid') },
});

/** What kubectl drain refuses without a flag, and pods whose owner opted out. */
function refusePods(params: Params, evidence: Evidence): Refusal | undefined {
  const pods = toEvict(params, evidence);
  const bare = pods.find((pod) => !controllerOf(pod));
  if (bare) return { reason: 'BarePod', message: `Pod ${podName(bare)} has no controller that would replace it` };
  const out = pods.find((pod) => text(pod, 'metadata', 'labels', optOutLabel) === 'disabled');
  if (out) return { reason: 'OptedOut', message: `Pod ${podName(out)} carries the label ${optOutLabel}=disabled` };
  const local = pods.find((pod) => list(pod, 'spec', 'volumes').some((volume) => volume['emptyDir'] !== undefined));
  if (local && !params.delete_emptydir_data)
    return {
      reason: 'LocalStorage',
      message: `Pod ${podName(local)} has an emptyDir, which is lost; say delete_emptydir_data=true if it may be`,
    };
  return undefined;
}

function refuseNodes(params: Params, evidence: Evidence): Refusal | undefined {
  const others = otherNodes(params, evidence);
  const unwell = others.filter((other) => !isReady(other) || isCordoned(other)).length;
  if (unwell > others.length * maxUnhealthyShare)
    return {
      reason: 'TooManyNodesUnhealthy',
      message: `${unwell} of the ${others.length} other nodes take no pods; draining one more would not help`,
    };
  return undefined;
}

/** Cordon first, so that nothing comes back; then each pod, as far as the budgets let it go. */
function writes(params: Params, evidence: Evidence, stamp: Stamp): readonly KubernetesRequest[] {
  const cordon = isCordoned(liveNode(params, evidence)) ? [] : [cordonPatch(params, evidence, stamp, true)];
  return [...cordon, ...toEvict(params, evidence).map(evict)];
}

/** Somebody made our node schedulable again: a person's word against ours, and theirs counts. */
const isTakenBack = (params: Params, evidence: Evidence, stamp: Stamp): boolean => {
  const live = liveNode(params, evidence);
  return !isCordoned(live) && isStamped(live, stamp);
};

function progressOf(params: Params, evidence: Evidence): Progress {
  const live = liveNode(params, evidence);
  if (!live) return { state: 'Failed', reason: 'TargetNotFound', message: `Node ${params.name} is gone` };
  if (!isCordoned(live))
    return { state: 'Failed', reason: 'Reverted', message: 'somebody made the node schedulable again' };
  const [left, pods] = [toEvict(params, evidence).length, leaving(params, evidence).length];
  if (left > 0) return { state: 'Progressing', message: `${left} pods are still to be evicted` };
  if (pods > 0 && isReady(live)) return { state: 'Progressing', message: `${pods} pods are still terminating` };
  if (pods > 0)
    return { state: 'Settled', message: `${pods} pods are evicted; the node does not answer, so they cannot finish` };
  return { state: 'Settled', message: 'nothing that can move is left on the node' };
}

/** As kubectl drain: cordons, then evicts pod by pod; PodDisruptionBudgets are waited for. The way back uncordons. */
export const drainNode: ActionDefinition<Params> = {
  name: 'drain_node',
  schemaVersion: 1,
  summary: 'Cordon a node and evict its pods one by one; PodDisruptionBudgets are respected, DaemonSet pods stay.',
  risk: 'high',
  reversible: true,
  kinds: ['Node'],
  params: Params,
  order: ['name', 'delete_emptydir_data'],
  timeoutSeconds: 1200,
  needs: (params) => [asks(node(params)), allNodes, podsOn(params)],
  permissions: ({ name }) => [
    can('get', 'nodes', '', '', name),
    can('list', 'nodes', '', ''),
    can('patch', 'nodes', '', '', name),
    can('list', 'pods', '', ''),
    { ...can('create', 'pods', '', ''), subresource: 'eviction' },
  ],
  refuse(params, evidence) {
    const live = liveNode(params, evidence);
    const refused = refuseObject(live, `Node ${params.name}`) ?? refuseLast(params, evidence);
    if (refused) return refused;
    if (isCordoned(live) && toEvict(params, evidence).length === 0)
      return { reason: 'NothingToDo', message: `Node ${params.name} is cordoned and has nothing that can move` };
    return refuseNodes(params, evidence) ?? refusePods(params, evidence);
  },
  request: (params, evidence, stamp) => writes(params, evidence, stamp)[0],
  writes,
  done(params, evidence, stamp) {
    if (isUndo(stamp)) return isStamped(liveNode(params, evidence), stamp);
    if (!isCordoned(liveNode(params, evidence))) return isTakenBack(params, evidence, stamp);
    return toEvict(params, evidence).length === 0;
  },
  relevant: (params, evidence) => ({ uid: text(liveNode(params, evidence), 'metadata', 'uid') }),
  preImage: (params, evidence) => ({ unschedulable: isCordoned(liveNode(params, evidence)) }),
  undo(params, evidence, preImage, stamp) {
    const live = liveNode(params, evidence);
    if (at(preImage, 'unschedulable') === true || !isCordoned(live) || !isOurs(live, stamp)) return undefined;
    return cordonPatch(params, evidence, stamp, false);
  },
  progress: (params, evidence) => progressOf(params, evidence),
  sentence: ({ name, delete_emptydir_data }) =>
    `Drain Node ${name}${delete_emptydir_data ? ', giving up what its pods keep in emptyDir volumes' : ''}`,
};
