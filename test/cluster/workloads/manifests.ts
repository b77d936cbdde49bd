import type { KubeObject } from '../runtime.ts';
import type { Profile } from './profile.ts';
import type { Shop } from './shop.ts';

/** The label that says which workload a pod belongs to, as people set it. */
export const appLabel = 'app.kubernetes.io/name';

const labelsOf = (profile: Profile): Record<string, string> => ({ [appLabel]: profile.name, ...profile.labels });
const meta = (profile: Profile): KubeObject => ({
  name: profile.name,
  namespace: profile.namespace,
  labels: labelsOf(profile),
});

/** `CATALOG_DB_ADDR=catalog-db.data:5432`, one per call: how a service finds what it calls. */
function environment(profile: Profile, shop: Shop): KubeObject[] {
  const peers = [...profile.calls.map((call) => call.to), ...(profile.consumes ? [profile.consumes.queue] : [])];
  const addresses = peers.map((role) => {
    const peer = shop.byRole(role);
    return { name: addressVariable(role), value: `${peer.name}.${peer.namespace}:${peer.port}` };
  });
  const plain = Object.entries(profile.env).map(([name, value]) => ({ name, value }));
  const secret = profile.secret
    ? [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: profile.secret, key: 'password' } } }]
    : [];
  return [...addresses, ...plain, ...secret];
}

export const addressVariable = (role: string): string => `${role.toUpperCase().replaceAll('-', '_')}_ADDR`;

function probes(profile: Profile): KubeObject {
  if (profile.kind === 'CronJob' || profile.kind === 'DaemonSet') return {};
  const how = profile.http
    ? { httpGet: { path: '/healthz', port: profile.port } }
    : { tcpSocket: { port: profile.port } };
  const probe = { ...how, periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 };
  return { readinessProbe: { ...probe, periodSeconds: 5 }, livenessProbe: probe };
}

function container(profile: Profile, shop: Shop): KubeObject {
  return {
    name: 'app',
    image: `${profile.repository}:${profile.version}`,
    ...(profile.kind !== 'CronJob' && { ports: [{ name: 'http', containerPort: profile.port }] }),
    env: environment(profile, shop),
    resources: { requests: profile.requests, limits: profile.limits },
    ...probes(profile),
    ...(profile.volume && { volumeMounts: [{ name: 'data', mountPath: '/var/lib/data' }] }),
  };
}

const everywhere = [
  { operator: 'Exists', effect: 'NoSchedule' },
  { operator: 'Exists', effect: 'NoExecute' },
];

function podSpec(profile: Profile, shop: Shop): KubeObject {
  return {
    containers: [container(profile, shop)],
    terminationGracePeriodSeconds: profile.kind === 'StatefulSet' ? 60 : 30,
    ...(profile.kind === 'CronJob' && { restartPolicy: 'Never' }),
    ...(profile.kind === 'DaemonSet' && { tolerations: everywhere }),
    ...(profile.priorityClass && { priorityClassName: profile.priorityClass }),
    ...(profile.pullSecret && { imagePullSecrets: [{ name: profile.pullSecret }] }),
    ...(profile.kind !== 'CronJob' && profile.kind !== 'DaemonSet' && { affinity: apart(profile) }),
  };
}

/** Prefers another node than its siblings'. */
const apart = (profile: Profile): KubeObject => ({
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          labelSelector: { matchLabels: { [appLabel]: profile.name } },
          topologyKey: 'kubernetes.io/hostname',
        },
      },
    ],
  },
});

function workload(profile: Profile, shop: Shop): KubeObject {
  const template = { metadata: { labels: labelsOf(profile) }, spec: podSpec(profile, shop) };
  const selector = { matchLabels: { [appLabel]: profile.name } };
  const base = { metadata: meta(profile) };
  switch (profile.kind) {
    case 'Deployment':
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        ...base,
        spec: { replicas: profile.replicas, selector, template },
      };
    case 'DaemonSet':
      return { apiVersion: 'apps/v1', kind: 'DaemonSet', ...base, spec: { selector, template } };
    case 'StatefulSet':
      return { apiVersion: 'apps/v1', kind: 'StatefulSet', ...base, spec: statefulSpec(profile, selector, template) };
    case 'CronJob':
      return { apiVersion: 'batch/v1', kind: 'CronJob', ...base, spec: cronSpec(profile, template) };
  }
}

