import type { KubeObject } from '../runtime.ts';

const rbac = 'rbac.authorization.k8s.io';
const role = (name: string, rules: readonly KubeObject[], labels: KubeObject = {}): KubeObject => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRole',
  metadata: { name, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels } },
  rules,
});
const bind = (name: string, to: string, subjects: readonly KubeObject[]): KubeObject => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: to },
  subjects,
});
const group = (name: string): KubeObject => ({ apiGroup: rbac, kind: 'Group', name });
const userOf = (name: string): KubeObject => ({ apiGroup: rbac, kind: 'User', name });
const rule = (apiGroups: string, resources: string, verbs: string): KubeObject => ({
  apiGroups: apiGroups.split(',').map((one) => (one === 'core' ? '' : one)),
  resources: resources.split(' '),
  verbs: verbs.split(' '),
});

const read = 'get list watch';
const write = 'create delete deletecollection patch update';
const namespacedKinds: readonly (readonly [string, string])[] = [
  ['core', 'configmaps endpoints persistentvolumeclaims pods services serviceaccounts events'],
  [
    'core',
    'replicationcontrollers replicationcontrollers/scale services/status pods/log pods/status persistentvolumeclaims/status',
  ],
  ['core', 'namespaces namespaces/status resourcequotas resourcequotas/status limitranges'],
  [
    'apps',
    'controllerrevisions daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ],
  ['apps', 'daemonsets/status deployments/status replicasets/status statefulsets/status'],
  ['batch', 'cronjobs jobs cronjobs/status jobs/status'],
  ['autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'],
  ['policy', 'poddisruptionbudgets poddisruptionbudgets/status'],
  ['networking.k8s.io', 'ingresses networkpolicies ingresses/status'],
  ['discovery.k8s.io', 'endpointslices'],
];
const writable: readonly (readonly [string, string])[] = [
  ['core', 'configmaps persistentvolumeclaims pods pods/eviction secrets services serviceaccounts'],
  [
    'apps',
    'daemonsets deployments deployments/scale deployments/rollback replicasets replicasets/scale statefulsets statefulsets/scale',
  ],
  ['batch', 'cronjobs jobs'],
  ['autoscaling', 'horizontalpodautoscalers'],
  ['policy', 'poddisruptionbudgets'],
  ['networking.k8s.io', 'ingresses networkpolicies'],
];

const viewRules = namespacedKinds.map(([api, kinds]) => rule(api, kinds, read));
const editRules = [
  ...viewRules,
  rule('core', 'secrets', read),
  ...writable.map(([api, kinds]) => rule(api, kinds, write)),
];

const namespace = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});

const priority = (name: string, value: number): KubeObject => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
  preemptionPolicy: 'PreemptLowerPriority',
});

const kubernetesService: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
    sessionAffinity: 'None',
    ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
  },
  status: { loadBalancer: {} },
};

/** What a cluster has before anybody does anything: four namespaces and the default roles. */
export const bootstrapObjects: readonly KubeObject[] = [
  kubernetesService,
  priority('system-cluster-critical', 2_000_000_000),
  priority('system-node-critical', 2_000_001_000),
  ...['default', 'kube-system', 'kube-public', 'kube-node-lease'].map(namespace),
  role('cluster-admin', [rule('*', '*', '*'), { nonResourceURLs: ['*'], verbs: ['*'] }]),
  role('admin', [...editRules, rule(rbac, 'roles rolebindings', `${read} ${write}`)]),
  role('edit', editRules),
  role('view', viewRules),
  role('system:basic-user', [
    rule('authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews', 'create'),
  ]),
  role('system:discovery', [
    {
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/openapi',
        '/openapi/*',
        '/healthz',
        '/livez',
        '/readyz',
        '/version',
        '/version/',
      ],
      verbs: ['get'],
    },
  ]),
  role('system:auth-delegator', [
    rule('authentication.k8s.io', 'tokenreviews', 'create'),
    rule('authorization.k8s.io', 'subjectaccessreviews', 'create'),
  ]),
  role('system:node', [
    rule('core', 'nodes nodes/status pods pods/status events', 'create delete get list patch update watch'),
    rule('core', 'pods/eviction', 'create'),
    rule('core', 'services endpoints configmaps secrets persistentvolumeclaims persistentvolumes', read),
    rule('coordination.k8s.io', 'leases', 'create delete get list patch update watch'),
  ]),
  role('system:kube-controller-manager', [rule('*', '*', '*'), { nonResourceURLs: ['*'], verbs: ['*'] }]),
  bind('cluster-admin', 'cluster-admin', [group('system:masters')]),
  bind('system:basic-user', 'system:basic-user', [group('system:authenticated')]),
  bind('system:discovery', 'system:discovery', [group('system:authenticated')]),
  bind('system:node', 'system:node', [group('system:nodes')]),
  bind('system:kube-controller-manager', 'system:kube-controller-manager', [userOf('system:kube-controller-manager')]),
];
