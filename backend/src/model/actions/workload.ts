import { z } from 'zod';
import type { Evidence, Query } from '../evidence.ts';
import { answerTo, objectOf } from '../evidence.ts';
import { at, list, number, object, text, type JsonObject } from '../json.ts';
import { annotations, optOutLabel, type KubernetesRequest, type ObjectRef, type Permission } from '../kubernetes.ts';
import type { Progress, Refusal, Stamp } from './action-definition.ts';

/** A DNS-1123 name: everything else is refused before it reaches a URL. */
export const Name = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a Kubernetes name (lower case letters, digits, - and .)');

export const NamedInNamespace = z.strictObject({ name: Name, ns: Name });
export type NamedInNamespace = z.infer<typeof NamedInNamespace>;

export const deployment = (params: NamedInNamespace): ObjectRef => ({
  kind: 'Deployment',
  namespace: params.ns,
  name: params.name,
});
export const asks = (ref: ObjectRef): Query => ({ kind: 'Object', ref });

/** `null`-safe: the pods, ReplicaSets and autoscalers of one namespace, bounded. */
export const lists = (of: 'ReplicaSet' | 'HorizontalPodAutoscaler' | 'Pod', namespace: string): Query => ({
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

export const stampOf = (live: JsonObject | undefined): string =>
  text(live, 'metadata', 'annotations', annotations.actionId);
export const isStamped = (live: JsonObject | undefined, stamp: Stamp): boolean => stampOf(live) === stamp.actionId;

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

/** kubectl's rollout status for a Deployment (pkg/polymorphichelpers/rollout_status.go): observed, then progress, then counts. */
export function rolloutProgress(live: JsonObject | undefined): Progress {
  if (!live) return { state: 'Failed', reason: 'TargetNotFound', message: 'the Deployment is gone' };
  if (number(live, 'metadata', 'generation') > number(live, 'status', 'observedGeneration'))
    return { state: 'Progressing', message: 'waiting for the Deployment controller to observe the change' };
  const stuck = list(live, 'status', 'conditions').find(
    (c) => c['type'] === 'Progressing' && c['reason'] === 'ProgressDeadlineExceeded',
  );
  if (stuck)
    return {
      state: 'Failed',
      reason: 'ProgressDeadlineExceeded',
      message: 'the rollout exceeded its progress deadline',
    };
  const wanted = at(live, 'spec', 'replicas') === undefined ? 1 : number(live, 'spec', 'replicas');
  const updated = number(live, 'status', 'updatedReplicas');
  const total = number(live, 'status', 'replicas');
  const available = number(live, 'status', 'availableReplicas');
  if (updated < wanted) return { state: 'Progressing', message: `${updated} of ${wanted} replicas updated` };
  if (total > updated) return { state: 'Progressing', message: `${total - updated} old replicas still running` };
  if (available < wanted) return { state: 'Progressing', message: `${available} of ${wanted} replicas available` };
  return { state: 'Settled', message: `${available} of ${wanted} replicas updated and available` };
}

/** The autoscaler that owns a workload's replica count, if there is one. */
export function autoscalerOf(kind: string, name: string, autoscalers: readonly JsonObject[]): JsonObject | undefined {
  return autoscalers.find(
    (hpa) =>
      text(hpa, 'spec', 'scaleTargetRef', 'kind') === kind && text(hpa, 'spec', 'scaleTargetRef', 'name') === name,
  );
}

/** Live Deployment of the params' target. */
export const liveDeployment = (params: NamedInNamespace, evidence: Evidence): JsonObject | undefined =>
  objectOf(evidence, deployment(params));
