import { amountsOf, shown, usedIn } from './quota.ts';
import { applyLimits } from './limits.ts';
import { establish } from './custom.ts';
import { quantity } from '../quantity.ts';
import { forbidden } from './status.ts';
import type { Call, Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

type Plugin = (context: Context, call: Call, object: KubeObject, old: KubeObject | undefined) => KubeObject;

const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);
const nameOf = (object: KubeObject): string => (object['metadata'].name as string | undefined) ?? '';

const text = (amounts: Readonly<Record<string, number>>, names: readonly string[]): string =>
  names.map((name) => `${name}=${shown(name, amounts[name] ?? 0)}`).join(',');

/** Refuses what would go over a quota; amounts that an update gives back are free. */
const quotas: Plugin = (context, call, object, old) => {
  const namespace = object['metadata'].namespace as string | undefined;
  const rules = namespace ? context.store.list('resourcequotas.', namespace) : [];
  if (rules.length === 0 || !namespace || call.subresource === 'status') return object;
  const wanted = amountsOf(object, call.resource.shelf);
  const before = old ? amountsOf(old, call.resource.shelf) : {};
  const used = usedIn(context, namespace);
  for (const [, quota] of rules) {
    const hard = (quota['spec']?.hard ?? {}) as Record<string, string>;
    unspecified(call, object, quota, hard, wanted);
    const over = Object.keys(hard).filter((name) => {
      const more = (wanted[name] ?? 0) - (before[name] ?? 0);
      return more > 0 && (used[name] ?? 0) + more > quantity(hard[name]);
    });
    if (over.length === 0) continue;
    const more = Object.fromEntries(over.map((name) => [name, (wanted[name] ?? 0) - (before[name] ?? 0)]));
    const limits = over.map((name) => `${name}=${hard[name]}`).join(',');
    throw forbidden(
      call.resource,
      nameOf(object),
      `exceeded quota: ${quota['metadata'].name}, requested: ${text(more, over)}, used: ${text(used, over)}, limited: ${limits}`,
    );
  }
  return object;
};

/** A quota on cpu or memory obliges pods to say how much they want. */
function unspecified(
  call: Call,
  pod: KubeObject,
  quota: KubeObject,
  hard: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, number>>,
): void {
  if (call.resource.kind !== 'Pod') return;
  const missing = Object.keys(hard).filter(
    (name) => /^((requests|limits)\.)?(cpu|memory)$/.test(name) && wanted[name] === undefined,
  );
  if (missing.length > 0)
    throw forbidden(
      call.resource,
      nameOf(pod),
      `failed quota: ${quota['metadata'].name}: must specify ${missing.join(',')}`,
    );
}

const serviceAccounts: Plugin = (context, call, object, old) => {
  if (call.resource.kind !== 'Pod' || old) return object;
  const account = object['spec'].serviceAccountName as string;
  if (account === 'default' || context.store.get('serviceaccounts.', object['metadata'].namespace as string, account))
    return object;
  throw forbidden(
    call.resource,
    nameOf(object),
    `error looking up service account ${object['metadata'].namespace}/${account}: serviceaccount "${account}" not found`,
  );
};

const priorities: Plugin = (context, call, object, old) => {
  const name = object['spec']?.priorityClassName as string | undefined;
  if (call.resource.kind !== 'Pod' || old || !name) return object;
  const found = context.store.get('priorityclasses.scheduling.k8s.io', undefined, name);
  if (!found) throw forbidden(call.resource, nameOf(object), `no PriorityClass with name ${name} was found`);
  return {
    ...object,
    spec: {
      ...object['spec'],
      priority: found['value'],
      preemptionPolicy: found['preemptionPolicy'] ?? 'PreemptLowerPriority',
    },
  };
};

