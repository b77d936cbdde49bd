import { same } from './json.ts';
import { quantity } from '../quantity.ts';
import { matchesSelector } from './selectors.ts';
import { schemaCauses } from './structural.ts';
import { isObject } from './json.ts';
import { invalid, type ApiError, type Cause } from './status.ts';
import type { Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value ?? null);

const invalidValue = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${shown(value)}: ${why}`,
  field,
});
export const required = (field: string, why = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: `Required value${why ? `: ${why}` : ''}`,
  field,
});
const forbiddenField = (field: string, why: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});
const unsupported = (field: string, value: unknown, supported: readonly string[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`,
  field,
});

type Check = (object: KubeObject, old: KubeObject | undefined) => readonly Cause[];
const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);
const immutable = 'field is immutable';

function containerCauses(container: KubeObject, at: string): Cause[] {
  const requests = (container['resources']?.requests ?? {}) as Record<string, string>;
  const limits = (container['resources']?.limits ?? {}) as Record<string, string>;
  const above = Object.entries(requests)
    .filter(([name, value]) => limits[name] !== undefined && quantity(value) > quantity(limits[name]))
    .map(([name, value]) =>
      invalidValue(`${at}.resources.requests`, value, `must be less than or equal to ${name} limit`),
    );
  const bad = [...Object.entries(requests), ...Object.entries(limits)].filter(([, value]) =>
    Number.isNaN(quantity(value)),
  );
  return [
    ...(container['name'] ? [] : [required(`${at}.name`)]),
    ...(container['image'] ? [] : [required(`${at}.image`)]),
    ...bad.map(([name, value]) =>
      invalidValue(`${at}.resources[${name}]`, value, 'quantities must match the regular expression'),
    ),
    ...above,
  ];
}

function podSpecCauses(spec: KubeObject, at: string): Cause[] {
  const containers = list(spec['containers']);
  const names = containers.map((one) => one['name']);
  const twice = names.findIndex((name, index) => names.indexOf(name) < index);
  return [
    ...(containers.length > 0 ? [] : [required(`${at}.containers`)]),
    ...(twice < 0
      ? []
      : [
          {
            reason: 'FieldValueDuplicate',
            message: `Duplicate value: ${shown(names[twice])}`,
            field: `${at}.containers[${twice}].name`,
          },
        ]),
    ...containers.flatMap((one, index) => containerCauses(one, `${at}.containers[${index}]`)),
    ...list(spec['initContainers']).flatMap((one, index) => containerCauses(one, `${at}.initContainers[${index}]`)),
  ];
}

