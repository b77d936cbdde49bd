import { nodeCells, podCells, type Cell } from './podcells.ts';
import { selectorText } from './subresources.ts';
import type { KubeObject } from '../runtime.ts';

/** `Name`, `Restarts:integer`, `IP::1` (name:type:priority) and the cells in that order. Age is filled in by the table. */
export interface Printer {
  readonly columns: readonly string[];
  cells(object: KubeObject, ageOf: (time: string | undefined) => string): readonly Cell[];
}

const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);
const none = '<none>';
const or = (value: unknown, fallback = none): string =>
  value === undefined || value === null || value === '' ? fallback : String(value);
const name = (one: KubeObject): string => one['metadata'].name as string;
const age = (one: KubeObject, ageOf: (time: string | undefined) => string): string =>
  ageOf(one['metadata'].creationTimestamp as string);

const containersOf = (spec: KubeObject | undefined): KubeObject[] => list(spec?.['template']?.spec?.containers);
const imageCells = (one: KubeObject): string[] => [
  containersOf(one['spec'])
    .map((c) => c['name'])
    .join(','),
  containersOf(one['spec'])
    .map((c) => c['image'])
    .join(','),
];
const selector = (value: KubeObject | undefined): string => or(selectorText(value));
const workload = ['Containers::1', 'Images::1', 'Selector::1'];
const status = (one: KubeObject, field: string): number => Number(one['status']?.[field] ?? 0);
const desired = (one: KubeObject): number => Number(one['spec']?.replicas ?? 0);

const simple = (columns: readonly string[], cells: Printer['cells']): Printer => ({
  columns: ['Name', ...columns, 'Age'],
  cells: (one, ageOf) => [name(one), ...cells(one, ageOf), age(one, ageOf)],
});

const replicas: Printer = {
  columns: ['Name', 'Desired:integer', 'Current:integer', 'Ready:integer', 'Age', ...workload],
  cells: (one, ageOf) => [
    name(one),
    desired(one),
    status(one, 'replicas'),
    status(one, 'readyReplicas'),
    age(one, ageOf),
    ...imageCells(one),
    selector(one['spec']?.selector),
  ],
};

const subjectsOf = (one: KubeObject, kind: string): string =>
  list(one['subjects'])
    .filter((subject) => subject['kind'] === kind)
    .map((subject) => (kind === 'ServiceAccount' ? `${subject['namespace']}/${subject['name']}` : subject['name']))
    .join(', ');

const binding: Printer = {
  columns: ['Name', 'Role', 'Age', 'Users::1', 'Groups::1', 'ServiceAccounts::1'],
  cells: (one, ageOf) => [
    name(one),
    `${one['roleRef'].kind}/${one['roleRef'].name}`,
    age(one, ageOf),
    subjectsOf(one, 'User'),
    subjectsOf(one, 'Group'),
    subjectsOf(one, 'ServiceAccount'),
  ],
};

const createdAt: Printer = {
  columns: ['Name', 'Created At:date'],
  cells: (one) => [name(one), one['metadata'].creationTimestamp as string],
};

function externalIps(one: KubeObject): string {
  const given = list(one['status']?.loadBalancer?.ingress).map((ingress) => ingress['ip'] ?? ingress['hostname']);
  if (one['spec'].type === 'LoadBalancer') return given.length > 0 ? given.join(',') : '<pending>';
  if (one['spec'].type === 'ExternalName') return String(one['spec'].externalName);
  return or(((one['spec'].externalIPs ?? []) as string[]).join(','));
}

const servicePorts = (one: KubeObject): string =>
  or(
    list(one['spec'].ports)
      .map((port) => `${port['port']}${port['nodePort'] ? `:${port['nodePort']}` : ''}/${port['protocol'] ?? 'TCP'}`)
      .join(','),
  );

function endpointsText(one: KubeObject): string {
  const all = list(one['subsets']).flatMap((subset) =>
    list(subset['addresses']).flatMap((address) =>
      list(subset['ports']).map((port) => `${address['ip']}:${port['port']}`),
    ),
  );
  return or(all.slice(0, 3).join(',') + (all.length > 3 ? ` + ${all.length - 3} more...` : ''));
}

