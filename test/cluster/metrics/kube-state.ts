import type { KubeObject } from '../runtime.ts';
import { quantity } from '../workloads/index.ts';
import { nameOf, namespaceOf, secondsOf, yes, type Exporter, type Labels, type Scrape } from './scrape.ts';
import type { LabelSet } from './store.ts';

const job: Labels = {
  job: 'kube-state-metrics',
  instance: 'kube-state-metrics:8443',
  endpoint: 'https-main',
  service: 'kube-state-metrics',
};

/** The label set of an object with `extra` labels. */
type SetOf = (extra?: Labels) => LabelSet;

function setsOf({ sink }: Scrape, object: KubeObject, own: Labels): SetOf {
  const uid: string = object['metadata'].uid;
  return (extra = {}) =>
    sink.labels(`kube/${uid}/${Object.values(extra).join('/')}`, () => ({ ...job, ...own, ...extra }));
}

function putEach(scrape: Scrape, kind: string, label: string, put: (object: KubeObject, set: SetOf) => void): void {
  for (const object of scrape.cluster.list(kind)) {
    const namespace = namespaceOf(object);
    put(object, setsOf(scrape, object, { ...(namespace && { namespace }), [label]: nameOf(object) }));
  }
}

const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];

function ownerOf(pod: KubeObject): Labels {
  const owner = (pod['metadata'].ownerReferences ?? []).find((one: KubeObject) => one['controller']) as
    KubeObject | undefined;
  return {
    owner_kind: owner?.['kind'] ?? '<none>',
    owner_name: owner?.['name'] ?? '<none>',
    owner_is_controller: owner ? 'true' : '<none>',
  };
}

function putPod({ sink }: Scrape, pod: KubeObject, set: SetOf): void {
  const status: KubeObject = pod['status'] ?? {};
  const node: string = pod['spec'].nodeName ?? '';
  const owner = ownerOf(pod);
  const uid: string = pod['metadata'].uid;
  sink.gauge(
    'kube_pod_info',
    set({ node, uid, created_by_kind: owner['owner_kind'] ?? '', created_by_name: owner['owner_name'] ?? '' }),
    1,
  );
  sink.gauge('kube_pod_owner', set({ ...owner, uid }), 1);
  sink.gauge('kube_pod_created', set({ uid }), secondsOf(pod['metadata'].creationTimestamp));
  for (const phase of phases)
    sink.gauge('kube_pod_status_phase', set({ uid, phase }), yes(phase === (status['phase'] ?? 'Pending')));
  const ready = (status['conditions'] ?? []).some(
    (one: KubeObject) => one['type'] === 'Ready' && one['status'] === 'True',
  );
  sink.gauge('kube_pod_status_ready', set({ uid, condition: 'true' }), yes(ready));
  if (pod['metadata'].deletionTimestamp)
    sink.gauge('kube_pod_deletion_timestamp', set({ uid }), secondsOf(pod['metadata'].deletionTimestamp));
  for (const container of pod['spec'].containers)
    putResources(sink, container, (extra) => set({ uid, container: container.name, node, ...extra }));
  for (const container of status['containerStatuses'] ?? [])
    putContainer(sink, container, (extra) => set({ uid, container: container.name, ...extra }));
}

function putResources(sink: Scrape['sink'], container: KubeObject, set: SetOf): void {
  for (const [metric, amounts] of Object.entries({
    kube_pod_container_resource_requests: container['resources']?.requests ?? {},
    kube_pod_container_resource_limits: container['resources']?.limits ?? {},
  }))
    for (const [resource, amount] of Object.entries(amounts as KubeObject))
      sink.gauge(metric, set({ resource, unit: resource === 'cpu' ? 'core' : 'byte' }), quantity(amount));
}

