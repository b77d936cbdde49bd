import { z } from 'zod';
import { answerTo, type Evidence } from '../evidence.ts';
import { list, text, type JsonObject } from '../json.ts';
import { isNodeReady } from '../pods.ts';
import type { ActionDefinition } from './action-definition.ts';
import { livePod, pod, podLeaves, PodParams, podProgress, refusePod, withUid } from './pod.ts';
import { asks, can } from './workload.ts';

const Params = PodParams.extend({
  force: z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]).optional(),
});
type Params = z.infer<typeof Params>;

const claimsOf = (live: JsonObject | undefined): readonly string[] =>
  list(live, 'spec', 'volumes')
    .map((volume) => text(volume, 'persistentVolumeClaim', 'claimName'))
    .filter((claim) => claim !== '');

/** The question about a pod's node; none while it has no node, or is not known yet. */
function nodeOf(live: JsonObject | undefined) {
  const name = text(live, 'spec', 'nodeName');
  return name ? asks({ kind: 'Node', namespace: '', name }) : undefined;
}

/** Set by a person who knows that the machine is off (kubernetes.io/docs/concepts/cluster-administration/node-shutdown). */
const outOfService = 'node.kubernetes.io/out-of-service';
/** Does the pod's node say that it runs, or is it known not to: gone, or declared out of service? Else nobody can tell. */
function isNodeCertain(live: JsonObject | undefined, evidence: Evidence): boolean {
  const query = nodeOf(live);
  const answer = query && answerTo(evidence, query);
  if (!answer || answer.error !== undefined) return false;
  const [node] = answer.objects;
  return !node || isNodeReady(node) || list(node, 'spec', 'taints').some((taint) => taint['key'] === outOfService);
}

/** Deletes one pod, by uid. `force` (grace period 0) is for a pod that is stuck terminating, and only for that. */
export const deletePod: ActionDefinition<Params> = {
  name: 'delete_pod',
  schemaVersion: 1,
  summary: 'Delete a pod by uid; force only when it is stuck terminating.',
  risk: 'medium',
  reversible: false,
  kinds: ['Pod', 'Deployment', 'StatefulSet', 'ReplicaSet'],
  params: Params,
  order: ['name', 'ns', 'uid', 'force'],
  needs(params, evidence = []) {
    const node = params.force ? nodeOf(livePod(params, evidence)) : undefined;
    return [asks(pod(params)), ...(node ? [node] : [])];
  },
  pin: withUid,
  permissions: ({ ns, name }) => [can('get', 'pods', '', ns, name), can('delete', 'pods', '', ns, name)],
  refuse(params, evidence) {
    const refused = refusePod(params, evidence);
    if (refused) return refused;
    const terminating = text(livePod(params, evidence), 'metadata', 'deletionTimestamp') !== '';
    if (params.force && !terminating)
      return {
        reason: 'ForceNotNeeded',
        message: `Pod ${params.ns}/${params.name} is not terminating; delete it without force`,
      };
    if (!params.force && terminating)
      return { reason: 'TargetTerminating', message: `Pod ${params.ns}/${params.name} is being deleted already` };
    return undefined;
  },
  /** With force the API server forgets the pod and a second one starts, while the first may still run and write. */
  personDecides(params, evidence) {
    const live = livePod(params, evidence);
    const claims = claimsOf(live);
    if (!params.force || claims.length === 0 || isNodeCertain(live, evidence)) return undefined;
    const node = text(live, 'spec', 'nodeName');
    return {
      reason: 'DataAtRisk',
      message: `Pod ${params.ns}/${params.name} holds volume ${claims.join(', ')} and may still run on node ${node}, which does not answer: two that write to one volume destroy it. Approve only when the machine is known to be off`,
    };
  },
  request(params, evidence) {
    const uid = params.uid ?? text(livePod(params, evidence), 'metadata', 'uid');
    return { verb: 'delete', ref: pod(params), preconditions: { uid }, ...(params.force && { gracePeriodSeconds: 0 }) };
  },
  done(params, evidence) {
    const live = livePod(params, evidence);
    if (!params.force) return podLeaves(live, params.uid ?? '');
    return !live || text(live, 'metadata', 'uid') !== (params.uid ?? '');
  },
  relevant: (params, evidence) => ({ uid: text(livePod(params, evidence), 'metadata', 'uid') }),
  preImage: (params, evidence) => ({ uid: text(livePod(params, evidence), 'metadata', 'uid') }),
  undo: () => undefined,
  progress: (params, evidence) => podProgress(livePod(params, evidence), params.uid ?? ''),
  sentence: ({ name, ns, force }) => `Delete Pod ${ns}/${name}${force ? ' with grace period 0' : ''}`,
};
