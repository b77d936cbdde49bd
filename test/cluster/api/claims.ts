import type { Context } from './context.ts';
import type { Keeper } from './keeper.ts';
import type { KubeObject } from '../runtime.ts';

const finalizer = 'kubernetes.io/pvc-protection';
const shelf = 'persistentvolumeclaims.';

/** Lets a deleted claim go when no pod uses it any more. */
export function createClaimKeeper(context: Context): Keeper {
  const { store } = context;
  const leaving = new Map<string, readonly [namespace: string, name: string]>();
  let stirred = false;

  function inUse(namespace: string, name: string): boolean {
    return store.list('pods.', namespace).some(([, pod]) => {
      const volumes = (pod['spec']?.volumes ?? []) as KubeObject[];
      return (
        !['Succeeded', 'Failed'].includes(pod['status']?.phase as string) &&
        volumes.some((one) => one['persistentVolumeClaim']?.claimName === name)
      );
    });
  }

  function release(namespace: string, name: string): boolean {
    const claim = store.get(shelf, namespace, name);
    if (!claim?.['metadata'].deletionTimestamp) return false;
    if (inUse(namespace, name)) return false;
    const { finalizers, ...metadata } = claim['metadata'] as KubeObject;
    const left = ((finalizers ?? []) as string[]).filter((one) => one !== finalizer);
    const next = { ...claim, metadata: left.length > 0 ? { ...metadata, finalizers: left } : metadata };
    leaving.delete(`${namespace}/${name}`);
    if (left.length === 0) store.remove(shelf, next);
    else store.put(shelf, next);
    return true;
  }

  return {
    note(changed, event) {
      const { namespace, name, deletionTimestamp } = event.object['metadata'];
      if (changed === shelf && deletionTimestamp && event.type !== 'DELETED')
        leaving.set(`${namespace}/${name}`, [namespace as string, name as string]);
      if (changed === shelf || (changed === 'pods.' && leaving.size > 0)) stirred = leaving.size > 0;
    },
    work() {
      if (!stirred) return false;
      stirred = false;
      return [...leaving.values()].map(([namespace, name]) => release(namespace, name)).some(Boolean);
    },
  };
}