/** Only images, the deadline, added tolerations and (once) the node of a pod may change. */
const podSpecChange: Check = (pod, old) => {
  if (!old) return [];
  const strip = (spec: KubeObject): KubeObject => ({
    ...spec,
    containers: list(spec['containers']).map((one) => ({ ...one, image: '' })),
    initContainers: list(spec['initContainers']).map((one) => ({ ...one, image: '' })),
    activeDeadlineSeconds: 0,
    tolerations: [],
    terminationGracePeriodSeconds: 0,
  });
  if (same(strip(pod['spec']), strip(old['spec']))) return [];
  return [
    forbiddenField(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` (only additions to existing tolerations)',
    ),
  ];
};

const pods: Check = (pod, old) => [...podSpecCauses(pod['spec'], 'spec'), ...podSpecChange(pod, old)];

const templated: Check = (object, old) => {
  const spec: KubeObject = object['spec'] ?? {};
  const labels = spec['template']?.metadata?.labels;
  return [
    ...(spec['selector'] ? [] : [required('spec.selector')]),
    ...(spec['selector'] && !matchesSelector(spec['selector'], labels)
      ? [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
      : []),
    ...(Number(spec['replicas'] ?? 0) < 0
      ? [invalidValue('spec.replicas', spec['replicas'], 'must be greater than or equal to 0')]
      : []),
    ...podSpecCauses(spec['template']?.spec ?? {}, 'spec.template.spec'),
    ...(old && !same(old['spec'].selector, spec['selector'])
      ? [invalidValue('spec.selector', spec['selector'], immutable)]
      : []),
  ];
};

const deployments: Check = (object, old) => [
  ...templated(object, old),
  ...(object['spec']?.strategy?.type === 'Recreate' && object['spec'].strategy.rollingUpdate
    ? [forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")]
    : []),
];

const statefulSetMutable = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'persistentVolumeClaimRetentionPolicy',
  'revisionHistoryLimit',
];

const statefulSets: Check = (object, old) => {
  const causes = templated(object, undefined);
  if (!old) return causes;
  const rest = (spec: KubeObject): KubeObject =>
    Object.fromEntries(Object.entries(spec).filter(([key]) => !statefulSetMutable.includes(key)));
  if (same(rest(object['spec']), rest(old['spec']))) return causes;
  const names =
    "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'";
  return [
    ...causes,
    forbiddenField('spec', `updates to statefulset spec for fields other than ${names} are forbidden`),
  ];
};

const jobs: Check = (job, old) => {
  const spec: KubeObject = job['spec'] ?? {};
  const policy = spec['template']?.spec?.restartPolicy;
  const policies = ['OnFailure', 'Never'];
  return [
    ...podSpecCauses(spec['template']?.spec ?? {}, 'spec.template.spec'),
    ...(policies.includes(policy) ? [] : [unsupported('spec.template.spec.restartPolicy', policy, policies)]),
    ...(old && !same(old['spec'].template, spec['template']) && !old['spec'].suspend
      ? [invalidValue('spec.template', '', immutable)]
      : []),
    ...(old && !same(old['spec'].completions, spec['completions'])
      ? [invalidValue('spec.completions', spec['completions'], immutable)]
      : []),
    ...(old && !same(old['spec'].selector, spec['selector']) ? [invalidValue('spec.selector', '', immutable)] : []),
  ];
};

const claims: Check = (claim, old) => {
  const spec: KubeObject = claim['spec'] ?? {};
  const size = spec['resources']?.requests?.storage;
  if (!old) return size ? [] : [required('spec.resources[storage]')];
  const before: KubeObject = old['spec'];
  const rest = (one: KubeObject): KubeObject => ({
    ...one,
    resources: undefined,
    volumeName: undefined,
    volumeAttributesClassName: undefined,
  });
  const oldSize = before['resources']?.requests?.storage;
  const changed =
    !same(rest(spec), rest(before)) || (before['volumeName'] && before['volumeName'] !== spec['volumeName']);
  const grown = !same(size, oldSize) && quantity(size) > quantity(oldSize);
  if (changed || (grown && old['status']?.phase !== 'Bound'))
    return [forbiddenField('spec', 'spec is immutable after creation except resources.requests for bound claims')];
  const actual = old['status']?.capacity?.storage ?? oldSize;
  if (quantity(size) < quantity(oldSize) && quantity(size) <= quantity(actual))
    return [forbiddenField('spec.resources.requests.storage', 'field can not be less than previous value')];
  return [];
};

const keptData =
  (...fields: readonly string[]): Check =>
  (object, old) => {
    if (!old?.['immutable']) return [];
    const changed = fields.filter((field) => !same(object[field], old[field]));
    return [
      ...(object['immutable'] ? [] : [forbiddenField('immutable', 'field is immutable when `immutable` is set')]),
      ...changed.map((field) => forbiddenField(field, 'field is immutable when `immutable` is set')),
    ];
  };

const dataKey = /^[-._a-zA-Z0-9]{1,253}$/;
const dataKeys = (object: KubeObject): Cause[] =>
  Object.keys(object['data'] ?? {})
    .filter((key) => !dataKey.test(key))
    .map((key) =>
      invalidValue(`data[${key}]`, key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"),
    );

const configMaps: Check = (object, old) => [...dataKeys(object), ...keptData('data', 'binaryData')(object, old)];

const secrets: Check = (object, old) => [
  ...dataKeys(object),
  ...keptData('data')(object, old),
  ...(old && old['type'] !== object['type'] ? [invalidValue('type', object['type'], immutable)] : []),
];

const budgets: Check = (object) =>
  object['spec']?.minAvailable !== undefined && object['spec']?.maxUnavailable !== undefined
    ? [invalidValue('spec', object['spec'], 'minAvailable and maxUnavailable cannot be both set')]
    : [];

const autoscalers: Check = (object) => {
  const spec: KubeObject = object['spec'] ?? {};
  return [
    ...(Number(spec['maxReplicas']) > 0
      ? []
      : [invalidValue('spec.maxReplicas', spec['maxReplicas'] ?? 0, 'must be greater than 0')]),
    ...(Number(spec['maxReplicas']) < Number(spec['minReplicas'])
      ? [invalidValue('spec.maxReplicas', spec['maxReplicas'], 'must be greater than or equal to `minReplicas`')]
      : []),
  ];
};

const bindings: Check = (object, old) =>
  old && !same(old['roleRef'], object['roleRef'])
    ? [invalidValue('roleRef', object['roleRef'], 'cannot change roleRef')]
    : [];

const services: Check = (object, old) =>
  old?.['spec'].clusterIP &&
  old['spec'].clusterIP !== object['spec'].clusterIP &&
  object['spec'].type !== 'ExternalName'
    ? [invalidValue('spec.clusterIPs[0]', object['spec'].clusterIP, 'may not change once set')]
    : [];

const approvalKey = 'api-approved.kubernetes.io';

/** Groups of Kubernetes' own are protected: a definition in them has to say who approved it. */
const definitions: Check = (object) => {
  const group = String(object['spec']?.group ?? '');
  const isProtected = /(^|[.])(k8s|kubernetes)[.]io$/.test(group);
  if (!isProtected || object['metadata'].annotations?.[approvalKey]) return [];
  const why = `protected groups must have approval annotation "${approvalKey}", see https://github.com/kubernetes/enhancements/pull/1111`;
  return [required(`metadata.annotations[${approvalKey}]`, why)];
};

const checks: Readonly<Record<string, Check>> = {
  Pod: pods,
  Deployment: deployments,
  ReplicaSet: templated,
  DaemonSet: templated,
  StatefulSet: statefulSets,
  Job: jobs,
  PersistentVolumeClaim: claims,
  Secret: secrets,
  ConfigMap: configMaps,
  PodDisruptionBudget: budgets,
  HorizontalPodAutoscaler: autoscalers,
  RoleBinding: bindings,
  ClusterRoleBinding: bindings,
  Service: services,
  CustomResourceDefinition: definitions,
};

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const freeNames = new Set(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);

function metadataCauses(object: KubeObject, old: KubeObject | undefined, resource: Resource): Cause[] {
  const meta = object['metadata'];
  const causes: Cause[] = [];
  if (!meta.name) causes.push(required('metadata.name', 'name or generateName is required'));
  else if (!freeNames.has(resource.kind) && (!subdomain.test(meta.name) || meta.name.length > 253))
    causes.push(
      invalidValue(
        'metadata.name',
        meta.name,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      ),
    );
  for (const [key, value] of Object.entries((meta.labels ?? {}) as Record<string, string>))
    if (!labelValue.test(value) || value.length > 63)
      causes.push(
        invalidValue(
          'metadata.labels',
          value,
          `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.' (key ${key})`,
        ),
      );
  const added = ((meta.finalizers ?? []) as string[]).filter(
    (one) => !((old?.['metadata'].finalizers ?? []) as string[]).includes(one),
  );
  if (old?.['metadata'].deletionTimestamp && added.length > 0)
    causes.push(
      forbiddenField(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map(shown).join(', ')}}`,
      ),
    );
  if (old && meta.uid !== old['metadata'].uid) causes.push(invalidValue('metadata.uid', meta.uid, immutable));
  return causes;
}

/** Why the API would refuse this object with 422, or nothing. `old` is given for updates. */
export function validate(
  object: KubeObject,
  old: KubeObject | undefined,
  resource: Resource,
  status: boolean,
): ApiError | undefined {
  const causes = [
    ...metadataCauses(object, old, resource),
    ...(status || !resource.model ? [] : (checks[resource.kind]?.(object, old) ?? [])),
    ...(isObject(resource.schema) ? schemaCauses(object, resource.schema) : []),
  ];
  return causes.length > 0 ? invalid(resource, object['metadata'].name ?? '', causes) : undefined;
}