function metricText(spec: KubeObject, current: KubeObject | undefined): string {
  const kind = String(spec['type'] ?? 'Resource');
  const key = kind[0]?.toLowerCase() + kind.slice(1);
  const target: KubeObject = spec[key]?.target ?? {};
  const now: KubeObject = current?.[key]?.current ?? {};
  const label = kind === 'Resource' ? `${spec[key]?.name}: ` : '';
  if (target['averageUtilization'] !== undefined)
    return `${label}${now['averageUtilization'] === undefined ? '<unknown>' : `${now['averageUtilization']}%`}/${target['averageUtilization']}%`;
  return `${label}${or(now['averageValue'] ?? now['value'], '<unknown>')}/${or(target['averageValue'] ?? target['value'])}`;
}

const hpaTargets = (one: KubeObject): string =>
  or(
    list(one['spec'].metrics)
      .map((metric, index) => metricText(metric, list(one['status']?.currentMetrics)[index]))
      .join(', '),
  );

function quotaText(one: KubeObject, limits: boolean): string {
  const hard = (one['status']?.hard ?? one['spec']?.hard ?? {}) as Record<string, string>;
  const used = (one['status']?.used ?? {}) as Record<string, string>;
  const rows = Object.keys(hard)
    .sort()
    .filter((key) => key.startsWith('limits.') === limits);
  return rows.map((key) => `${key}: ${used[key] ?? 0}/${hard[key]}`).join(', ');
}

function jobDuration(one: KubeObject, ageOf: (time: string | undefined) => string): string {
  const { startTime, completionTime } = one['status'] ?? {};
  if (!startTime) return '';
  if (!completionTime) return ageOf(startTime as string);
  const end = Date.parse(completionTime as string);
  return `${Math.max(0, Math.round((end - Date.parse(startTime as string)) / 1000))}s`;
}

const jobStatus = (one: KubeObject): string => {
  const done = list(one['status']?.conditions).find(
    (c) => c['status'] === 'True' && ['Complete', 'Failed', 'Suspended'].includes(c['type'] as string),
  );
  return (done?.['type'] as string | undefined) ?? 'Running';
};

