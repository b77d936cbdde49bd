import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { at, list, text, type JsonObject } from '../json.ts';
import type { KubernetesRequest, ObjectRef } from '../kubernetes.ts';
import type { ActionDefinition, Refusal, Stamp } from './action-definition.ts';
import { asks, can, isStamped, listed, Name, refuseObject, stampedPatch } from './workload.ts';

const Params = z.strictObject({ name: Name });
type Params = z.infer<typeof Params>;

export const node = (params: Params): ObjectRef => ({ kind: 'Node', namespace: '', name: params.name });
export const liveNode = (params: Params, evidence: Evidence): JsonObject | undefined =>
  objectOf(evidence, node(params));
export const allNodes = { kind: 'List', of: 'Node', namespace: '', limit: 200 } as const;
export const isCordoned = (live: JsonObject | undefined): boolean => at(live, 'spec', 'unschedulable') === true;
export const isReady = (live: JsonObject | undefined): boolean =>
  list(live, 'status', 'conditions').some((c) => c['type'] === 'Ready' && c['status'] === 'True');

/** All nodes but this one. */
export const otherNodes = (params: Params, evidence: Evidence): readonly JsonObject[] =>
  listed(evidence, allNodes).filter((other) => text(other, 'metadata', 'name') !== params.name);

/** Somewhere must be room for what may not run here any more. */
export const refuseLast = (params: Params, evidence: Evidence): Refusal | undefined =>
  otherNodes(params, evidence).some((other) => isReady(other) && !isCordoned(other))
    ? undefined
    : { reason: 'LastSchedulableNode', message: `Node ${params.name} is the last node that can take pods` };

/** Sets spec.unschedulable, guarded and stamped. */
export const cordonPatch = (
  params: Params,
  evidence: Evidence,
  stamp: Stamp,
  unschedulable: boolean,
): KubernetesRequest => stampedPatch(node(params), liveNode(params, evidence), stamp, { unschedulable }, 'merge');

/** Cordon and uncordon are one field, two values. */
function setUnschedulable(
  unschedulable: boolean,
  words: { name: string; summary: string; verb: string },
): ActionDefinition<Params> {
  return {
    name: words.name,
    schemaVersion: 1,
    summary: words.summary,
    risk: 'low',
    reversible: true,
    kinds: ['Node'],
    params: Params,
    order: ['name'],
    needs: (params) => [asks(node(params)), allNodes],
    permissions: ({ name }) => [
      can('get', 'nodes', '', '', name),
      can('list', 'nodes', '', ''),
      can('patch', 'nodes', '', '', name),
    ],
    refuse(params, evidence) {
      const live = liveNode(params, evidence);
      const refused = refuseObject(live, `Node ${params.name}`);
      if (refused) return refused;
      if (isCordoned(live) === unschedulable)
        return {
          reason: 'NothingToDo',
          message: `Node ${params.name} is ${unschedulable ? 'cordoned' : 'schedulable'} already`,
        };
      return unschedulable ? refuseLast(params, evidence) : undefined;
    },
    request: (params, evidence, stamp) => cordonPatch(params, evidence, stamp, unschedulable),
    done: (params, evidence, stamp) => isStamped(liveNode(params, evidence), stamp),
    relevant: (params, evidence) => ({
      uid: text(liveNode(params, evidence), 'metadata', 'uid'),
      unschedulable: isCordoned(liveNode(params, evidence)),
    }),
    preImage: (params, evidence) => ({ unschedulable: isCordoned(liveNode(params, evidence)) }),
    undo: (params, evidence, _preImage, stamp) =>
      isCordoned(liveNode(params, evidence)) === unschedulable
        ? cordonPatch(params, evidence, stamp, !unschedulable)
        : undefined,
    progress: (params, evidence) =>
      isCordoned(liveNode(params, evidence)) === unschedulable
        ? { state: 'Settled', message: `the node is ${unschedulable ? 'cordoned' : 'schedulable'}` }
        : { state: 'Failed', reason: 'Reverted', message: 'somebody changed spec.unschedulable back' },
    sentence: ({ name }) => `${words.verb} Node ${name}`,
  };
}

export const cordonNode = setUnschedulable(true, {
  name: 'cordon_node',
  summary: 'Mark a node unschedulable; running pods stay.',
  verb: 'Cordon',
});
export const uncordonNode = setUnschedulable(false, {
  name: 'uncordon_node',
  summary: 'Let a node take pods again.',
  verb: 'Uncordon',
});