const statefulSpec = (profile: Profile, selector: KubeObject, template: KubeObject): KubeObject => ({
  replicas: profile.replicas,
  serviceName: profile.name,
  selector,
  template,
  ...(profile.volume && {
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'standard',
          resources: { requests: { storage: `${Math.round(profile.volume.size / 2 ** 30)}Gi` } },
        },
      },
    ],
  }),
});

const cronSpec = (profile: Profile, template: KubeObject): KubeObject => ({
  schedule: profile.schedule,
  concurrencyPolicy: 'Allow',
  successfulJobsHistoryLimit: 1,
  failedJobsHistoryLimit: 1,
  jobTemplate: { spec: { backoffLimit: 2, template } },
});

function service(profile: Profile): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(profile),
    spec: {
      selector: { [appLabel]: profile.name },
      ports: [{ name: 'http', port: profile.port, targetPort: profile.port }],
      ...(profile.kind === 'StatefulSet' && { clusterIP: 'None' }),
    },
  };
}

const autoscaler = (profile: Profile, rule: NonNullable<Profile['autoscale']>): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: meta(profile),
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: profile.kind, name: profile.name },
    minReplicas: rule.min,
    maxReplicas: rule.max,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: rule.cpuPercent } },
      },
    ],
  },
});

const disruptionBudget = (profile: Profile, minAvailable: number): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: meta(profile),
  spec: { minAvailable, selector: { matchLabels: { [appLabel]: profile.name } } },
});

const secret = (profile: Profile): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: profile.secret, namespace: profile.namespace },
  type: 'Opaque',
  data: { password: Buffer.from(`first-${profile.secret}`).toString('base64') },
});

const certificate = (profile: Profile, name: string): KubeObject => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata: { ...meta(profile), name },
  spec: {
    secretName: name,
    dnsNames: [`${profile.name}.${profile.namespace}`],
    duration: '2160h',
    renewBefore: '720h',
    issuerRef: { name: 'internal', kind: 'ClusterIssuer' },
  },
});

/** One per namespace would do; each workload that needs one has its own, so that they expire one by one. */
const pullSecret = (profile: Profile, name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { ...meta(profile), name },
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': Buffer.from('{"auths":{"registry.example":{"auth":"Zmlyc3Q="}}}').toString('base64') },
});

function objectsOf(profile: Profile, shop: Shop): KubeObject[] {
  return [
    ...(profile.secret ? [secret(profile)] : []),
    ...(profile.certificate ? [certificate(profile, profile.certificate)] : []),
    ...(profile.pullSecret ? [pullSecret(profile, profile.pullSecret)] : []),
    workload(profile, shop),
    ...(profile.kind === 'Deployment' || profile.kind === 'StatefulSet' ? [service(profile)] : []),
    ...(profile.autoscale ? [autoscaler(profile, profile.autoscale)] : []),
    ...(profile.disruption ? [disruptionBudget(profile, profile.disruption)] : []),
  ];
}

const builtIn = new Set(['kube-system', 'default']);

const storageClass: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'csi.example',
  allowVolumeExpansion: true,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
};

/** The shop as Kubernetes objects, in an order in which they can be created. */
export function manifestsOf(shop: Shop): readonly KubeObject[] {
  const namespaces = [...new Set(shop.profiles.map((profile) => profile.namespace))]
    .filter((name) => !builtIn.has(name))
    .map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    }));
  return [storageClass, ...namespaces, ...shop.profiles.flatMap((profile) => objectsOf(profile, shop))];
}