function putContainer(sink: Scrape['sink'], status: KubeObject, set: SetOf): void {
  sink.counter('kube_pod_container_status_restarts_total', set(), status['restartCount'] ?? 0);
  sink.gauge('kube_pod_container_status_ready', set(), yes(status['ready']));
  sink.gauge('kube_pod_container_status_running', set(), yes(status['state']?.running !== undefined));
  const waiting = status['state']?.waiting;
  if (waiting) sink.gauge('kube_pod_container_status_waiting_reason', set({ reason: waiting.reason }), 1);
  sink.gauge('kube_pod_container_status_waiting', set(), yes(waiting !== undefined));
  const last = status['lastState']?.terminated;
  if (last) sink.gauge('kube_pod_container_status_last_terminated_reason', set({ reason: last.reason }), 1);
}

function putDeployment({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  const status: KubeObject = one['status'] ?? {};
  sink.gauge('kube_deployment_spec_replicas', set(), one['spec'].replicas ?? 1);
  sink.gauge('kube_deployment_status_replicas', set(), status['replicas'] ?? 0);
  sink.gauge('kube_deployment_status_replicas_available', set(), status['availableReplicas'] ?? 0);
  sink.gauge('kube_deployment_status_replicas_unavailable', set(), status['unavailableReplicas'] ?? 0);
  sink.gauge('kube_deployment_status_replicas_updated', set(), status['updatedReplicas'] ?? 0);
  sink.gauge('kube_deployment_status_observed_generation', set(), status['observedGeneration'] ?? 0);
  sink.gauge('kube_deployment_metadata_generation', set(), one['metadata'].generation ?? 0);
}

function putStatefulSet({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  const status: KubeObject = one['status'] ?? {};
  sink.gauge('kube_statefulset_replicas', set(), one['spec'].replicas ?? 1);
  sink.gauge('kube_statefulset_status_replicas', set(), status['replicas'] ?? 0);
  sink.gauge('kube_statefulset_status_replicas_ready', set(), status['readyReplicas'] ?? 0);
  sink.gauge('kube_statefulset_status_replicas_updated', set(), status['updatedReplicas'] ?? 0);
}

function putDaemonSet({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  const status: KubeObject = one['status'] ?? {};
  sink.gauge('kube_daemonset_status_desired_number_scheduled', set(), status['desiredNumberScheduled'] ?? 0);
  sink.gauge('kube_daemonset_status_current_number_scheduled', set(), status['currentNumberScheduled'] ?? 0);
  sink.gauge('kube_daemonset_status_number_ready', set(), status['numberReady'] ?? 0);
  sink.gauge('kube_daemonset_status_number_unavailable', set(), status['numberUnavailable'] ?? 0);
}

function putAutoscaler({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  sink.gauge('kube_horizontalpodautoscaler_spec_max_replicas', set(), one['spec'].maxReplicas ?? 0);
  sink.gauge('kube_horizontalpodautoscaler_spec_min_replicas', set(), one['spec'].minReplicas ?? 1);
  sink.gauge(
    'kube_horizontalpodautoscaler_status_current_replicas',
    set(),
    one['status']?.currentReplicas ?? one['spec'].minReplicas ?? 1,
  );
  sink.gauge(
    'kube_horizontalpodautoscaler_status_desired_replicas',
    set(),
    one['status']?.desiredReplicas ?? one['spec'].minReplicas ?? 1,
  );
}

const conditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

function putNode({ sink }: Scrape, node: KubeObject, set: SetOf): void {
  sink.gauge('kube_node_info', set(), 1);
  sink.gauge('kube_node_spec_unschedulable', set(), yes(node['spec']?.unschedulable === true));
  for (const condition of conditions) {
    const found = (node['status']?.conditions ?? []).find((one: KubeObject) => one['type'] === condition) as
      KubeObject | undefined;
    if (!found) continue;
    for (const status of ['true', 'false', 'unknown'])
      sink.gauge(
        'kube_node_status_condition',
        set({ condition, status }),
        yes(String(found['status']).toLowerCase() === status),
      );
  }
  for (const resource of ['cpu', 'memory', 'pods'])
    sink.gauge('kube_node_status_allocatable', set({ resource }), quantity(node['status']?.allocatable?.[resource], 0));
}

function putJob({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  sink.gauge('kube_job_status_active', set(), one['status']?.active ?? 0);
  sink.gauge('kube_job_status_failed', set(), one['status']?.failed ?? 0);
  sink.gauge('kube_job_status_succeeded', set(), one['status']?.succeeded ?? 0);
  sink.gauge(
    'kube_job_status_start_time',
    set(),
    secondsOf(one['status']?.startTime ?? one['metadata'].creationTimestamp),
  );
}

function putClaim({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  sink.gauge(
    'kube_persistentvolumeclaim_resource_requests_storage_bytes',
    set(),
    quantity(one['spec'].resources?.requests?.storage, 0),
  );
  for (const phase of ['Pending', 'Bound', 'Lost'])
    sink.gauge(
      'kube_persistentvolumeclaim_status_phase',
      set({ phase }),
      yes((one['status']?.phase ?? 'Pending') === phase),
    );
}

function putBudget({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  const status: KubeObject = one['status'] ?? {};
  sink.gauge('kube_poddisruptionbudget_status_current_healthy', set(), status['currentHealthy'] ?? 0);
  sink.gauge('kube_poddisruptionbudget_status_desired_healthy', set(), status['desiredHealthy'] ?? 0);
  sink.gauge('kube_poddisruptionbudget_status_expected_pods', set(), status['expectedPods'] ?? 0);
  sink.gauge('kube_poddisruptionbudget_status_pod_disruptions_allowed', set(), status['disruptionsAllowed'] ?? 0);
}

function putCronJob({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  sink.gauge('kube_cronjob_status_active', set(), ((one['status']?.active ?? []) as unknown[]).length);
  sink.gauge('kube_cronjob_spec_suspend', set(), yes(one['spec'].suspend === true));
}

const version = (object: KubeObject): number => Number(object['metadata'].resourceVersion ?? 0);

function putReplicaSet({ sink }: Scrape, one: KubeObject, set: SetOf): void {
  sink.gauge('kube_replicaset_owner', set(ownerOf(one)), 1);
  sink.gauge('kube_replicaset_spec_replicas', set(), one['spec'].replicas ?? 0);
  sink.gauge('kube_replicaset_status_ready_replicas', set(), one['status']?.readyReplicas ?? 0);
}

type Put = (scrape: Scrape, object: KubeObject, set: SetOf) => void;
const kinds: readonly (readonly [string, string, Put])[] = [
  ['Pod', 'pod', putPod],
  ['Deployment', 'deployment', putDeployment],
  ['ReplicaSet', 'replicaset', putReplicaSet],
  ['StatefulSet', 'statefulset', putStatefulSet],
  ['DaemonSet', 'daemonset', putDaemonSet],
  ['HorizontalPodAutoscaler', 'horizontalpodautoscaler', putAutoscaler],
  ['Node', 'node', putNode],
  ['Job', 'job_name', putJob],
  ['PersistentVolumeClaim', 'persistentvolumeclaim', putClaim],
  ['PodDisruptionBudget', 'poddisruptionbudget', putBudget],
  ['CronJob', 'cronjob', putCronJob],
  [
    'Secret',
    'secret',
    ({ sink }, one, set) => sink.gauge('kube_secret_metadata_resource_version', set(), version(one)),
  ],
  [
    'ConfigMap',
    'configmap',
    ({ sink }, one, set) => sink.gauge('kube_configmap_metadata_resource_version', set(), version(one)),
  ],
];

/** kube-state-metrics: the objects of the API as gauges, under their names of v2. */
export const kubeState: Exporter = (scrape) => {
  for (const [kind, label, put] of kinds) putEach(scrape, kind, label, (object, set) => put(scrape, object, set));
};
