import type { WatchedQuery } from '../../model/index.ts';

type Row = Partial<WatchedQuery> & Pick<WatchedQuery, 'name' | 'query' | 'metricType'>;
const watched = (row: Row): WatchedQuery => ({ unit: '', aggregate: 'sum', direction: 'up', ...row });

const containers = 'container!="",container!="POD"';
const failing =
  'CrashLoopBackOff|ImagePullBackOff|ErrImagePull|CreateContainerConfigError|CreateContainerError|InvalidImageName';
/** Zero for every pod, so that a state metric that only exists while it is true reads 0 otherwise. */
const zeroPerPod = 'sum by (namespace, pod) (kube_pod_info) * 0';

/**
 * What is watched when nothing else is configured: kube-prometheus' metric names, per pod, brought to the owner by
 * collect. Ranges are five minutes as in kube-prometheus' own rules (kubernetes-mixin, `k8s.rules`).
 */
export const defaultQueries: readonly WatchedQuery[] = [
  // The workloads.
  watched({
    name: 'workload-cpu',
    metricType: 'cpu',
    unit: 'cores',
    direction: 'both',
    requires: 'container_cpu_usage_seconds_total',
    query: `sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{${containers}}[5m]))`,
  }),
  watched({
    name: 'workload-throttling',
    healthy: 0.1,
    metricType: 'throttling',
    unit: 'ratio',
    aggregate: 'mean',
    range: [0, 1],
    requires: 'container_cpu_cfs_periods_total',
    query: `sum by (namespace, pod) (rate(container_cpu_cfs_throttled_periods_total{${containers}}[5m])) / sum by (namespace, pod) (rate(container_cpu_cfs_periods_total{${containers}}[5m]))`,
  }),
  watched({
    name: 'workload-memory',
    healthy: 0.4,
    metricType: 'memory',
    unit: 'ratio',
    aggregate: 'max',
    range: [0, 1],
    requires: 'container_memory_working_set_bytes',
    query: `max by (namespace, pod) (sum by (namespace, pod, container) (container_memory_working_set_bytes{${containers}}) / sum by (namespace, pod, container) (kube_pod_container_resource_limits{resource="memory"}))`,
  }),
  watched({
    name: 'workload-restarts',
    healthy: 0.5,
    metricType: 'restarts',
    unit: 'restarts per 10 min',
    requires: 'kube_pod_container_status_restarts_total',
    query: 'sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[10m]))',
  }),
  watched({
    name: 'workload-oom',
    healthy: 0.5,
    metricType: 'oom',
    unit: 'OOM kills per 10 min',
    requires: 'kube_pod_container_status_restarts_total',
    query: `sum by (namespace, pod) (sum by (namespace, pod, container) (kube_pod_container_status_last_terminated_reason{reason="OOMKilled"}) * sum by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total[10m]))) or ${zeroPerPod}`,
  }),
  watched({
    name: 'workload-waiting',
    healthy: 0,
    metricType: 'waiting',
    unit: 'containers',
    requires: 'kube_pod_info',
    query: `sum by (namespace, pod) (kube_pod_container_status_waiting_reason{reason=~"${failing}"}) or ${zeroPerPod}`,
  }),
  watched({
    name: 'deployment-replica-gap',
    healthy: 0,
    metricType: 'replicas',
    unit: 'replicas',
    requires: 'kube_deployment_spec_replicas',
    query: 'kube_deployment_spec_replicas - kube_deployment_status_replicas_available',
  }),
  watched({
    name: 'statefulset-replica-gap',
    healthy: 0,
    metricType: 'replicas',
    unit: 'replicas',
    requires: 'kube_statefulset_replicas',
    query: 'kube_statefulset_replicas - kube_statefulset_status_replicas_ready',
  }),
  watched({
    name: 'daemonset-replica-gap',
    healthy: 0,
    metricType: 'replicas',
    unit: 'replicas',
    requires: 'kube_daemonset_status_desired_number_scheduled',
    query: 'kube_daemonset_status_desired_number_scheduled - kube_daemonset_status_number_ready',
  }),
  watched({
    name: 'workload-network-errors',
    healthy: 0.1,
    metricType: 'network',
    unit: 'packets/s',
    requires: 'container_network_receive_packets_dropped_total',
    query:
      'sum by (namespace, pod) (rate(container_network_receive_packets_dropped_total[5m]) + rate(container_network_transmit_packets_dropped_total[5m]))',
  }),
  watched({
    name: 'workload-latency',
    metricType: 'latency',
    unit: 'seconds',
    aggregate: 'max',
    requires: 'http_request_duration_seconds_bucket',
    query: 'histogram_quantile(0.95, sum by (namespace, pod, le) (rate(http_request_duration_seconds_bucket[5m])))',
  }),
  watched({
    name: 'workload-errors',
    healthy: 0.005,
    metricType: 'errors',
    unit: 'ratio',
    aggregate: 'mean',
    range: [0, 1],
    requires: 'http_requests_total',
    query:
      'sum by (namespace, pod) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (namespace, pod) (rate(http_requests_total[5m]))',
  }),
  // Autoscalers and volumes.
  watched({
    name: 'hpa-headroom',
    healthy: 0.7,
    metricType: 'hpa',
    unit: 'ratio',
    aggregate: 'max',
    range: [0, 1],
    requires: 'kube_horizontalpodautoscaler_spec_max_replicas',
    query: 'kube_horizontalpodautoscaler_status_desired_replicas / kube_horizontalpodautoscaler_spec_max_replicas',
  }),
  watched({
    name: 'pvc-usage',
    healthy: 0.5,
    metricType: 'pvc',
    unit: 'ratio',
    aggregate: 'max',
    range: [0, 1],
    requires: 'kubelet_volume_stats_capacity_bytes',
    query:
      'max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes)',
  }),
  // Nodes.
  watched({
    name: 'node-pressure',
    healthy: 0,
    metricType: 'node_pressure',
    unit: 'conditions',
    aggregate: 'max',
    requires: 'kube_node_status_condition',
    query:
      'sum by (node) (kube_node_status_condition{condition=~"MemoryPressure|DiskPressure|PIDPressure|NetworkUnavailable",status="true"}) + sum by (node) (kube_node_status_condition{condition="Ready",status!="true"})',
  }),
  watched({
    name: 'node-cpu',
    healthy: 0.6,
    metricType: 'node_cpu',
    unit: 'ratio',
    aggregate: 'max',
    range: [0, 1],
    requires: 'node_cpu_seconds_total',
    query: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
  }),
  watched({
    name: 'node-memory',
    healthy: 0.7,
    metricType: 'node_memory',
    unit: 'ratio',
    aggregate: 'max',
    range: [0, 1],
    requires: 'node_memory_MemTotal_bytes',
    query: '1 - sum by (instance) (node_memory_MemAvailable_bytes) / sum by (instance) (node_memory_MemTotal_bytes)',
  }),
  watched({
    name: 'node-disk',
    healthy: 0.6,
    metricType: 'node_disk',
    unit: 'ratio',
    aggregate: 'max',
    range: [0, 1],
    requires: 'node_filesystem_size_bytes',
    query:
      'max by (instance) (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"} / node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"})',
  }),
  watched({
    name: 'node-network-errors',
    healthy: 0.1,
    metricType: 'network',
    unit: 'packets/s',
    requires: 'node_network_receive_errs_total',
    query: 'sum by (instance) (rate(node_network_receive_errs_total[5m]) + rate(node_network_transmit_errs_total[5m]))',
  }),
  // The control plane.
  watched({
    name: 'apiserver-latency',
    healthy: 0.1,
    metricType: 'apiserver',
    unit: 'seconds',
    component: 'kube-apiserver',
    requires: 'apiserver_request_duration_seconds_bucket',
    query:
      'histogram_quantile(0.99, sum by (le) (rate(apiserver_request_duration_seconds_bucket{verb!~"WATCH|CONNECT"}[5m])))',
  }),
  watched({
    name: 'apiserver-errors',
    healthy: 0.005,
    metricType: 'errors',
    unit: 'ratio',
    component: 'kube-apiserver',
    range: [0, 1],
    requires: 'apiserver_request_total',
    query:
      '(sum(rate(apiserver_request_total{code=~"5.."}[5m])) or vector(0)) / sum(rate(apiserver_request_total[5m]))',
  }),
  watched({
    name: 'etcd-fsync',
    healthy: 0.01,
    metricType: 'etcd',
    unit: 'seconds',
    component: 'etcd',
    requires: 'etcd_disk_wal_fsync_duration_seconds_bucket',
    query: 'histogram_quantile(0.99, sum by (le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket[5m])))',
  }),
  watched({
    name: 'etcd-leader',
    healthy: 1,
    metricType: 'etcd',
    unit: 'leader',
    component: 'etcd',
    direction: 'down',
    aggregate: 'min',
    range: [0, 1],
    requires: 'etcd_server_has_leader',
    query: 'min(etcd_server_has_leader)',
  }),
  watched({
    name: 'scheduler-pending',
    healthy: 0,
    metricType: 'scheduler',
    unit: 'pods',
    component: 'kube-scheduler',
    requires: 'scheduler_pending_pods',
    query: 'sum(scheduler_pending_pods)',
  }),
];
