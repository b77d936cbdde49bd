import { z } from 'zod';
import { JsonObject } from './json.ts';

/** What KubeWise's writes are signed with: `fieldManager` on every write, and the annotations it stamps. */
export const fieldManager = 'kubewise';
export const annotations = {
  actionId: 'kubewise.io/action-id',
  restartedAt: 'kubectl.kubernetes.io/restartedAt',
  muteUntil: 'kubewise.io/mute-until',
} as const;
export const optOutLabel = 'kubewise.io/remediation';

/** A kind of object and where its API lives. */
export const Resource = z.object({
  group: z.string(),
  version: z.string(),
  resource: z.string(),
  kind: z.string(),
  namespaced: z.boolean(),
});
export type Resource = Readonly<z.infer<typeof Resource>>;

const row = (kind: string, group: string, version: string, resource: string, namespaced = true): Resource => ({
  kind,
  group,
  version,
  resource,
  namespaced,
});

/** The kinds that KubeWise reads or writes. PDB and HPA versions are what discovery prefers; these are the newest. */
export const resources = {
  Pod: row('Pod', '', 'v1', 'pods'),
  Node: row('Node', '', 'v1', 'nodes', false),
  Namespace: row('Namespace', '', 'v1', 'namespaces', false),
  Event: row('Event', '', 'v1', 'events'),
  PersistentVolumeClaim: row('PersistentVolumeClaim', '', 'v1', 'persistentvolumeclaims'),
  ResourceQuota: row('ResourceQuota', '', 'v1', 'resourcequotas'),
  Deployment: row('Deployment', 'apps', 'v1', 'deployments'),
  ReplicaSet: row('ReplicaSet', 'apps', 'v1', 'replicasets'),
  StatefulSet: row('StatefulSet', 'apps', 'v1', 'statefulsets'),
  DaemonSet: row('DaemonSet', 'apps', 'v1', 'daemonsets'),
  ControllerRevision: row('ControllerRevision', 'apps', 'v1', 'controllerrevisions'),
  Job: row('Job', 'batch', 'v1', 'jobs'),
  CronJob: row('CronJob', 'batch', 'v1', 'cronjobs'),
  HorizontalPodAutoscaler: row('HorizontalPodAutoscaler', 'autoscaling', 'v2', 'horizontalpodautoscalers'),
  PodDisruptionBudget: row('PodDisruptionBudget', 'policy', 'v1', 'poddisruptionbudgets'),
  StorageClass: row('StorageClass', 'storage.k8s.io', 'v1', 'storageclasses', false),
  Service: row('Service', '', 'v1', 'services'),
  NetworkPolicy: row('NetworkPolicy', 'networking.k8s.io', 'v1', 'networkpolicies'),
  // Custom resources that actions work on; a cluster without them simply has none.
  Cluster: row('Cluster', 'postgresql.cnpg.io', 'v1', 'clusters'),
  Certificate: row('Certificate', 'cert-manager.io', 'v1', 'certificates'),
  Lease: row('Lease', 'coordination.k8s.io', 'v1', 'leases'),
} as const satisfies Record<string, Resource>;
export type KnownKind = keyof typeof resources;
export const knownKinds = Object.keys(resources) as KnownKind[];

/** One object in the cluster. */
export const ObjectRef = z.object({
  kind: z.enum(knownKinds as [KnownKind, ...KnownKind[]]),
  namespace: z.string().default(''),
  name: z.string().min(1),
});
export type ObjectRef = Readonly<z.infer<typeof ObjectRef>>;

/** How a write travels. A patch always names its content type: the client's default is a trap. */
export const Patch = z.enum(['json', 'merge', 'strategic']);

/**
 * One write, complete before it is sent: a function of what was saved, so that a repeat is the same request.
 * Preconditions (uid, resourceVersion) are part of the body or of `preconditions`.
 */
export const KubernetesRequest = z.object({
  verb: z.enum(['patch', 'delete', 'evict', 'create']),
  ref: ObjectRef,
  patch: Patch.optional(),
  /** Of the object, for a patch: a custom resource's status is written there alone. */
  subresource: z.enum(['status']).optional(),
  body: z.union([JsonObject, z.array(JsonObject)]).optional(),
  preconditions: z.object({ uid: z.string().optional(), resourceVersion: z.string().optional() }).default({}),
  gracePeriodSeconds: z.int().nonnegative().optional(),
});
export type KubernetesRequest = Readonly<z.infer<typeof KubernetesRequest>>;

/** A right that an action needs, as SelfSubjectAccessReview asks for it. */
export const Permission = z.object({
  verb: z.string(),
  group: z.string(),
  resource: z.string(),
  subresource: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
});
export type Permission = Readonly<z.infer<typeof Permission>>;
