import { z } from 'zod';
import { number, text } from '../json.ts';
import type { ActionDefinition } from './action-definition.ts';
import {
  asks,
  autoscalerOf,
  can,
  deployment,
  isStamped,
  listed,
  lists,
  liveDeployment,
  Name,
  refuseObject,
  rolloutProgress,
  stampedPatch,
} from './workload.ts';

const Params = z.strictObject({ name: Name, ns: Name, replicas: z.coerce.number().int().min(0).max(1000) });

/** Sets a Deployment's replicas. Refused where an autoscaler owns the count: it would be put back within 15 s. */
export const scaleDeployment: ActionDefinition<z.infer<typeof Params>> = {
  name: 'scale_deployment',
  schemaVersion: 1,
  summary: 'Set the number of replicas of a Deployment.',
  risk: 'low',
  reversible: true,
  kinds: ['Deployment'],
  params: Params,
  order: ['name', 'ns', 'replicas'],
  needs: (params) => [asks(deployment(params)), lists('HorizontalPodAutoscaler', params.ns)],
  permissions: ({ ns, name }) => [
    can('get', 'deployments', 'apps', ns, name),
    can('patch', 'deployments', 'apps', ns, name),
  ],
  refuse(params, evidence) {
    const live = liveDeployment(params, evidence);
    const refused = refuseObject(live, `Deployment ${params.ns}/${params.name}`);
    if (refused) return refused;
    const hpa = autoscalerOf('Deployment', params.name, listed(evidence, lists('HorizontalPodAutoscaler', params.ns)));
    if (hpa)
      return {
        reason: 'AutoscalerOwnsReplicas',
        message: `HorizontalPodAutoscaler ${text(hpa, 'metadata', 'name')} sets the replicas; change its bounds instead`,
      };
    if (params.replicas === 0)
      return { reason: 'ScaleToZero', message: 'scaling to zero takes the service away; KubeWise does not do that' };
    return undefined;
  },
  request: (params, evidence, stamp) =>
    stampedPatch(deployment(params), liveDeployment(params, evidence), stamp, { replicas: params.replicas }, 'merge'),
  done: (params, evidence, stamp) => isStamped(liveDeployment(params, evidence), stamp),
  relevant: (params, evidence) => ({
    uid: text(liveDeployment(params, evidence), 'metadata', 'uid'),
    replicas: number(liveDeployment(params, evidence), 'spec', 'replicas'),
  }),
  preImage: (params, evidence) => ({ replicas: number(liveDeployment(params, evidence), 'spec', 'replicas') }),
  undo(params, evidence, preImage, stamp) {
    const live = liveDeployment(params, evidence);
    if (number(live, 'spec', 'replicas') !== params.replicas) return undefined;
    return stampedPatch(deployment(params), live, stamp, { replicas: preImage['replicas'] }, 'merge');
  },
  progress: (params, evidence) => rolloutProgress(liveDeployment(params, evidence)),
  sentence: ({ name, ns, replicas }) => `Scale Deployment ${ns}/${name} to ${replicas} replicas`,
};
