import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { list, object, text, type JsonObject } from '../json.ts';
import type { ObjectRef } from '../kubernetes.ts';
import type { ActionDefinition } from './action-definition.ts';
import { Quantity, quantity } from './quantity.ts';
import { refuseStrategy, rolloutProgress } from './rollout.ts';
import {
  asks,
  can,
  isStamped,
  Name,
  pluralOf,
  refuseObject,
  stampedPatch,
  workload,
  type WorkloadKind,
} from './workload.ts';

const Params = z.strictObject({
  name: Name,
  ns: Name,
  /** Left out: Deployment. */
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet']).optional(),
  container: Name,
  memory: Quantity.optional(),
  cpu: Quantity.optional(),
});
type Params = z.infer<typeof Params>;

/** One plan may not grow a container more than this many times its present limit. */
const maxFactor = 4;

const kindOf = (params: Params): WorkloadKind => params.kind ?? 'Deployment';
const owner = (params: Params): ObjectRef => workload(kindOf(params), params);
const live = (params: Params, evidence: Evidence): JsonObject | undefined => objectOf(evidence, owner(params));
const nameOf = (params: Params): string => `${kindOf(params)} ${params.ns}/${params.name}`;

const containerOf = (params: Params, evidence: Evidence): JsonObject | undefined =>
  list(live(params, evidence), 'spec', 'template', 'spec', 'containers').find((c) => c['name'] === params.container);

const limit = (container: JsonObject | undefined, what: 'cpu' | 'memory'): number =>
  quantity(text(container, 'resources', 'limits', what));

function refuseSize(params: Params, container: JsonObject): string | undefined {
  for (const what of ['cpu', 'memory'] as const) {
    const wanted = params[what];
    if (wanted === undefined) continue;
    const now = limit(container, what);
    if (Number.isNaN(now)) return `container ${params.container} has no ${what} limit to increase`;
    if (quantity(wanted) <= now) return `${what} ${wanted} is not more than the present limit`;
    if (quantity(wanted) > now * maxFactor)
      return `${what} ${wanted} is more than ${maxFactor} times the present limit`;
  }
  return undefined;
}

/** Limits as asked; requests grow in proportion only as far as they were set, and never past the limit. */
function resourcesOf(params: Params, container: JsonObject | undefined): JsonObject {
  const limits: Record<string, string> = {};
  for (const what of ['cpu', 'memory'] as const) if (params[what] !== undefined) limits[what] = params[what];
  return { limits, requests: object(container, 'resources', 'requests') };
}

const patchOf = (container: string, resources: JsonObject): JsonObject => ({
  template: { spec: { containers: [{ name: container, resources }] } },
});

/** Raises a container's limits in the pod template: a rollout follows. */
export const increaseResources: ActionDefinition<Params> = {
  name: 'increase_resources',
  schemaVersion: 1,
  summary: 'Raise the CPU or memory limit of a container of a workload.',
  risk: 'medium',
  reversible: true,
  kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
  params: Params,
  order: ['name', 'ns', 'kind', 'container', 'memory', 'cpu'],
  needs: (params) => [asks(owner(params))],
  permissions: (params) => [
    can('get', pluralOf(kindOf(params)), 'apps', params.ns, params.name),
    can('patch', pluralOf(kindOf(params)), 'apps', params.ns, params.name),
  ],
  refuse(params, evidence) {
    const owned = live(params, evidence);
    const refused = refuseObject(owned, nameOf(params)) ?? refuseStrategy(owned, nameOf(params));
    if (refused) return refused;
    const container = containerOf(params, evidence);
    if (!container)
      return {
        reason: 'ContainerNotFound',
        message: `${nameOf(params)} has no container ${params.container}`,
      };
    if (!params.memory && !params.cpu) return { reason: 'NothingToDo', message: 'memory or cpu must be given' };
    const wrong = refuseSize(params, container);
    return wrong ? { reason: 'SizeRefused', message: wrong } : undefined;
  },
  request: (params, evidence, stamp) =>
    stampedPatch(
      owner(params),
      live(params, evidence),
      stamp,
      patchOf(params.container, resourcesOf(params, containerOf(params, evidence))),
      'strategic',
    ),
  done: (params, evidence, stamp) => isStamped(live(params, evidence), stamp),
  relevant: (params, evidence) => ({
    uid: text(live(params, evidence), 'metadata', 'uid'),
    resources: object(containerOf(params, evidence), 'resources'),
  }),
  preImage: (params, evidence) => ({ resources: object(containerOf(params, evidence), 'resources') }),
  undo(params, evidence, preImage, stamp) {
    const container = containerOf(params, evidence);
    const ours = (['cpu', 'memory'] as const).every(
      (what) => params[what] === undefined || text(container, 'resources', 'limits', what) === params[what],
    );
    if (!ours) return undefined;
    return stampedPatch(
      owner(params),
      live(params, evidence),
      stamp,
      patchOf(params.container, object(preImage, 'resources')),
      'strategic',
    );
  },
  progress: (params, evidence) => rolloutProgress(live(params, evidence)),
  sentence(params) {
    const sizes = [params.memory && `memory to ${params.memory}`, params.cpu && `CPU to ${params.cpu}`]
      .filter(Boolean)
      .join(' and ');
    return `Raise the limit of container ${params.container} of ${nameOf(params)}: ${sizes}`;
  },
};
