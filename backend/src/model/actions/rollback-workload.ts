import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { digestOf } from '../digest.ts';
import { at, list, number, object, text, type JsonObject } from '../json.ts';
import { annotations, type KubernetesRequest, type ObjectRef } from '../kubernetes.ts';
import type { ActionDefinition, Progress, Stamp } from './action-definition.ts';
import { refuseStrategy, rolloutProgress } from './rollout.ts';
import {
  asks,
  can,
  guards,
  isOurs,
  isStamped,
  isUndo,
  listed,
  lists,
  Name,
  pluralOf,
  refuseObject,
  revisionOf,
  revisionsOf,
  templateOf,
  workload,
  type WorkloadKind,
} from './workload.ts';

const Params = z.strictObject({ name: Name, ns: Name, revision: z.coerce.number().int().positive().optional() });
type Params = z.infer<typeof Params>;

/** An earlier pod template and the number that the controller gave it. */
interface Revision {
  readonly name: string;
  readonly number: number;
  readonly template: JsonObject;
}

/** What a ControllerRevision keeps is a patch; `$patch: replace` belongs to the patch, not to the template. */
function templateOfPatch(revision: JsonObject): JsonObject {
  const { $patch: _directive, ...template } = object(revision, 'data', 'spec', 'template');
  return template;
}

const isOwnedBy =
  (owner: JsonObject | undefined) =>
  (one: JsonObject): boolean =>
    list(one, 'metadata', 'ownerReferences').some((reference) => reference['uid'] === text(owner, 'metadata', 'uid'));

/** ReplicaSets of a Deployment, ControllerRevisions of the others; newest first. */
function revisions(kind: WorkloadKind, params: Params, evidence: Evidence): readonly Revision[] {
  const owner = objectOf(evidence, workload(kind, params));
  const name = (one: JsonObject): string => text(one, 'metadata', 'name');
  if (kind === 'Deployment')
    return revisionsOf(owner, listed(evidence, lists('ReplicaSet', params.ns))).map((one) => ({
      ...{ name: name(one), number: revisionOf(one), template: templateOf(one) },
    }));
  return listed(evidence, lists('ControllerRevision', params.ns))
    .filter(isOwnedBy(owner))
    .map((one) => ({ name: name(one), number: number(one, 'revision'), template: templateOfPatch(one) }))
    .toSorted((a, b) => b.number - a.number);
}

