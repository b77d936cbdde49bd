import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { digestOf } from '../digest.ts';
import { at, object, text, type JsonObject } from '../json.ts';
import { annotations, type KubernetesRequest, type ObjectRef } from '../kubernetes.ts';
import type { ActionDefinition, Stamp } from './action-definition.ts';
import { rolloutProgress } from './rollout.ts';
import {
  asks,
  can,
  deployment,
  guards,
  isOurs,
  isStamped,
  listed,
  lists,
  liveDeployment,
  Name,
  refuseObject,
  revisionOf,
  revisionsOf,
  templateOf,
} from './workload.ts';

const Params = z.strictObject({ name: Name, ns: Name, revision: z.coerce.number().int().positive().optional() });
type Params = z.infer<typeof Params>;

/** The ReplicaSet to go back to: the revision named, or the newest whose template differs from today's. */
function previous(params: Params, evidence: Evidence): JsonObject | undefined {
  const live = liveDeployment(params, evidence);
  const revisions = revisionsOf(live, listed(evidence, lists('ReplicaSet', params.ns)));
  if (params.revision) return revisions.find((rs) => revisionOf(rs) === params.revision);
  const today = digestOf(templateOf(live));
  return revisions.find((rs) => digestOf(templateOf(rs)) !== today);
}

/** json-patch, because a merge could not drop fields that the bad revision added; `test` makes it a compare-and-set. */
function replaceTemplate(
  ref: ObjectRef,
  live: JsonObject | undefined,
  template: JsonObject,
  stamp: Stamp,
): KubernetesRequest {
  const { uid, resourceVersion } = guards(live);
  const noted =
    at(live, 'metadata', 'annotations') === undefined ? [{ op: 'add', path: '/metadata/annotations', value: {} }] : [];
  return {
    verb: 'patch',
    ref,
    patch: 'json',
    preconditions: { uid, resourceVersion },
    body: [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      ...noted,
      { op: 'add', path: `/metadata/annotations/${annotations.actionId.replace('/', '~1')}`, value: stamp.actionId },
      { op: 'replace', path: '/spec/template', value: template },
    ],
  };
}

/** As `kubectl rollout undo`: the pod template of an earlier ReplicaSet, which is then reused. */
export const rollbackDeployment: ActionDefinition<Params> = {
  name: 'rollback_deployment',
  schemaVersion: 1,
  summary: 'Put back the pod template of an earlier revision of a Deployment.',
  risk: 'medium',
  reversible: true,
  kinds: ['Deployment'],
  params: Params,
  order: ['name', 'ns', 'revision'],
  needs: (params) => [asks(deployment(params)), lists('ReplicaSet', params.ns)],
  permissions: ({ ns, name }) => [
    can('get', 'deployments', 'apps', ns, name),
    can('list', 'replicasets', 'apps', ns),
    can('patch', 'deployments', 'apps', ns, name),
  ],
  refuse(params, evidence) {
    const refused = refuseObject(liveDeployment(params, evidence), `Deployment ${params.ns}/${params.name}`);
    if (refused) return refused;
    if (previous(params, evidence)) return undefined;
    const which = params.revision ? `revision ${params.revision}` : 'an earlier revision with another template';
    return {
      reason: 'NoPreviousRevision',
      message: `Deployment ${params.ns}/${params.name} has no ${which} to go back to`,
    };
  },
  request: (params, evidence, stamp) =>
    replaceTemplate(
      deployment(params),
      liveDeployment(params, evidence),
      templateOf(previous(params, evidence)),
      stamp,
    ),
  done: (params, evidence, stamp) => isStamped(liveDeployment(params, evidence), stamp),
  relevant: (params, evidence) => ({
    uid: text(liveDeployment(params, evidence), 'metadata', 'uid'),
    template: templateOf(liveDeployment(params, evidence)),
    to: templateOf(previous(params, evidence)),
  }),
  preImage: (params, evidence) => ({ template: templateOf(liveDeployment(params, evidence)) }),
  undo: (params, evidence, preImage, stamp) =>
    isOurs(liveDeployment(params, evidence), stamp)
      ? replaceTemplate(deployment(params), liveDeployment(params, evidence), object(preImage, 'template'), stamp)
      : undefined,
  progress: (params, evidence) => rolloutProgress(liveDeployment(params, evidence)),
  sentence: ({ name, ns, revision }) =>
    `Roll Deployment ${ns}/${name} back to ${revision ? `revision ${revision}` : 'its previous revision'}`,
};
