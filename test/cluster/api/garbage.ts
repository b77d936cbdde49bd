import { remove } from './delete.ts';
import { isObject } from './json.ts';
import type { Call, Context } from './context.ts';
import type { Keeper } from './keeper.ts';
import type { StoreEvent } from './store.ts';
import type { KubeObject } from '../runtime.ts';

interface Place {
  readonly shelf: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

const ownersOf = (object: KubeObject): KubeObject[] => (object['metadata'].ownerReferences ?? []) as KubeObject[];
const placeOf = (shelf: string, object: KubeObject): Place => ({
  shelf,
  namespace: object['metadata'].namespace as string | undefined,
  name: object['metadata'].name as string,
});
const placeKey = (place: Place): string => `${place.shelf} ${place.namespace ?? ''} ${place.name}`;

/** A call as the server makes it to itself. */
export function ownCall(context: Context, place: Place): Call | undefined {
  const resource = context.registry.byShelf(place.shelf);
  if (!resource) return undefined;
  return {
    resource,
    namespace: place.namespace,
    name: place.name,
    subresource: undefined,
    query: new URLSearchParams(),
    user: { name: 'system:kube-controller-manager', groups: [] },
    userAgent: 'kube-controller-manager',
    contentType: 'application/json',
    accept: '',
    body: undefined,
  };
}

/** Deletes what its owners have left behind; Foreground and Orphan deletion by their finalizers. */
export function createGarbageCollector(context: Context): Keeper {
  const live = new Map<string, Place>();
  const dependents = new Map<string, Map<string, Place>>();
  const suspects = new Map<string, Place>();
  const waitingOwners = new Map<string, Place>();
  const { store } = context;

  const read = (place: Place): KubeObject | undefined => store.get(place.shelf, place.namespace, place.name);

  function link(place: Place, object: KubeObject, add: boolean): void {
    for (const owner of ownersOf(object)) {
      const uid = owner['uid'] as string;
      const set = dependents.get(uid) ?? new Map<string, Place>();
      if (add) set.set(placeKey(place), place);
      else set.delete(placeKey(place));
      if (set.size > 0) dependents.set(uid, set);
      else dependents.delete(uid);
    }
  }

  function note(shelf: string, event: StoreEvent): void {
    const place = placeOf(shelf, event.object);
    const uid = event.object['metadata'].uid as string;
    const finalizers = (event.object['metadata'].finalizers ?? []) as string[];
    if (event.before && ownersOf(event.before) !== ownersOf(event.object)) link(place, event.before, false);
    if (event.type === 'DELETED') {
      link(place, event.object, false);
      live.delete(uid);
      for (const [key, one] of dependents.get(uid) ?? []) suspects.set(key, one);
      for (const owner of ownersOf(event.object)) wake(owner['uid'] as string);
      return;
    }
    live.set(uid, place);
    if (!event.before || ownersOf(event.before) !== ownersOf(event.object)) {
      link(place, event.object, true);
      if (ownersOf(event.object).length > 0) suspects.set(placeKey(place), place);
    }
    if (
      event.object['metadata'].deletionTimestamp &&
      finalizers.some((one) => one === 'foregroundDeletion' || one === 'orphan')
    )
      waitingOwners.set(uid, place);
  }

  function wake(uid: string): void {
    const owner = live.get(uid);
    if (owner && read(owner)?.['metadata'].deletionTimestamp) waitingOwners.set(uid, owner);
  }

  function destroy(place: Place, policy: 'Background' | 'Foreground'): void {
    const object = read(place);
    const call = ownCall(context, place);
    if (object && call && !object['metadata'].deletionTimestamp)
      remove(context, call, { propagationPolicy: policy, preconditions: { uid: object['metadata'].uid } });
  }

  function setMeta(place: Place, key: 'ownerReferences' | 'finalizers', value: readonly unknown[]): void {
    const object = read(place);
    if (!object) return;
    const { [key]: _old, ...metadata } = object['metadata'] as KubeObject;
    const next = { ...object, metadata: value.length > 0 ? { ...metadata, [key]: value } : metadata };
    const finished =
      key === 'finalizers' &&
      value.length === 0 &&
      object['metadata'].deletionTimestamp &&
      !Number(object['metadata'].deletionGracePeriodSeconds ?? 0);
    if (finished) store.remove(place.shelf, next);
    else store.put(place.shelf, next);
  }

  /** An object some of whose owners are gone: it goes when all are, else it loses the references to the gone ones. */
  function judge(place: Place): boolean {
    const object = read(place);
    if (!object) return false;
    const owners = ownersOf(object);
    const left = owners.filter((owner) => live.has(owner['uid'] as string));
    if (left.length === owners.length) return false;
    if (left.length === 0) destroy(place, 'Background');
    else setMeta(place, 'ownerReferences', left);
    return true;
  }

  function finishOwner(uid: string, place: Place): boolean {
    const object = read(place);
    if (!object || object['metadata'].uid !== uid) return false;
    const finalizers = (object['metadata'].finalizers ?? []) as string[];
    const children = [...(dependents.get(uid)?.values() ?? [])];
    if (finalizers.includes('orphan')) {
      for (const child of children)
        setMeta(
          child,
          'ownerReferences',
          ownersOf(read(child) ?? { metadata: {} }).filter((one) => one['uid'] !== uid),
        );
      setMeta(
        place,
        'finalizers',
        finalizers.filter((one) => one !== 'orphan'),
      );
      return true;
    }
    if (!finalizers.includes('foregroundDeletion')) return false;
    for (const child of children) destroy(child, 'Foreground');
    const blocking = children.filter(
      (child) =>
        isObject(read(child)) &&
        ownersOf(read(child) as KubeObject).some((one) => one['uid'] === uid && one['blockOwnerDeletion'] === true),
    );
    if (blocking.length === 0)
      setMeta(
        place,
        'finalizers',
        finalizers.filter((one) => one !== 'foregroundDeletion'),
      );
    return true;
  }

  function work(): boolean {
    const owners = [...waitingOwners];
    const judged = [...suspects.values()];
    waitingOwners.clear();
    suspects.clear();
    const finished = owners.map(([uid, place]) => finishOwner(uid, place));
    return [...finished, ...judged.map(judge)].some(Boolean);
  }

  for (const shelf of store.shelves())
    for (const [, object] of store.list(shelf)) note(shelf, { rv: 0, at: 0, type: 'ADDED', key: '', object });
  return { note, work };
}
