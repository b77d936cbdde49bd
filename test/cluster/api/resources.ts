/**
 * The resource table: every kind the simulated API server serves, one line each. Discovery, routing, storage, defaulting
 * and printing all start from here. Custom resources are added at run time (see custom.ts).
 */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  /** Where the objects are kept; two resources with one shelf are two views of the same objects (events). */
  readonly shelf: string;
  /** Name of the client model that describes the shape; undefined for custom resources. */
  readonly model?: string;
  /** Field labels beside metadata.name and metadata.namespace. */
  readonly fields: readonly string[];
  readonly categories: readonly string[];
  /** Does metadata.generation count spec changes? */
  readonly generation: boolean;
  /** Paths of a custom resource's scale subresource. */
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector?: string };
  /** Structural schema of a custom resource (openAPIV3Schema), if it has one. */
  readonly schema?: unknown;
  readonly columns?: readonly {
    readonly name: string;
    readonly type: string;
    readonly jsonPath: string;
    readonly priority?: number;
  }[];
}

interface Row {
  readonly api: string;
  readonly plural: string;
  readonly kind: string;
  readonly short?: string;
  readonly cluster?: true;
  readonly sub?: string;
  readonly fields?: string;
  readonly model?: string;
  readonly shelf?: string;
  readonly all?: true;
  readonly generation?: true;
  readonly verbs?: string;
}

const allVerbs = 'create delete deletecollection get list patch update watch';
const readVerbs = 'get list';
const objectRef = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const eventFields = `${objectRef.map((f) => `involvedObject.${f}`).join(' ')} reason reportingComponent source type`;
const regardingFields = `${objectRef.map((f) => `regarding.${f}`).join(' ')} reason reportingController type`;
const podFields =
  'spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase status.podIP status.nominatedNodeName';