/** The revision to go back to: the one named, or the newest whose template differs from today's. */
function previous(kind: WorkloadKind, params: Params, evidence: Evidence): Revision | undefined {
  const all = revisions(kind, params, evidence);
  if (params.revision) return all.find((one) => one.number === params.revision);
  const today = digestOf(templateOf(objectOf(evidence, workload(kind, params))));
  return all.find((one) => digestOf(one.template) !== today);
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

const isReady = (pod: JsonObject): boolean =>
  list(pod, 'status', 'conditions').some((one) => one['type'] === 'Ready' && one['status'] === 'True');

/**
 * An ordered StatefulSet waits for a broken member for ever, also when the template is well again (Kubernetes' "forced
 * rollback"): what stands in the way are members that are not ready and are of another revision than the wanted one.
 */
function inTheWay(params: Params, evidence: Evidence, wanted: JsonObject): readonly JsonObject[] {
  const owner = objectOf(evidence, workload('StatefulSet', params));
  const right = revisions('StatefulSet', params, evidence)
    .filter((one) => digestOf(one.template) === digestOf(wanted))
    .map((one) => one.name);
  return listed(evidence, lists('Pod', params.ns))
    .filter(isOwnedBy(owner))
    .filter((pod) => !isReady(pod) && text(pod, 'metadata', 'deletionTimestamp') === '')
    .filter((pod) => !right.includes(text(pod, 'metadata', 'labels', 'controller-revision-hash')));
}

const remove = (pod: JsonObject): KubernetesRequest => ({
  verb: 'delete',
  ref: { kind: 'Pod', namespace: text(pod, 'metadata', 'namespace'), name: text(pod, 'metadata', 'name') },
  preconditions: { uid: text(pod, 'metadata', 'uid') },
});

/** As `kubectl rollout undo`: the pod template of an earlier revision. */
function rollback(
  kind: WorkloadKind,
  words: { readonly name: string; readonly summary: string },
): ActionDefinition<Params> {
  const live = (params: Params, evidence: Evidence) => objectOf(evidence, workload(kind, params));
  const what = ({ ns, name }: Params): string => `${kind} ${ns}/${name}`;
  const history = kind === 'Deployment' ? 'ReplicaSet' : 'ControllerRevision';
  const patch = (params: Params, evidence: Evidence, template: JsonObject, stamp: Stamp): KubernetesRequest =>
    replaceTemplate(workload(kind, params), live(params, evidence), template, stamp);
  const request = (params: Params, evidence: Evidence, stamp: Stamp): KubernetesRequest =>
    patch(params, evidence, previous(kind, params, evidence)?.template ?? {}, stamp);
  return {
    ...words,
    schemaVersion: 1,
    risk: 'medium',
    reversible: true,
    kinds: [kind],
    params: Params,
    order: ['name', 'ns', 'revision'],
    needs: (params) => [asks(workload(kind, params)), lists(history, params.ns)],
    permissions: ({ ns, name }) => [
      can('get', pluralOf(kind), 'apps', ns, name),
      can('list', pluralOf(history), 'apps', ns),
      can('patch', pluralOf(kind), 'apps', ns, name),
    ],
    refuse(params, evidence) {
      const owner = live(params, evidence);
      const refused = refuseObject(owner, what(params)) ?? refuseStrategy(owner, what(params));
      if (refused || previous(kind, params, evidence)) return refused;
      const which = params.revision ? `revision ${params.revision}` : 'an earlier revision with another template';
      return { reason: 'NoPreviousRevision', message: `${what(params)} has no ${which} to go back to` };
    },
    request,
    done: (params, evidence, stamp) => isStamped(live(params, evidence), stamp),
    relevant: (params, evidence) => ({
      uid: text(live(params, evidence), 'metadata', 'uid'),
      template: templateOf(live(params, evidence)),
      to: previous(kind, params, evidence)?.template ?? {},
    }),
    preImage: (params, evidence) => ({ template: templateOf(live(params, evidence)) }),
    undo: (params, evidence, preImage, stamp) =>
      isOurs(live(params, evidence), stamp) ? patch(params, evidence, object(preImage, 'template'), stamp) : undefined,
    progress: (params, evidence): Progress => rolloutProgress(live(params, evidence)),
    sentence: (params) =>
      `Roll ${what(params)} back to ${params.revision ? `revision ${params.revision}` : 'its previous revision'}`,
  };
}

export const rollbackDeployment = rollback('Deployment', {
  name: 'rollback_deployment',
  summary: 'Put back the pod template of an earlier revision of a Deployment.',
});
export const rollbackDaemonSet = rollback('DaemonSet', {
  name: 'rollback_daemonset',
  summary: 'Put back the pod template of an earlier revision of a DaemonSet.',
});

const ordered = rollback('StatefulSet', {
  name: 'rollback_statefulset',
  summary:
    'Put back the pod template of an earlier revision of a StatefulSet and delete the members that block the way.',
});
/** The template first, then the broken members, which come back with it. */
export const rollbackStatefulSet: ActionDefinition<Params> = {
  ...ordered,
  needs: (params) => [...ordered.needs(params), lists('Pod', params.ns)],
  permissions: (params) => [
    ...ordered.permissions(params),
    can('list', 'pods', '', params.ns),
    can('delete', 'pods', '', params.ns),
  ],
  writes(params, evidence, stamp) {
    const owner = objectOf(evidence, workload('StatefulSet', params));
    if (isStamped(owner, stamp)) return inTheWay(params, evidence, templateOf(owner)).map(remove);
    const wanted = previous('StatefulSet', params, evidence)?.template ?? {};
    const patch = ordered.request(params, evidence, stamp);
    return [...(patch ? [patch] : []), ...inTheWay(params, evidence, wanted).map(remove)];
  },
  done: (params, evidence, stamp) =>
    ordered.done(params, evidence, stamp) &&
    (isUndo(stamp) || !rollbackStatefulSet.writes?.(params, evidence, stamp).length),
};
