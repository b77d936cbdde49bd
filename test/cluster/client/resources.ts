import type { KubeObject } from '../runtime.ts';

/** Where a kind lives in the API. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const table = {
  v1: 'Namespace- Node- PersistentVolume- Pod Event Service Endpoints=endpoints ConfigMap Secret ServiceAccount PersistentVolumeClaim ResourceQuota LimitRange',
  'apps/v1': 'Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision',
  'batch/v1': 'Job CronJob',
  'autoscaling/v2': 'HorizontalPodAutoscaler',
  'policy/v1': 'PodDisruptionBudget',
  'networking.k8s.io/v1': 'NetworkPolicy=networkpolicies Ingress=ingresses',
  'scheduling.k8s.io/v1': 'PriorityClass-=priorityclasses',
  'rbac.authorization.k8s.io/v1': 'Role RoleBinding ClusterRole- ClusterRoleBinding-',
  'apiextensions.k8s.io/v1': 'CustomResourceDefinition-',
  'storage.k8s.io/v1': 'StorageClass-=storageclasses',
  'coordination.k8s.io/v1': 'Lease',
  'discovery.k8s.io/v1': 'EndpointSlice',
  'snapshot.storage.k8s.io/v1': 'VolumeSnapshot VolumeSnapshotContent-',
  'cert-manager.io/v1': 'Certificate CertificateRequest',
  'postgresql.cnpg.io/v1': 'Cluster Backup',
  'argoproj.io/v1alpha1': 'Application',
} as const;

/** `Kind`, `Kind-` (not namespaced), `Kind=plural` (where adding an s is wrong). */
function parse(apiVersion: string, word: string): Resource {
  const [name = '', plural] = word.split('=');
  const kind = name.replace('-', '');
  return { apiVersion, kind, plural: plural ?? `${kind.toLowerCase()}s`, namespaced: !name.endsWith('-') };
}

const known: ReadonlyMap<string, Resource> = new Map(
  Object.entries(table)
    .flatMap(([apiVersion, words]) => words.split(' ').map((word) => parse(apiVersion, word)))
    .map((resource) => [resource.kind, resource]),
);

/** The resource of a kind that the cluster's own controllers use; throws on a kind that is not in the table. */
export function resourceOf(kind: string): Resource {
  const resource = known.get(kind);
  if (!resource) throw new Error(`no resource is known for kind ${kind}`);
  return resource;
}

/** The resource of any object: from the table, or by guessing the plural for custom kinds. */
export function resourceOfObject(object: KubeObject): Resource {
  const resource = known.get(object.kind);
  if (resource)
    return resource.apiVersion === object.apiVersion ? resource : { ...resource, apiVersion: object.apiVersion };
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    plural: `${String(object.kind).toLowerCase()}s`,
    namespaced: object.metadata.namespace !== undefined,
  };
}

/** `/api/v1/namespaces/shop/pods`, `/apis/apps/v1/deployments`, … */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  return namespace !== undefined && resource.namespaced
    ? `${root}/namespaces/${namespace}/${resource.plural}`
    : `${root}/${resource.plural}`;
}

/** `namespace/name`, or `name` where there is no namespace: how informers and queues name an object. */
export const keyOf = (object: KubeObject): string =>
  object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;

/** The parts of a key. */
export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
