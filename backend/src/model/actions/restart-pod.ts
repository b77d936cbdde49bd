import { text } from '../json.ts';
import type { ActionDefinition } from './action-definition.ts';
import { livePod, pod, podLeaves, PodParams, podProgress, refusePod, withUid } from './pod.ts';
import { asks, can } from './workload.ts';

/** Evicts, never deletes: the API server refuses when a PodDisruptionBudget would be broken. */
export const restartPod: ActionDefinition<PodParams> = {
  name: 'restart_pod',
  schemaVersion: 1,
  summary: 'Evict a pod so that its controller replaces it; PodDisruptionBudgets are respected.',
  risk: 'low',
  reversible: false,
  kinds: ['Pod', 'Deployment', 'StatefulSet', 'ReplicaSet'],
  params: PodParams,
  order: ['name', 'ns', 'uid'],
  needs: (params) => [asks(pod(params))],
  pin: withUid,
  permissions: ({ ns, name }) => [
    can('get', 'pods', '', ns, name),
    { ...can('create', 'pods', '', ns), subresource: 'eviction' },
  ],
  refuse: refusePod,
  request(params, evidence) {
    const uid = params.uid ?? text(livePod(params, evidence), 'metadata', 'uid');
    return { verb: 'evict', ref: pod(params), preconditions: { uid } };
  },
  done: (params, evidence) => podLeaves(livePod(params, evidence), params.uid ?? ''),
  relevant: (params, evidence) => ({ uid: text(livePod(params, evidence), 'metadata', 'uid') }),
  preImage: (params, evidence) => ({ uid: text(livePod(params, evidence), 'metadata', 'uid') }),
  undo: () => undefined,
  progress: (params, evidence) => podProgress(livePod(params, evidence), params.uid ?? ''),
  sentence: ({ name, ns }) => `Evict Pod ${ns}/${name} so that it is replaced`,
};
