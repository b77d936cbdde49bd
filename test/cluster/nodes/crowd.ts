import { time } from '../client/index.ts';
import { steadyRuntime, type KubeObject } from '../runtime.ts';
import { nodeConditions, nodeFacts, nodeIp, nodeObject, nodeSpecs } from './node-object.ts';

export interface CrowdOptions {
  readonly nodes: number;
  readonly pods: number;
  /** Pods of one deployment. Default 50. */
  readonly replicas?: number;
  /** Unix seconds: when all of it was started. */
  readonly now: number;
}

const digits = (index: number, width: number): string => String(index).padStart(width, '0');
const uidOf = (kind: number, index: number): string =>
  `${digits(kind, 8)}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
const ownerOf = (kind: string, owner: KubeObject): KubeObject[] => [
  {
    apiVersion: 'apps/v1',
    kind,
    name: owner['metadata'].name,
    uid: owner['metadata'].uid,
    controller: true,
    blockOwnerDeletion: true,
  },
];

/**
 * A cluster full of running pods, for `ApiServer.seed`: nodes, then namespace by namespace (20 deployments in each)
 * deployments with a ReplicaSet and its pods. Parts that do not differ are shared between objects, so 100,000 pods fit
 * in a few hundred megabytes.
 */
export function* crowd({ nodes, pods, replicas = 50, now }: CrowdOptions): Generator<KubeObject> {
  const specs = nodeSpecs(nodes).map((spec) => ({ ...spec, cpu: 32, memory: 128 * 2 ** 30 }));
  const conditions = nodeConditions(steadyRuntime.health('', now), [], now);
  for (const [index, spec] of specs.entries())
    yield { ...nodeObject(spec, index), status: { ...nodeFacts(spec, index), conditions } };
  const sets = Math.ceil(pods / replicas);
  for (let first = 0; first < sets; first += 20) {
    const namespace = `team-${digits(first / 20, 4)}`;
    yield { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace }, status: { phase: 'Active' } };
    for (let index = first; index < Math.min(first + 20, sets); index += 1) {
      const size = Math.min(replicas, pods - index * replicas);
      yield* workload(namespace, index, size, { nodes, replicas, now });
    }
  }
}

function* workload(
  namespace: string,
  index: number,
  size: number,
  { nodes, replicas, now }: Required<Omit<CrowdOptions, 'pods'>>,
): Generator<KubeObject> {
  const app = `app-${digits(index, 5)}`;
  const labels = { app };
  const container = {
    name: 'main',
    image: `registry.example/${app}:1`,
    imagePullPolicy: 'IfNotPresent',
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
  };
  const podLabels = { app, 'pod-template-hash': digits(index, 8) };
  const template = { metadata: { labels: podLabels }, spec: { containers: [container] } };
  const status = { replicas: size, readyReplicas: size, availableReplicas: size, observedGeneration: 1 };
  const deployment: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: app,
      namespace,
      labels,
      uid: uidOf(1, index),
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    },
    spec: { replicas: size, selector: { matchLabels: labels }, template },
    status: { ...status, updatedReplicas: size },
  };
  const replicaSet: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${app}-${digits(index, 8)}`,
      namespace,
      labels: podLabels,
      uid: uidOf(2, index),
      ownerReferences: ownerOf('Deployment', deployment),
    },
    spec: { replicas: size, selector: { matchLabels: podLabels }, template },
    status,
  };
  yield deployment;
  yield replicaSet;
  const ownerReferences = ownerOf('ReplicaSet', replicaSet);
  const started = time(now);
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: started,
  }));
  const containerStatus = {
    name: 'main',
    image: container.image,
    imageID: container.image,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: started } },
  };
  for (let member = 0; member < size; member += 1) {
    const serial = index * replicas + member;
    const node = serial % nodes;
    const podIP = `10.${64 + (serial >> 16)}.${(serial >> 8) & 255}.${serial & 255}`;
    yield {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${replicaSet['metadata'].name}-${digits(member, 5)}`,
        namespace,
        labels: podLabels,
        uid: uidOf(3, serial),
        ownerReferences,
      },
      spec: { ...podSpecOf(container), nodeName: `node-${node + 1}` },
      status: {
        phase: 'Running',
        hostIP: nodeIp(node),
        podIP,
        podIPs: [{ ip: podIP }],
        startTime: started,
        conditions,
        containerStatuses: [{ ...containerStatus, containerID: `containerd://${uidOf(4, serial)}` }],
      },
    };
  }
}

const podSpecOf = (container: KubeObject): KubeObject => ({
  containers: [container],
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  serviceAccountName: 'default',
  serviceAccount: 'default',
  schedulerName: 'default-scheduler',
  securityContext: {},
});
