import { z } from 'zod';
import { text } from '../json.ts';
import type { ActionDefinition } from './action-definition.ts';
import { livePod, pod, podLeaves, PodParams, podProgress, refusePod, withUid } from './pod.ts';
import { asks, can } from './workload.ts';

const Params = PodParams.extend({
  force: z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]).optional(),
});
type Params = z.infer<typeof Params>;

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
  needs: (params) => [asks(pod(params))],
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
