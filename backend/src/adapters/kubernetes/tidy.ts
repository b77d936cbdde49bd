import { list, number, object, text, type Json, type JsonObject, type KnownKind } from '../../model/index.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function without(source: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(source).filter(([key]) => !keys.includes(key)));
}

function pick(source: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => (source[key] === undefined ? [] : [[key, source[key]] as [string, Json]])),
  );
}

/** Metadata without the server's bookkeeping and without kubectl's second copy of the whole object. */
function tidyMetadata(metadata: JsonObject): JsonObject {
  const kept = without(metadata, 'managedFields', 'selfLink');
  if (!metadata['annotations']) return kept;
  return { ...kept, annotations: without(object(metadata, 'annotations'), lastApplied) };
}

/** Pods are saved with incidents by the dozen: names, states, sizes and images, never the environment. */
const podContainers = (pod: JsonObject, key: string): readonly JsonObject[] =>
  list(pod, 'spec', key).map((container) => pick(container, 'name', 'image', 'resources', 'volumeMounts'));

function tidyPod(pod: JsonObject): JsonObject {
  const spec = object(pod, 'spec');
  return {
    spec: {
      ...pick(spec, 'nodeName', 'priorityClassName', 'nodeSelector', 'serviceAccountName', 'volumes'),
      containers: podContainers(pod, 'containers'),
      ...(spec['initContainers'] !== undefined && { initContainers: podContainers(pod, 'initContainers') }),
    },
    status: pick(
      object(pod, 'status'),
      ...['phase', 'reason', 'message', 'startTime', 'podIP', 'qosClass'],
      ...['conditions', 'containerStatuses', 'initContainerStatuses'],
    ),
  };
}

const tidyNode = (node: JsonObject): JsonObject => ({
  spec: pick(object(node, 'spec'), 'unschedulable', 'taints', 'providerID'),
  status: pick(object(node, 'status'), 'conditions', 'capacity', 'allocatable', 'nodeInfo'),
});

/** autoscaling/v1 said in the words of v2: one CPU metric, and conditions that hide in an annotation. */
function tidyAutoscaler(hpa: JsonObject): JsonObject {
  if (text(hpa, 'apiVersion') !== 'autoscaling/v1') return {};
  const { targetCPUUtilizationPercentage: wanted, ...spec } = object(hpa, 'spec');
  const { currentCPUUtilizationPercentage: current, ...status } = object(hpa, 'status');
  const cpu = (key: string, utilization: Json | undefined) =>
    utilization === undefined
      ? []
      : [
          {
            type: 'Resource',
            resource: { name: 'cpu', [key]: { type: 'Utilization', averageUtilization: utilization } },
          },
        ];
  return {
    apiVersion: 'autoscaling/v2',
    spec: { ...spec, metrics: cpu('target', wanted) },
    status: { ...status, currentMetrics: cpu('current', current), conditions: conditionsOf(hpa) },
  };
}

function conditionsOf(hpa: JsonObject): readonly JsonObject[] {
  const said = text(hpa, 'metadata', 'annotations', 'autoscaling.alpha.kubernetes.io/conditions');
  try {
    const conditions: unknown = said ? JSON.parse(said) : [];
    return Array.isArray(conditions) ? (conditions as JsonObject[]) : [];
  } catch {
    return [];
  }
}

const special: Partial<Record<KnownKind, (source: JsonObject) => JsonObject>> = {
  Pod: tidyPod,
  Node: tidyNode,
  HorizontalPodAutoscaler: tidyAutoscaler,
};

/** An object as the core reads it: the fields we use, in the shape of the newest API version, with kind and version. */
export function tidy(kind: KnownKind, apiVersion: string, source: JsonObject): JsonObject {
  const named = { ...source, apiVersion: text(source, 'apiVersion') || apiVersion, kind };
  return { ...named, metadata: tidyMetadata(object(source, 'metadata')), ...special[kind]?.(named) };
}

/** Who wrote a field of `spec` last, and when (Unix s): server-side bookkeeping that says more than a diff. */
export interface Write {
  readonly manager: string;
  readonly at: number;
  readonly replicas: boolean;
  readonly template: boolean;
}

const writeOf = (entry: JsonObject): Write => ({
  manager: text(entry, 'manager'),
  at: Date.parse(text(entry, 'time')) / 1000,
  replicas: object(entry, 'fieldsV1', 'f:spec')['f:replicas'] !== undefined,
  template: object(entry, 'fieldsV1', 'f:spec')['f:template'] !== undefined,
});

/** An object as the watch keeps it: memory counts here, at a hundred thousand pods. */
export interface Kept {
  readonly object: JsonObject;
  readonly writes: readonly Write[];
}

const watchedMetadata = (source: JsonObject): JsonObject => ({
  ...pick(
    object(source, 'metadata'),
    ...[
      'name',
      'namespace',
      'uid',
      'resourceVersion',
      'generation',
      'creationTimestamp',
      'deletionTimestamp',
      'labels',
    ],
  ),
  ownerReferences: list(source, 'metadata', 'ownerReferences')
    .filter((owner) => owner['controller'] === true)
    .map((owner) => pick(owner, 'kind', 'name', 'uid', 'controller')),
});

const slimPod = (pod: JsonObject): JsonObject => ({
  kind: 'Pod',
  metadata: {
    ...watchedMetadata(pod),
    ...(text(pod, 'metadata', 'annotations', 'kubernetes.io/config.mirror') && {
      annotations: { 'kubernetes.io/config.mirror': 'true' },
    }),
  },
  spec: pick(object(pod, 'spec'), 'nodeName'),
  status: pick(object(pod, 'status'), 'phase', 'reason'),
});

const slimReplicaSet = (rs: JsonObject): JsonObject => ({
  kind: 'ReplicaSet',
  metadata: {
    ...watchedMetadata(rs),
    annotations: pick(object(rs, 'metadata', 'annotations'), 'deployment.kubernetes.io/revision'),
  },
  spec: { replicas: number(rs, 'spec', 'replicas') },
});

/** What the watch keeps of an object of this kind. */
export function keptOf(kind: KnownKind, apiVersion: string, source: JsonObject): Kept {
  if (kind === 'Pod') return { object: slimPod(source), writes: [] };
  if (kind === 'ReplicaSet') return { object: slimReplicaSet(source), writes: [] };
  const writes = list(source, 'metadata', 'managedFields').map(writeOf);
  return {
    object: tidy(kind, apiVersion, source),
    writes: writes.filter((write) => Number.isFinite(write.at) && (write.replicas || write.template)),
  };
}