export const printers: Readonly<Record<string, Printer>> = {
  Namespace: simple(['Status'], (one) => [or(one['status']?.phase, '')]),
  Node: {
    columns: [
      'Name',
      'Status',
      'Roles',
      'Age',
      'Version',
      'Internal-IP::1',
      'External-IP::1',
      'OS-Image::1',
      'Kernel-Version::1',
      'Container-Runtime::1',
    ],
    cells: nodeCells,
  },
  Pod: {
    columns: [
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP::1',
      'Node::1',
      'Nominated Node::1',
      'Readiness Gates::1',
    ],
    cells: podCells,
  },
  Event: {
    columns: [
      'Last Seen',
      'Type',
      'Reason',
      'Object',
      'Subobject::1',
      'Source::1',
      'Message',
      'First Seen::1',
      'Count:integer:1',
      'Name::1',
    ],
    cells: (one, ageOf) => {
      const ref: KubeObject = one['involvedObject'] ?? one['regarding'] ?? {};
      const source = one['source'] ?? one['deprecatedSource'] ?? {};
      const first = one['firstTimestamp'] ?? one['deprecatedFirstTimestamp'] ?? one['eventTime'];
      const last = one['series']?.lastObservedTime ?? one['lastTimestamp'] ?? one['deprecatedLastTimestamp'] ?? first;
      const from = [source.component ?? one['reportingComponent'] ?? one['reportingController'], source.host]
        .filter(Boolean)
        .join(', ');
      const count = Number(one['series']?.count ?? one['count'] ?? one['deprecatedCount'] ?? 1);
      return [
        ageOf(last as string),
        one['type'],
        one['reason'],
        `${String(ref['kind']).toLowerCase()}/${ref['name']}`,
        or(ref['fieldPath'], ''),
        from,
        String(one['message'] ?? one['note'] ?? '').trim(),
        ageOf(first as string),
        count,
        name(one),
      ] as Cell[];
    },
  },
  Service: {
    columns: ['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector::1'],
    cells: (one, ageOf) => [
      name(one),
      one['spec'].type as string,
      or(one['spec'].clusterIP),
      externalIps(one),
      servicePorts(one),
      age(one, ageOf),
      selector({ matchLabels: one['spec'].selector ?? {} }),
    ],
  },
  Endpoints: simple(['Endpoints'], (one) => [endpointsText(one)]),
  ConfigMap: simple(['Data'], (one) => [
    Object.keys({ ...(one['data'] as object), ...(one['binaryData'] as object) }).length,
  ]),
  Secret: simple(['Type', 'Data'], (one) => [one['type'] as string, Object.keys((one['data'] ?? {}) as object).length]),
  ServiceAccount: simple(['Secrets'], (one) => [list(one['secrets']).length]),
  PersistentVolumeClaim: {
    columns: ['Name', 'Status', 'Volume', 'Capacity', 'Access Modes', 'StorageClass', 'Age', 'VolumeMode::1'],
    cells: (one, ageOf) => [
      name(one),
      one['metadata'].deletionTimestamp ? 'Terminating' : or(one['status']?.phase, ''),
      or(one['spec'].volumeName, ''),
      or(one['status']?.capacity?.storage, ''),
      accessModes(one['status']?.accessModes),
      or(one['spec'].storageClassName, ''),
      age(one, ageOf),
      or(one['spec'].volumeMode),
    ],
  },
  PersistentVolume: {
    columns: [
      'Name',
      'Capacity',
      'Access Modes',
      'Reclaim Policy',
      'Status',
      'Claim',
      'StorageClass',
      'Reason',
      'Age',
      'VolumeMode::1',
    ],
    cells: (one, ageOf) => {
      const claim = one['spec'].claimRef;
      return [
        name(one),
        or(one['spec'].capacity?.storage, ''),
        accessModes(one['spec'].accessModes),
        one['spec'].persistentVolumeReclaimPolicy as string,
        or(one['status']?.phase, ''),
        claim ? `${claim.namespace}/${claim.name}` : '',
        or(one['spec'].storageClassName, ''),
        or(one['status']?.reason, ''),
        age(one, ageOf),
        or(one['spec'].volumeMode),
      ];
    },
  },
  ResourceQuota: {
    columns: ['Name', 'Age', 'Request', 'Limit'],
    cells: (one, ageOf) => [name(one), age(one, ageOf), quotaText(one, false), quotaText(one, true)],
  },
  LimitRange: createdAt,
  Role: createdAt,
  ClusterRole: createdAt,
  CustomResourceDefinition: createdAt,
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  ReplicationController: replicas,
  ReplicaSet: replicas,
  Deployment: {
    columns: ['Name', 'Ready', 'Up-to-date', 'Available', 'Age', ...workload],
    cells: (one, ageOf) => [
      name(one),
      `${status(one, 'readyReplicas')}/${desired(one)}`,
      String(status(one, 'updatedReplicas')),
      String(status(one, 'availableReplicas')),
      age(one, ageOf),
      ...imageCells(one),
      selector(one['spec']?.selector),
    ],
  },
  StatefulSet: {
    columns: ['Name', 'Ready', 'Age', 'Containers::1', 'Images::1'],
    cells: (one, ageOf) => [
      name(one),
      `${status(one, 'readyReplicas')}/${desired(one)}`,
      age(one, ageOf),
      ...imageCells(one),
    ],
  },
  DaemonSet: {
    columns: [
      'Name',
      'Desired:integer',
      'Current:integer',
      'Ready:integer',
      'Up-to-date:integer',
      'Available:integer',
      'Node Selector',
      'Age',
      ...workload,
    ],
    cells: (one, ageOf) => [
      name(one),
      status(one, 'desiredNumberScheduled'),
      status(one, 'currentNumberScheduled'),
      status(one, 'numberReady'),
      status(one, 'updatedNumberScheduled'),
      status(one, 'numberAvailable'),
      selector({ matchLabels: one['spec'].template?.spec?.nodeSelector ?? {} }),
      age(one, ageOf),
      ...imageCells(one),
      selector(one['spec']?.selector),
    ],
  },
  ControllerRevision: {
    columns: ['Name', 'Controller', 'Revision', 'Age'],
    cells: (one, ageOf) => {
      const owner = list(one['metadata'].ownerReferences).find((ref) => ref['controller']);
      const group = String(owner?.['apiVersion'] ?? '').split('/')[0];
      return [
        name(one),
        owner ? `${String(owner['kind']).toLowerCase()}.${group}/${owner['name']}` : none,
        String(one['revision']),
        age(one, ageOf),
      ];
    },
  },
  Job: {
    columns: ['Name', 'Status', 'Completions', 'Duration', 'Age', ...workload],
    cells: (one, ageOf) => [
      name(one),
      jobStatus(one),
      `${status(one, 'succeeded')}/${one['spec'].completions ?? 1}`,
      jobDuration(one, ageOf),
      age(one, ageOf),
      ...imageCells(one),
      selector(one['spec']?.selector),
    ],
  },
  CronJob: {
    columns: ['Name', 'Schedule', 'Timezone', 'Suspend:boolean', 'Active:integer', 'Last Schedule', 'Age', ...workload],
    cells: (one, ageOf) => [
      name(one),
      one['spec'].schedule as string,
      or(one['spec'].timeZone),
      one['spec'].suspend ? 'True' : 'False',
      list(one['status']?.active).length,
      one['status']?.lastScheduleTime ? ageOf(one['status'].lastScheduleTime as string) : none,
      age(one, ageOf),
      ...imageCells({ spec: one['spec'].jobTemplate?.spec ?? {} }),
      selector(one['spec'].jobTemplate?.spec?.selector),
    ],
  },
  HorizontalPodAutoscaler: simple(['Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas'], (one) => [
    `${one['spec'].scaleTargetRef?.kind}/${one['spec'].scaleTargetRef?.name}`,
    hpaTargets(one),
    or(one['spec'].minReplicas, '<unset>'),
    String(one['spec'].maxReplicas),
    status(one, 'currentReplicas'),
  ]),
  PodDisruptionBudget: simple(['Min Available', 'Max Unavailable', 'Allowed Disruptions:integer'], (one) => [
    or(one['spec'].minAvailable, 'N/A'),
    or(one['spec'].maxUnavailable, 'N/A'),
    status(one, 'disruptionsAllowed'),
  ]),
  NetworkPolicy: simple(['Pod-Selector'], (one) => [selector(one['spec'].podSelector)]),
  Ingress: simple(['Class', 'Hosts', 'Address', 'Ports'], (one) => [
    or(one['spec'].ingressClassName),
    or(
      list(one['spec'].rules)
        .map((rule) => rule['host'] ?? '*')
        .join(','),
      '*',
    ),
    list(one['status']?.loadBalancer?.ingress)
      .map((i) => i['ip'] ?? i['hostname'])
      .join(','),
    one['spec'].tls ? '80, 443' : '80',
  ]),
  StorageClass: simple(['Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion'], (one) => [
    one['provisioner'] as string,
    one['reclaimPolicy'] as string,
    one['volumeBindingMode'] as string,
    Boolean(one['allowVolumeExpansion']),
  ]),
  PriorityClass: simple(['Value:integer', 'Global-Default:boolean'], (one) => [
    Number(one['value']),
    Boolean(one['globalDefault']),
  ]),
  Lease: simple(['Holder'], (one) => [or(one['spec']?.holderIdentity, '')]),
  EndpointSlice: simple(['AddressType', 'Ports', 'Endpoints'], (one) => [
    one['addressType'] as string,
    or(
      list(one['ports'])
        .map((port) => port['port'])
        .join(','),
      '<unset>',
    ),
    or(
      list(one['endpoints'])
        .flatMap((e) => (e['addresses'] ?? []) as string[])
        .slice(0, 3)
        .join(','),
      '<unset>',
    ),
  ]),
};

const modeNames: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
function accessModes(modes: unknown): string {
  return ((modes ?? []) as string[]).map((mode) => modeNames[mode] ?? mode).join(',');
}
