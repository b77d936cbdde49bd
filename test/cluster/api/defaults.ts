import type { Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

/** `{...defaults, ...given}` without letting an explicit null or undefined win. */
function fill(given: KubeObject | undefined, defaults: KubeObject): KubeObject {
  const result: KubeObject = { ...given };
  for (const [key, value] of Object.entries(defaults))
    if (result[key] === undefined || result[key] === null) result[key] = value;
  return result;
}

const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);

function probe(given: KubeObject | undefined): KubeObject | undefined {
  if (!given) return undefined;
  const filled = fill(given, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  return filled['httpGet'] ? { ...filled, httpGet: fill(filled['httpGet'], { path: '/', scheme: 'HTTP' }) } : filled;
}

/** A limit without a request sets the request: of pods, not of templates. */
function requested(given: KubeObject): KubeObject {
  return { ...given, resources: resources(given['resources']) };
}

function resources(given: KubeObject | undefined): KubeObject {
  const limits: KubeObject | undefined = given?.['limits'];
  if (!limits) return given ?? {};
  return { ...given, requests: fill(given?.['requests'], limits) };
}

const pullPolicy = (image: string): string => (/:latest$|^[^:@]*$|\/[^:@]*$/.test(image) ? 'Always' : 'IfNotPresent');

function container(given: KubeObject): KubeObject {
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].filter((name) => given[name]);
  return fill(
    {
      ...given,
      resources: given['resources'] ?? {},
      ...(given['ports'] && { ports: list(given['ports']).map((port) => fill(port, { protocol: 'TCP' })) }),
      ...(given['env'] && { env: list(given['env']).map(envVar) }),
      ...Object.fromEntries(probes.map((name) => [name, probe(given[name])])),
    },
    {
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: pullPolicy(String(given['image'] ?? '')),
    },
  );
}

function envVar(given: KubeObject): KubeObject {
  const ref = given['valueFrom']?.fieldRef;
  return ref ? { ...given, valueFrom: { ...given['valueFrom'], fieldRef: fill(ref, { apiVersion: 'v1' }) } } : given;
}

const modes = ['configMap', 'secret', 'downwardAPI', 'projected'];

function volume(given: KubeObject): KubeObject {
  const kind = modes.find((name) => given[name]);
  if (kind) return { ...given, [kind]: fill(given[kind], { defaultMode: 420 }) };
  if (given['hostPath']) return { ...given, hostPath: fill(given['hostPath'], { type: '' }) };
  return Object.keys(given).length === 1 ? { ...given, emptyDir: {} } : given;
}

/** Defaults of a pod spec wherever it stands: in a pod or in a template. */
export function podSpec(given: KubeObject, restartPolicy = 'Always'): KubeObject {
  const account = given['serviceAccountName'] ?? given['serviceAccount'];
  return fill(
    {
      ...given,
      ...(account && { serviceAccountName: account, serviceAccount: account }),
      containers: list(given['containers']).map(container),
      ...(given['initContainers'] && { initContainers: list(given['initContainers']).map(container) }),
      ...(given['volumes'] && { volumes: list(given['volumes']).map(volume) }),
    },
    {
      restartPolicy,
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    },
  );
}

const template = (spec: KubeObject, restartPolicy?: string): KubeObject =>
  spec['template']
    ? {
        ...spec,
        template: fill(
          { ...spec['template'], spec: podSpec(spec['template'].spec ?? {}, restartPolicy) },
          { metadata: {} },
        ),
      }
    : spec;

const tolerate = (key: string): KubeObject => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
});
const toleratedTaints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** What admission adds to a pod as such: account, priority, the two five-minute tolerations. */
function pod(object: KubeObject): KubeObject {
  const filled = podSpec(object['spec'] ?? {});
  const inits = filled['initContainers'] && { initContainers: list(filled['initContainers']).map(requested) };
  const spec: KubeObject = { ...filled, ...inits, containers: list(filled['containers']).map(requested) };
  const tolerations = list(spec['tolerations']);
  const missing = toleratedTaints.filter(
    (key) =>
      !tolerations.some(
        (one) => (!one['key'] || one['key'] === key) && (!one['effect'] || one['effect'] === 'NoExecute'),
      ),
  );
  return {
    ...object,
    spec: fill(
      { ...spec, tolerations: [...tolerations, ...missing.map(tolerate)] },
      {
        enableServiceLinks: true,
        serviceAccountName: 'default',
        serviceAccount: 'default',
        priority: 0,
        preemptionPolicy: 'PreemptLowerPriority',
      },
    ),
  };
}

function deployment(spec: KubeObject): KubeObject {
  const filled = template(
    fill(spec, {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate' },
    }),
  );
  const strategy = fill(filled['strategy'], { type: 'RollingUpdate' });
  if (strategy['type'] !== 'RollingUpdate') return { ...filled, strategy };
  const rollingUpdate = fill(strategy['rollingUpdate'], { maxUnavailable: '25%', maxSurge: '25%' });
  return { ...filled, strategy: { ...strategy, rollingUpdate } };
}