const rows: readonly Row[] = [
  {
    api: 'v1',
    plural: 'namespaces',
    kind: 'Namespace',
    short: 'ns',
    cluster: true,
    sub: 'status finalize',
    fields: 'status.phase',
  },
  { api: 'v1', plural: 'nodes', kind: 'Node', short: 'no', cluster: true, sub: 'status', fields: 'spec.unschedulable' },
  {
    api: 'v1',
    plural: 'pods',
    kind: 'Pod',
    short: 'po',
    sub: 'status log eviction binding resize exec attach portforward ephemeralcontainers',
    fields: podFields,
    all: true,
  },
  {
    api: 'v1',
    plural: 'events',
    kind: 'Event',
    short: 'ev',
    model: 'CoreV1Event',
    fields: eventFields,
    shelf: 'events',
  },
  { api: 'v1', plural: 'services', kind: 'Service', short: 'svc', sub: 'status', all: true },
  { api: 'v1', plural: 'endpoints', kind: 'Endpoints', short: 'ep' },
  { api: 'v1', plural: 'configmaps', kind: 'ConfigMap', short: 'cm' },
  { api: 'v1', plural: 'secrets', kind: 'Secret', fields: 'type' },
  { api: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', short: 'sa', sub: 'token' },
  { api: 'v1', plural: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', short: 'pvc', sub: 'status' },
  { api: 'v1', plural: 'persistentvolumes', kind: 'PersistentVolume', short: 'pv', cluster: true, sub: 'status' },
  { api: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota', short: 'quota', sub: 'status' },
  { api: 'v1', plural: 'limitranges', kind: 'LimitRange', short: 'limits' },
  { api: 'v1', plural: 'podtemplates', kind: 'PodTemplate' },
  {
    api: 'v1',
    plural: 'replicationcontrollers',
    kind: 'ReplicationController',
    short: 'rc',
    sub: 'status scale',
    fields: 'status.replicas',
    all: true,
    generation: true,
  },
  {
    api: 'apps/v1',
    plural: 'deployments',
    kind: 'Deployment',
    short: 'deploy',
    sub: 'status scale',
    all: true,
    generation: true,
  },
  {
    api: 'apps/v1',
    plural: 'replicasets',
    kind: 'ReplicaSet',
    short: 'rs',
    sub: 'status scale',
    fields: 'status.replicas',
    all: true,
    generation: true,
  },
  {
    api: 'apps/v1',
    plural: 'statefulsets',
    kind: 'StatefulSet',
    short: 'sts',
    sub: 'status scale',
    all: true,
    generation: true,
  },
  { api: 'apps/v1', plural: 'daemonsets', kind: 'DaemonSet', short: 'ds', sub: 'status', all: true, generation: true },
  { api: 'apps/v1', plural: 'controllerrevisions', kind: 'ControllerRevision' },
  {
    api: 'batch/v1',
    plural: 'jobs',
    kind: 'Job',
    sub: 'status',
    fields: 'status.successful',
    all: true,
    generation: true,
  },
  { api: 'batch/v1', plural: 'cronjobs', kind: 'CronJob', short: 'cj', sub: 'status', all: true, generation: true },
  {
    api: 'autoscaling/v2',
    plural: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    short: 'hpa',
    sub: 'status',
    model: 'V2HorizontalPodAutoscaler',
    all: true,
  },
  {
    api: 'policy/v1',
    plural: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    short: 'pdb',
    sub: 'status',
    generation: true,
  },
  { api: 'networking.k8s.io/v1', plural: 'networkpolicies', kind: 'NetworkPolicy', short: 'netpol', generation: true },
  { api: 'networking.k8s.io/v1', plural: 'ingresses', kind: 'Ingress', short: 'ing', sub: 'status', generation: true },
  { api: 'storage.k8s.io/v1', plural: 'storageclasses', kind: 'StorageClass', short: 'sc', cluster: true },
  {
    api: 'scheduling.k8s.io/v1',
    plural: 'priorityclasses',
    kind: 'PriorityClass',
    short: 'pc',
    cluster: true,
    generation: true,
  },
  { api: 'coordination.k8s.io/v1', plural: 'leases', kind: 'Lease' },
  { api: 'discovery.k8s.io/v1', plural: 'endpointslices', kind: 'EndpointSlice', generation: true },
  {
    api: 'events.k8s.io/v1',
    plural: 'events',
    kind: 'Event',
    short: 'ev',
    model: 'EventsV1Event',
    fields: regardingFields,
    shelf: 'events',
  },
  { api: 'rbac.authorization.k8s.io/v1', plural: 'roles', kind: 'Role' },
  { api: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings', kind: 'RoleBinding' },
  { api: 'rbac.authorization.k8s.io/v1', plural: 'clusterroles', kind: 'ClusterRole', cluster: true },
  { api: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', cluster: true },
  {
    api: 'authorization.k8s.io/v1',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    cluster: true,
    verbs: 'create',
  },
  {
    api: 'authorization.k8s.io/v1',
    plural: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    cluster: true,
    verbs: 'create',
  },
  {
    api: 'authorization.k8s.io/v1',
    plural: 'subjectaccessreviews',
    kind: 'SubjectAccessReview',
    cluster: true,
    verbs: 'create',
  },
  {
    api: 'authorization.k8s.io/v1',
    plural: 'localsubjectaccessreviews',
    kind: 'LocalSubjectAccessReview',
    verbs: 'create',
  },
  { api: 'authentication.k8s.io/v1', plural: 'tokenreviews', kind: 'TokenReview', cluster: true, verbs: 'create' },
  {
    api: 'apiextensions.k8s.io/v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    short: 'crd',
    cluster: true,
    sub: 'status',
    generation: true,
  },
  { api: 'metrics.k8s.io/v1beta1', plural: 'pods', kind: 'PodMetrics', verbs: readVerbs },
  { api: 'metrics.k8s.io/v1beta1', plural: 'nodes', kind: 'NodeMetrics', cluster: true, verbs: readVerbs },
];

const words = (text = ''): string[] => text.split(' ').filter(Boolean);

function fromRow(row: Row): Resource {
  const [group, version] = row.api.includes('/') ? (row.api.split('/') as [string, string]) : ['', row.api];
  const model = group === 'metrics.k8s.io' ? undefined : (row.model ?? `V1${row.kind}`);
  return {
    group,
    version: version,
    plural: row.plural,
    singular: row.kind.toLowerCase(),
    kind: row.kind,
    shortNames: words(row.short),
    namespaced: !row.cluster,
    verbs: words(row.verbs ?? allVerbs),
    subresources: words(row.sub),
    shelf: row.shelf ?? `${row.plural}.${group}`,
    ...(model && { model }),
    fields: words(row.fields),
    categories: row.all ? ['all'] : [],
    generation: Boolean(row.generation),
  };
}

export const builtIn: readonly Resource[] = rows.map(fromRow);

export const apiVersionOf = (resource: Resource): string =>
  resource.group ? `${resource.group}/${resource.version}` : resource.version;

/** `deployments.apps`, `pods`: how error messages name a resource. */
export const qualified = (resource: Resource): string =>
  resource.group ? `${resource.plural}.${resource.group}` : resource.plural;

/** The resources of one server: the built-in ones and those registered by a CustomResourceDefinition. */
export interface Registry {
  all(): readonly Resource[];
  find(group: string, version: string, plural: string): Resource | undefined;
  byKind(apiVersion: string, kind: string): Resource | undefined;
  byShelf(shelf: string): Resource | undefined;
  replaceCustom(owner: string, resources: readonly Resource[]): void;
}

export function createRegistry(): Registry {
  const custom = new Map<string, readonly Resource[]>();
  const all = (): readonly Resource[] => [...builtIn, ...[...custom.values()].flat()];
  let byPath = new Map<string, Resource>();
  let kinds = new Map<string, Resource>();
  let shelves = new Map<string, Resource>();
  const rebuild = (): void => {
    const list = all();
    byPath = new Map(list.map((one) => [`${apiVersionOf(one)}/${one.plural}`, one]));
    kinds = new Map(list.map((one) => [`${apiVersionOf(one)}/${one.kind}`, one]));
    shelves = new Map([...list].reverse().map((one) => [one.shelf, one]));
  };
  rebuild();
  return {
    all,
    find: (group, version, plural) => byPath.get(`${group ? `${group}/` : ''}${version}/${plural}`),
    byKind: (apiVersion, kind) => kinds.get(`${apiVersion}/${kind}`),
    byShelf: (shelf) => shelves.get(shelf),
    replaceCustom(owner, resources) {
      custom.set(owner, resources);
      if (resources.length === 0) custom.delete(owner);
      rebuild();
    },
  };
}
