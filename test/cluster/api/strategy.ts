import type { Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';
import { qosClass } from './qos.ts';

const freshStatus: Readonly<Record<string, (object: KubeObject) => KubeObject>> = {
  Pod: (pod) => ({ phase: 'Pending', qosClass: qosClass(pod) }),
  Namespace: () => ({ phase: 'Active' }),
  PersistentVolumeClaim: () => ({ phase: 'Pending' }),
  PersistentVolume: () => ({ phase: 'Pending' }),
  Service: () => ({ loadBalancer: {} }),
  Ingress: () => ({ loadBalancer: {} }),
  DaemonSet: () => ({ currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 }),
  ReplicaSet: () => ({ replicas: 0 }),
  StatefulSet: () => ({ replicas: 0, availableReplicas: 0 }),
  HorizontalPodAutoscaler: () => ({ currentMetrics: null, desiredReplicas: 0 }),
  PodDisruptionBudget: () => ({ currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }),
};
/** Kinds whose creator may set the status: the kubelet registers its node with it. */
const keepsStatus = new Set(['Node', 'CustomResourceDefinition']);

/** Status belongs to controllers: what a creator sends is dropped and the initial one set. */
export function initialStatus(object: KubeObject, resource: Resource): KubeObject {
  if (!resource.subresources.includes('status') || keepsStatus.has(resource.kind)) return object;
  const { status: _status, ...rest } = object;
  return resource.model ? { ...rest, status: freshStatus[resource.kind]?.(object) ?? {} } : rest;
}

const serverOwned = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
  'generateName',
  'namespace',
  'name',
];

/** Server-owned metadata stays; a write to the main resource keeps the status, one to the status keeps all the rest. */
export function keepUntouched(
  wanted: KubeObject,
  old: KubeObject,
  resource: Resource,
  subresource: string | undefined,
): KubeObject {
  const before: KubeObject = old['metadata'];
  const metadata: KubeObject = { ...wanted['metadata'], resourceVersion: before['resourceVersion'] };
  for (const key of serverOwned) {
    if (key === 'uid' && metadata['uid']) continue;
    if (before[key] === undefined) delete metadata[key];
    else metadata[key] = before[key];
  }
  if (subresource === 'status') return statusOf(wanted, old, metadata);
  if (subresource === 'finalize') return { ...old, metadata, spec: wanted['spec'] };
  if (!resource.subresources.includes('status')) return { ...wanted, metadata };
  const { status: _status, ...rest } = wanted;
  return { ...rest, metadata, ...(old['status'] !== undefined && { status: old['status'] }) };
}

function statusOf(wanted: KubeObject, old: KubeObject, metadata: KubeObject): KubeObject {
  const { labels, ownerReferences } = old['metadata'];
  const kept = { ...metadata, labels, ownerReferences };
  const cleaned = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
  return { ...old, metadata: cleaned, ...(wanted['status'] !== undefined && { status: wanted['status'] }) };
}