function statefulSet(spec: KubeObject): KubeObject {
  const filled = template(
    fill(spec, {
      replicas: 1,
      revisionHistoryLimit: 10,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    }),
  );
  const claims = list(spec['volumeClaimTemplates']).map((claim) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    ...claim,
    spec: fill(claim['spec'], { volumeMode: 'Filesystem' }),
    status: claim['status'] ?? { phase: 'Pending' },
  }));
  return { ...filled, ...(claims.length > 0 && { volumeClaimTemplates: claims }) };
}

function daemonSet(spec: KubeObject): KubeObject {
  const filled = template(fill(spec, { revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate' } }));
  const strategy = filled['updateStrategy'];
  if (strategy.type !== 'RollingUpdate') return filled;
  return {
    ...filled,
    updateStrategy: { ...strategy, rollingUpdate: fill(strategy.rollingUpdate, { maxUnavailable: 1, maxSurge: 0 }) },
  };
}

const job = (spec: KubeObject): KubeObject => {
  const filled = template(
    fill(spec, { backoffLimit: 6, completionMode: 'NonIndexed', suspend: false, manualSelector: undefined }),
  );
  return fill(
    filled,
    filled['completions'] === undefined && filled['parallelism'] === undefined
      ? { completions: 1, parallelism: 1 }
      : { parallelism: 1 },
  );
};

const cronJob = (spec: KubeObject): KubeObject =>
  fill(
    {
      ...spec,
      jobTemplate: fill({ ...spec['jobTemplate'], spec: template(spec['jobTemplate']?.spec ?? {}) }, { metadata: {} }),
    },
    { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
  );

function service(spec: KubeObject): KubeObject {
  const ports = list(spec['ports']).map((port) => fill(port, { protocol: 'TCP', targetPort: port['port'] }));
  return fill(
    { ...spec, ...(ports.length > 0 && { ports }) },
    {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    },
  );
}

const claim = (spec: KubeObject): KubeObject => fill(spec, { volumeMode: 'Filesystem' });
const volumeSpec = (spec: KubeObject): KubeObject =>
  fill(spec, { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain' });

const autoscaler = (spec: KubeObject): KubeObject =>
  fill(spec, {
    minReplicas: 1,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  });

const specDefaults: Readonly<Record<string, (spec: KubeObject) => KubeObject>> = {
  Deployment: deployment,
  ReplicaSet: (spec) => template(fill(spec, { replicas: 1 })),
  ReplicationController: (spec) => template(fill(spec, { replicas: 1 })),
  StatefulSet: statefulSet,
  DaemonSet: daemonSet,
  Job: job,
  CronJob: cronJob,
  Service: service,
  PersistentVolumeClaim: claim,
  PersistentVolume: volumeSpec,
  HorizontalPodAutoscaler: autoscaler,
  NetworkPolicy: (spec) => fill(spec, { policyTypes: spec['egress'] ? ['Ingress', 'Egress'] : ['Ingress'] }),
};

const restGroup = 'rbac.authorization.k8s.io';
const subjectGroup = (one: KubeObject): KubeObject =>
  one['kind'] === 'ServiceAccount' ? one : fill(one, { apiGroup: restGroup });

const wholeDefaults: Readonly<Record<string, (object: KubeObject) => KubeObject>> = {
  Pod: pod,
  Secret: secret,
  StorageClass: (object) => fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  RoleBinding: (object) => ({
    ...object,
    ...(object['subjects'] && { subjects: list(object['subjects']).map(subjectGroup) }),
  }),
  ClusterRoleBinding: (object) => ({
    ...object,
    ...(object['subjects'] && { subjects: list(object['subjects']).map(subjectGroup) }),
  }),
  Namespace: (object) => ({
    ...object,
    metadata: {
      ...object['metadata'],
      labels: { ...object['metadata'].labels, 'kubernetes.io/metadata.name': object['metadata'].name },
    },
    spec: fill(object['spec'], { finalizers: ['kubernetes'] }),
  }),
};

function secret(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object;
  const encoded = Object.entries((stringData ?? {}) as Record<string, string>).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  const data = { ...(rest['data'] as KubeObject | undefined), ...Object.fromEntries(encoded) };
  return fill({ ...rest, ...(Object.keys(data).length > 0 && { data }) }, { type: 'Opaque' });
}

/** Fills in what a real server fills in, where an action, a controller or kubectl depends on it. Pure. */
export function withDefaults(object: KubeObject, resource: Resource): KubeObject {
  if (!resource.model) return object;
  const whole = wholeDefaults[resource.kind];
  if (whole) return whole(object);
  const spec = specDefaults[resource.kind];
  return spec ? { ...object, spec: spec(object['spec'] ?? {}) } : object;
}
