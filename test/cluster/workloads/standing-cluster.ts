import type { KubeObject } from '../runtime.ts';
import type { ClusterView } from './cluster-view.ts';
import { manifestsOf } from './manifests.ts';
import type { Shop } from './shop.ts';

/** A cluster view for tests of the model alone: what the manifests ask for, standing still until a test changes it. */
export interface StandingCluster extends ClusterView {
  readonly objects: Map<string, KubeObject[]>;
  /** Adds a ready pod from the template of a workload. */
  addPod(workload: KubeObject, name: string, node: string): KubeObject;
  /** Replaces an object by a changed copy, as an informer would after a write. */
  change(object: KubeObject, change: (copy: KubeObject) => void): KubeObject;
}

const nodeNames = ['node-1', 'node-2', 'node-3', 'node-4'];
const ready = {
  conditions: [{ type: 'Ready', status: 'True' }],
  phase: 'Running',
  containerStatuses: [{ name: 'app', restartCount: 0, ready: true, state: { running: {} } }],
};
const nodeConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'].map((type) => ({
  type,
  status: type === 'Ready' ? 'True' : 'False',
}));

const node = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, uid: `uid-${name}` },
  status: { capacity: { cpu: '8', memory: '16Gi', 'ephemeral-storage': '100Gi' }, conditions: nodeConditions },
});

/** The last run of a CronJob, which went well. */
const lastRun = ({ metadata, spec }: KubeObject): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace: metadata.namespace, name: `${metadata.name}-29401920` },
  spec: spec.jobTemplate.spec,
  status: { succeeded: 1, startTime: '2026-11-25T00:00:00Z' },
});

export function standingCluster(shop: Shop): StandingCluster {
  const objects = new Map<string, KubeObject[]>();
  const add = (object: KubeObject): KubeObject => {
    object['metadata'].creationTimestamp ??= '2026-11-01T00:00:00Z';
    object['metadata'].uid ??= `uid-${object['kind']}-${object['metadata'].namespace}-${object['metadata'].name}`;
    objects.set(object['kind'], [...(objects.get(object['kind']) ?? []), object]);
    return object;
  };

  const addPod = (workload: KubeObject, name: string, where: string): KubeObject =>
    add({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: workload['metadata'].namespace, labels: workload['spec'].template.metadata.labels },
      spec: { ...structuredClone(workload['spec'].template.spec), nodeName: where },
      status: ready,
    });

  function claimFor(workload: KubeObject, pod: KubeObject): void {
    for (const template of workload['spec'].volumeClaimTemplates ?? [])
      add({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { namespace: pod['metadata'].namespace, name: `${template.metadata.name}-${pod['metadata'].name}` },
        spec: template.spec,
      });
  }

  nodeNames.forEach((name) => add(node(name)));
  let placed = 0;
  for (const object of manifestsOf(shop)) {
    add(object);
    if (object['kind'] === 'CronJob') add(lastRun(object));
    const count =
      object['kind'] === 'DaemonSet'
        ? nodeNames.length
        : object['spec']?.template && object['kind'] !== 'CronJob'
          ? object['spec'].replicas
          : 0;
    for (let index = 0; index < (count ?? 0); index += 1)
      claimFor(
        object,
        addPod(object, `${object['metadata'].name}-${index}`, nodeNames[(placed += 1) % nodeNames.length] as string),
      );
  }

  return {
    objects,
    list: (kind) => objects.get(kind) ?? [],
    addPod,
    change(object, change) {
      const copy = structuredClone(object);
      change(copy);
      objects.set(
        object['kind'],
        (objects.get(object['kind']) ?? []).map((one) => (one === object ? copy : one)),
      );
      return copy;
    },
  };
}
