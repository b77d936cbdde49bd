import { z } from 'zod';
import type { Evidence, Query } from '../evidence.ts';
import { answerTo } from '../evidence.ts';
import { list, object, text, type JsonObject } from '../json.ts';
import {
  annotations,
  optOutLabel,
  resources,
  type KnownKind,
  type KubernetesRequest,
  type ObjectRef,
  type Permission,
} from '../kubernetes.ts';
import type { Refusal, Stamp } from './action-definition.ts';

/** A DNS-1123 name: everything else is refused before it reaches a URL. */
export const Name = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a Kubernetes name (lower case letters, digits, - and .)');

export const NamedInNamespace = z.strictObject({ name: Name, ns: Name });
export type NamedInNamespace = z.infer<typeof NamedInNamespace>;

/** Kinds whose pods come from a template that a rollout replaces. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';
export const workload = (kind: WorkloadKind, { ns, name }: NamedInNamespace): ObjectRef => ({
  kind,
  namespace: ns,
  name,
});
/** The plural that the API's path and RBAC call this kind. */
export const pluralOf = (kind: KnownKind): string => resources[kind].resource;
export const asks = (ref: ObjectRef): Query => ({ kind: 'Object', ref });

/** `null`-safe: the pods, ReplicaSets and autoscalers of one namespace, bounded. */
export const lists = (
  of: 'ReplicaSet' | 'ControllerRevision' | 'HorizontalPodAutoscaler' | 'Pod',
  namespace: string,
): Query => ({
  kind: 'List',
  of,
  namespace,
  limit: 200,
});
export const listed = (evidence: Evidence, query: Query): readonly JsonObject[] =>
  answerTo(evidence, query)?.objects ?? [];

export const can = (verb: string, resource: string, group: string, namespace: string, name?: string): Permission => ({
  verb,
  resource,
  group,
  ...(namespace && { namespace }),
  ...(name && { name }),
});

/** Refusals that every action on a live object shares: gone, being deleted, or opted out by its owner. */
export function refuseObject(object_: JsonObject | undefined, what: string): Refusal | undefined {
  if (!object_) return { reason: 'TargetNotFound', message: `${what} does not exist any more` };
  if (text(object_, 'metadata', 'deletionTimestamp'))
    return { reason: 'TargetTerminating', message: `${what} is being deleted` };
  if (text(object_, 'metadata', 'labels', optOutLabel) === 'disabled')
    return { reason: 'OptedOut', message: `${what} carries the label ${optOutLabel}=disabled` };
  return undefined;
}

/** Guards for a merge or strategic patch: the server refuses when the object is another one or has moved on. */
export const guards = (live: JsonObject | undefined) => ({
  uid: text(live, 'metadata', 'uid'),
  resourceVersion: text(live, 'metadata', 'resourceVersion'),
});

/** A patch of fields together with our stamp and the guards. */
export function stampedPatch(
  ref: ObjectRef,
  live: JsonObject | undefined,
  stamp: Stamp,
  spec: JsonObject,
  patch: 'merge' | 'strategic',
): KubernetesRequest {
  return {
    verb: 'patch',
    ref,
    patch,
    preconditions: guards(live),
    body: { metadata: { ...guards(live), annotations: { [annotations.actionId]: stamp.actionId } }, spec },
  };
}

/** Unix seconds as the API writes them: whole seconds, in UTC. */
export const rfc3339 = (seconds: number): string =>
  new Date(Math.round(seconds) * 1000).toISOString().replace('.000Z', 'Z');

export const stampOf = (live: JsonObject | undefined): string =>
  text(live, 'metadata', 'annotations', annotations.actionId);
export const isStamped = (live: JsonObject | undefined, stamp: Stamp): boolean => stampOf(live) === stamp.actionId;

/** The stamp of the way back of an action: told apart from the action's own, and traced to it. */
const undoSuffix = '/undo';
export const undoStamp = (stamp: Stamp): Stamp => ({ ...stamp, actionId: `${stamp.actionId}${undoSuffix}` });
export const isUndo = (stamp: Stamp): boolean => stamp.actionId.endsWith(undoSuffix);
/** Does the object carry the stamp of this action, or of the action that this is the way back of? */
export const isOurs = (live: JsonObject | undefined, stamp: Stamp): boolean =>
  stampOf(live) === (isUndo(stamp) ? stamp.actionId.slice(0, -undoSuffix.length) : stamp.actionId);

/** The pod template without the hash that the Deployment controller adds. */
export function templateOf(owner: JsonObject | undefined): JsonObject {
  const template = object(owner, 'spec', 'template');
  const labels = Object.fromEntries(
    Object.entries(object(template, 'metadata', 'labels')).filter(([key]) => key !== 'pod-template-hash'),
  );
  return { ...template, metadata: { ...object(template, 'metadata'), labels } };
}

export const revisionOf = (owner: JsonObject): number =>
  Number(text(owner, 'metadata', 'annotations', 'deployment.kubernetes.io/revision')) || 0;

/** ReplicaSets of a Deployment, newest revision first. */
export function revisionsOf(live: JsonObject | undefined, replicaSets: readonly JsonObject[]): readonly JsonObject[] {
  const uid = text(live, 'metadata', 'uid');
  const owned = replicaSets.filter((rs) =>
    list(rs, 'metadata', 'ownerReferences').some((owner) => owner['uid'] === uid),
  );
  return [...owned].sort((a, b) => revisionOf(b) - revisionOf(a));
}

/** The autoscaler that owns a workload's replica count, if there is one. */
export function autoscalerOf(kind: string, name: string, autoscalers: readonly JsonObject[]): JsonObject | undefined {
  return autoscalers.find(
    (hpa) =>
      text(hpa, 'spec', 'scaleTargetRef', 'kind') === kind && text(hpa, 'spec', 'scaleTargetRef', 'name') === name,
  );
}
