import { same } from './json.ts';
import { conflict, success } from './status.ts';
import { existing, writeOptions } from './write.ts';
import { timestamp, type Call, type Context } from './context.ts';
import type { Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

/** Kinds whose delete answers with the object rather than with a Status. */
const returnsObject = new Set([
  'Pod',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'PodTemplate',
  'ResourceQuota',
  'ServiceAccount',
]);

function preconditions(call: Call, object: KubeObject, options: KubeObject): void {
  const wanted: KubeObject = options['preconditions'] ?? {};
  const { uid, resourceVersion, name } = object['metadata'];
  if (wanted['uid'] && wanted['uid'] !== uid)
    throw conflict(
      call.resource,
      name,
      `Precondition failed: UID in precondition: ${wanted['uid']}, UID in object meta: ${uid}`,
    );
  if (wanted['resourceVersion'] && wanted['resourceVersion'] !== resourceVersion)
    throw conflict(
      call.resource,
      name,
      `Precondition failed: ResourceVersion in precondition: ${wanted['resourceVersion']}, ResourceVersion in object meta: ${resourceVersion}`,
    );
}

/** Seconds a pod may take to end; 0 = gone at once. Only pods end gracefully. */
function grace(object: KubeObject, resource: Resource, call: Call, options: KubeObject): number {
  if (resource.kind !== 'Pod') return 0;
  const asked = options['gracePeriodSeconds'] ?? call.query.get('gracePeriodSeconds');
  const period = Number(asked ?? object['spec'].terminationGracePeriodSeconds ?? 30);
  const ended = ['Succeeded', 'Failed'].includes(object['status']?.phase as string);
  return !object['spec'].nodeName || ended ? 0 : period;
}

function propagation(call: Call, options: KubeObject): string | undefined {
  if (options['orphanDependents'] === true) return 'Orphan';
  return options['propagationPolicy'] ?? call.query.get('propagationPolicy') ?? undefined;
}

const policyFinalizers: Readonly<Record<string, string>> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' };

function finalizersAfter(object: KubeObject, policy: string | undefined): string[] {
  const current: string[] = object['metadata'].finalizers ?? [];
  if (!policy) return current;
  const others = current.filter((one) => !Object.values(policyFinalizers).includes(one));
  const added = policyFinalizers[policy];
  return added ? [...others, added] : others;
}

/** Deletes an object, or marks it when somebody still has to finish: a finalizer, a kubelet, the namespace controller. */
export function remove(context: Context, call: Call, options: KubeObject): KubeObject {
  const object = existing(context, call);
  preconditions(call, object, options);
  const { dryRun } = writeOptions(call, options);
  const finalizers = finalizersAfter(object, propagation(call, options));
  const period = grace(object, call.resource, call, options);
  const namespaced = call.resource.shelf === 'namespaces.' && object['spec']?.finalizers?.length > 0;
  if (finalizers.length === 0 && period === 0 && !namespaced) return gone(context, call, object, dryRun);
  const marked = mark(context, object, finalizers, period);
  if (dryRun || same(marked, object)) return marked;
  return context.store.put(call.resource.shelf, marked);
}

function gone(context: Context, call: Call, object: KubeObject, dryRun: boolean): KubeObject {
  const last = dryRun ? object : (context.store.remove(call.resource.shelf, object) ?? object);
  if (returnsObject.has(call.resource.kind)) return last;
  const { name, uid } = object['metadata'];
  return success({ name, ...(call.resource.group && { group: call.resource.group }), kind: call.resource.plural, uid });
}

function mark(context: Context, object: KubeObject, finalizers: readonly string[], period: number): KubeObject {
  const meta: KubeObject = object['metadata'];
  const earlier = meta['deletionTimestamp'] !== undefined;
  const shorter = !earlier || period < Number(meta['deletionGracePeriodSeconds'] ?? 0);
  const generation = meta['generation'] === undefined || earlier ? {} : { generation: Number(meta['generation']) + 1 };
  const time = { deletionTimestamp: timestamp(context.clock.now() + period), deletionGracePeriodSeconds: period };
  const status = object['kind'] === 'Namespace' ? { status: { ...object['status'], phase: 'Terminating' } } : {};
  return {
    ...object,
    metadata: { ...meta, ...generation, ...(shorter && time), ...(finalizers.length > 0 && { finalizers }) },
    ...status,
  };
}
