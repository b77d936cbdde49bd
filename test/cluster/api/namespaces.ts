import { remove } from './delete.ts';
import { ownCall } from './garbage.ts';
import { randomUid, timestamp, type Context } from './context.ts';
import type { Keeper } from './keeper.ts';
import type { StoreEvent } from './store.ts';
import type { KubeObject } from '../runtime.ts';

const namespaceShelf = 'namespaces.';

/** Gives a new namespace its default service account and root CA; empties and ends a namespace that is being deleted. */
export function createNamespaceKeeper(context: Context): Keeper {
  const fresh = new Set<string>();
  const ending = new Set<string>();
  const stirred = new Set<string>();
  const { store } = context;

  function note(shelf: string, event: StoreEvent): void {
    const { name, namespace, deletionTimestamp } = event.object['metadata'];
    if (shelf !== namespaceShelf) {
      if (ending.has(namespace as string)) stirred.add(namespace as string);
      return;
    }
    if (event.type === 'ADDED') fresh.add(name as string);
    if (event.type === 'DELETED') ending.delete(name as string);
    else if (deletionTimestamp) {
      ending.add(name as string);
      stirred.add(name as string);
    }
  }

  function furnish(namespace: string): boolean {
    if (!store.get(namespaceShelf, undefined, namespace)) return false;
    const made = (kind: string, name: string, rest: KubeObject): KubeObject => ({
      kind,
      apiVersion: 'v1',
      metadata: { name, namespace, uid: randomUid(context.random), creationTimestamp: timestamp(context.clock.now()) },
      ...rest,
    });
    if (!store.get('serviceaccounts.', namespace, 'default'))
      store.put('serviceaccounts.', made('ServiceAccount', 'default', {}));
    if (!store.get('configmaps.', namespace, 'kube-root-ca.crt'))
      store.put('configmaps.', made('ConfigMap', 'kube-root-ca.crt', { data: { 'ca.crt': context.caPem } }));
    return true;
  }

  function contentOf(namespace: string): (readonly [string, KubeObject])[] {
    return [...store.shelves()].flatMap((shelf) =>
      store.list(shelf, namespace).map(([, object]) => [shelf, object] as const),
    );
  }

  function empty(namespace: string): boolean {
    const object = store.get(namespaceShelf, undefined, namespace);
    if (!object) return false;
    for (const [shelf, one] of contentOf(namespace)) {
      const call = ownCall(context, { shelf, namespace, name: one['metadata'].name as string });
      if (call && !one['metadata'].deletionTimestamp) remove(context, call, { propagationPolicy: 'Background' });
    }
    if (contentOf(namespace).length > 0) return true;
    const ended = { ...object, spec: { ...object['spec'], finalizers: [] } };
    if (object['metadata'].finalizers?.length > 0) store.put(namespaceShelf, ended);
    else store.remove(namespaceShelf, ended);
    return true;
  }

  function work(): boolean {
    const added = [...fresh];
    const touched = [...stirred];
    fresh.clear();
    stirred.clear();
    return [...added.map(furnish), ...touched.map(empty)].some(Boolean);
  }

  for (const [, object] of store.list(namespaceShelf)) fresh.add(object['metadata'].name as string);
  return { note, work };
}
