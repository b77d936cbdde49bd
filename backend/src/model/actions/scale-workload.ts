import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { at, number, text, type JsonObject } from '../json.ts';
import type { ActionDefinition, Refusal, Risk } from './action-definition.ts';
import { rolloutProgress } from './rollout.ts';
import {
  asks,
  autoscalerOf,
  can,
  isStamped,
  listed,
  lists,
  Name,
  pluralOf,
  refuseObject,
  stampedPatch,
  workload,
} from './workload.ts';

const Params = z.strictObject({ name: Name, ns: Name, replicas: z.coerce.number().int().min(0).max(1000) });
type Params = z.infer<typeof Params>;

/** Would be put back within 15 s, or takes the service away. */
function refuseCount(kind: string, params: Params, evidence: Evidence): Refusal | undefined {
  const hpa = autoscalerOf(kind, params.name, listed(evidence, lists('HorizontalPodAutoscaler', params.ns)));
  if (hpa)
    return {
      reason: 'AutoscalerOwnsReplicas',
      message: `HorizontalPodAutoscaler ${text(hpa, 'metadata', 'name')} sets the replicas; change its bounds instead`,
    };
  if (params.replicas === 0)
    return { reason: 'ScaleToZero', message: 'scaling to zero takes the service away; KubeWise does not do that' };
  return undefined;
}

/**
 * Members of a StatefulSet hold data and vote. Ordered pods come and go one by one, each when all before it are ready;
 * so nothing moves while one is not, and taking half of the members away could take the quorum with them.
 */
function refuseOrder({ replicas }: Params, live: JsonObject | undefined): Refusal | undefined {
  const now = replicasOf(live);
  const ready = number(live, 'status', 'readyReplicas');
  if (replicas <= now / 2)
    return {
      reason: 'QuorumAtRisk',
      message: `${replicas} of ${now} members are no majority; scale down in smaller steps`,
    };
  if (replicas > now && ready < now && text(live, 'spec', 'podManagementPolicy') !== 'Parallel')
    return {
      reason: 'PodsNotReady',
      message: `only ${ready} of ${now} pods are ready; new ones start after those before them`,
    };
  return undefined;
}

const replicasOf = (live: JsonObject | undefined): number =>
  at(live, 'spec', 'replicas') === undefined ? 1 : number(live, 'spec', 'replicas');

/** Sets a workload's replicas. Refused where an autoscaler owns the count. */
function scale(
  kind: 'Deployment' | 'StatefulSet',
  words: { readonly name: string; readonly summary: string; readonly risk: Risk },
  refuseMore: (params: Params, live: JsonObject | undefined) => Refusal | undefined = () => undefined,
): ActionDefinition<Params> {
  const live = (params: Params, evidence: Evidence) => objectOf(evidence, workload(kind, params));
  return {
    ...words,
    schemaVersion: 1,
    reversible: true,
    kinds: [kind],
    params: Params,
    order: ['name', 'ns', 'replicas'],
    needs: (params) => [asks(workload(kind, params)), lists('HorizontalPodAutoscaler', params.ns)],
    permissions: ({ ns, name }) => [
      can('get', pluralOf(kind), 'apps', ns, name),
      can('patch', pluralOf(kind), 'apps', ns, name),
    ],
    refuse: (params, evidence) =>
      refuseObject(live(params, evidence), `${kind} ${params.ns}/${params.name}`) ??
      refuseCount(kind, params, evidence) ??
      refuseMore(params, live(params, evidence)),
    request: (params, evidence, stamp) =>
      stampedPatch(workload(kind, params), live(params, evidence), stamp, { replicas: params.replicas }, 'merge'),
    done: (params, evidence, stamp) => isStamped(live(params, evidence), stamp),
    relevant: (params, evidence) => ({
      uid: text(live(params, evidence), 'metadata', 'uid'),
      replicas: number(live(params, evidence), 'spec', 'replicas'),
    }),
    preImage: (params, evidence) => ({ replicas: replicasOf(live(params, evidence)) }),
    undo(params, evidence, preImage, stamp) {
      const object = live(params, evidence);
      if (number(object, 'spec', 'replicas') !== params.replicas) return undefined;
      return stampedPatch(workload(kind, params), object, stamp, { replicas: preImage['replicas'] }, 'merge');
    },
    progress: (params, evidence) => rolloutProgress(live(params, evidence)),
    sentence: ({ name, ns, replicas }) => `Scale ${kind} ${ns}/${name} to ${replicas} replicas`,
  };
}

export const scaleDeployment = scale('Deployment', {
  name: 'scale_deployment',
  summary: 'Set the number of replicas of a Deployment.',
  risk: 'low',
});
export const scaleStatefulSet = scale(
  'StatefulSet',
  {
    name: 'scale_statefulset',
    summary: 'Set the number of replicas of a StatefulSet; its pods come and go in order.',
    risk: 'medium',
  },
  refuseOrder,
);