/** A claim may grow only when its class allows it. */
const resizes: Plugin = (context, call, object, old) => {
  if (call.resource.kind !== 'PersistentVolumeClaim' || !old) return object;
  const size = (claim: KubeObject): number => quantity(claim['spec'].resources?.requests?.storage);
  if (size(object) <= size(old) || old['status']?.phase !== 'Bound') return object;
  const storageClass = context.store.get(
    'storageclasses.storage.k8s.io',
    undefined,
    (old['spec'].storageClassName as string | undefined) ?? '',
  );
  if (storageClass?.['allowVolumeExpansion']) return object;
  throw forbidden(
    call.resource,
    nameOf(object),
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  );
};

/** The default class for claims that name none; the finalizer that protects claims in use. */
const claims: Plugin = (context, call, object, old) => {
  if (call.resource.kind !== 'PersistentVolumeClaim' || old) return object;
  const finalizers = [
    ...new Set([...((object['metadata'].finalizers ?? []) as string[]), 'kubernetes.io/pvc-protection']),
  ];
  const protectedClaim = { ...object, metadata: { ...object['metadata'], finalizers } };
  if (object['spec'].storageClassName !== undefined) return protectedClaim;
  const isDefault = ([, one]: readonly [string, KubeObject]): boolean =>
    one['metadata'].annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  const found = context.store.list('storageclasses.storage.k8s.io').find(isDefault);
  return found
    ? { ...protectedClaim, spec: { ...object['spec'], storageClassName: found[1]['metadata'].name } }
    : protectedClaim;
};

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no pods until the node controller has seen it Ready. */
const nodes: Plugin = (_context, call, object, old) => {
  if (call.resource.kind !== 'Node' || old) return object;
  const taints = list(object['spec']?.taints);
  if (taints.some((one) => one['key'] === notReady.key && one['effect'] === notReady.effect)) return object;
  return { ...object, spec: { ...object['spec'], taints: [...taints, notReady] } };
};

function freeAddress(context: Context): string {
  const taken = new Set(context.store.list('services.').map(([, one]) => one['spec'].clusterIP as string));
  for (let number = 10; ; number += 1) {
    const address = `10.96.${number >> 8}.${number & 255}`;
    if (!taken.has(address)) return address;
  }
}

const services: Plugin = (context, call, object, old) => {
  const spec: KubeObject = object['spec'] ?? {};
  if (call.resource.kind !== 'Service' || spec['type'] === 'ExternalName') return object;
  const clusterIP = (spec['clusterIP'] || old?.['spec'].clusterIP || freeAddress(context)) as string;
  const needsPort = spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer';
  const ports = list(spec['ports']).map((port, index) =>
    needsPort && !port['nodePort']
      ? { ...port, nodePort: old?.['spec'].ports?.[index]?.nodePort ?? 30_000 + Math.floor(context.random() * 2768) }
      : port,
  );
  return {
    ...object,
    spec: { ...spec, ...(ports.length > 0 && { ports }), clusterIP, clusterIPs: spec['clusterIPs'] ?? [clusterIP] },
  };
};

const definitions: Plugin = (context, call, object) =>
  call.resource.kind === 'CustomResourceDefinition' ? establish(context, object) : object;

const jobLabels: Plugin = (_context, call, object, old) => {
  if (call.resource.kind !== 'Job' || old || object['spec'].manualSelector) return object;
  const uid = object['metadata'].uid as string;
  const name = nameOf(object);
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const template = object['spec'].template;
  const labels = { ...template.metadata?.labels, ...own };
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  return {
    ...object,
    spec: { ...object['spec'], selector, template: { ...template, metadata: { ...template.metadata, labels } } },
  };
};

const plugins: readonly Plugin[] = [
  definitions,
  nodes,
  services,
  jobLabels,
  claims,
  serviceAccounts,
  priorities,
  applyLimits,
  resizes,
  quotas,
];

/** Admission: each plugin may change the object or throw a 403. */
export const admit: Plugin = (context, call, object, old) =>
  plugins.reduce((current, plugin) => plugin(context, call, current, old), object);
