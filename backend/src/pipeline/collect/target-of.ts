import type { Target, Topology, WatchedQuery } from '../../model/index.ts';

type Labels = Readonly<Record<string, string>>;

const byLabel = [
  ['deployment', 'Deployment'],
  ['statefulset', 'StatefulSet'],
  ['daemonset', 'DaemonSet'],
  ['horizontalpodautoscaler', 'HorizontalPodAutoscaler'],
  ['persistentvolumeclaim', 'PersistentVolumeClaim'],
  ['cronjob', 'CronJob'],
  ['job_name', 'Job'],
] as const;

/** A node by its name; scrapes that keep `host:port` in `instance` lose the port. */
function nodeOf(instance: string, topology: Topology): Target {
  const name = instance.replace(/:\d+$/, '');
  return topology.ownerOf('Node', '', name) ?? { cluster: topology.cluster, kind: 'Node', namespace: '', name };
}

/** The owner that a series belongs to, from its labels and the topology; undefined when nothing names one. */
export function targetOf(
  labels: Labels,
  query: Pick<WatchedQuery, 'component' | 'kind'>,
  topology: Topology,
): Target | undefined {
  const { cluster } = topology;
  const namespace = labels['namespace'] ?? '';
  if (query.kind && labels['name']) return { cluster, kind: query.kind, namespace, name: labels['name'] };
  if (labels['pod'])
    return (
      topology.ownerOf('Pod', namespace, labels['pod']) ?? { cluster, kind: 'Pod', namespace, name: labels['pod'] }
    );
  for (const [label, kind] of byLabel) {
    const name = labels[label];
    if (name) return topology.ownerOf(kind, namespace, name) ?? { cluster, kind, namespace, name };
  }
  if (labels['workload'])
    return {
      cluster,
      kind: kindOf(labels['workload_type'] ?? labels['workload_kind'] ?? ''),
      namespace,
      name: labels['workload'],
    };
  if (labels['destination_workload'])
    return calleeOf(labels['destination_workload_namespace'] ?? namespace, labels['destination_workload'], topology);
  if (labels['node']) return nodeOf(labels['node'], topology);
  if (query.component)
    return { cluster, kind: 'Component', namespace: '', name: labels[query.component] ?? query.component };
  if (labels['instance']) return nodeOf(labels['instance'], topology);
  return undefined;
}

/** Istio names the workload that is called, not its kind. */
function calleeOf(namespace: string, name: string, topology: Topology): Target {
  const known = ['Deployment', 'StatefulSet', 'DaemonSet'].flatMap(
    (kind) => topology.ownerOf(kind, namespace, name) ?? [],
  );
  return known[0] ?? { cluster: topology.cluster, kind: 'Deployment', namespace, name };
}

/** kube-prometheus writes `workload_type` in lower case. */
function kindOf(word: string): string {
  const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob'];
  return kinds.find((kind) => kind.toLowerCase() === word.toLowerCase()) ?? 'Deployment';
}
