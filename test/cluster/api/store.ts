import type { KubeObject } from '../runtime.ts';

export interface StoreEvent {
  readonly rv: number;
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly object: KubeObject;
  /** The object as it was; undefined for ADDED. */
  readonly before?: KubeObject;
}

export type Listener = (shelf: string, event: StoreEvent) => void;

/** How much history is kept for watches and paged lists, in cluster seconds and in events per shelf. */
export interface Window {
  readonly seconds: number;
  readonly events: number;
}

/**
 * All objects, versioned by one counter. Objects are never changed in place: a write replaces them, so readers may keep
 * what they got. Per shelf the keys are kept sorted (as etcd does), and the recent past as a list of events from which
 * the state at an older resourceVersion is derived.
 */
export interface Store {
  readonly rv: () => number;
  get(shelf: string, namespace: string | undefined, name: string): KubeObject | undefined;
  /** The objects of a shelf (of one namespace when given) in key order, now or as of an older version. */
  list(shelf: string, namespace?: string, at?: number): readonly (readonly [string, KubeObject])[];
  /** Stores the object under its own name with the next resourceVersion and returns it. */
  put(shelf: string, object: KubeObject): KubeObject;
  remove(shelf: string, object: KubeObject): KubeObject | undefined;
  /** Events after `rv`, or undefined when the window no longer reaches back so far. */
  since(shelf: string, rv: number): readonly StoreEvent[] | undefined;
  /** Oldest version from which a watch can start. */
  oldest(shelf: string): number;
  /** Forgets the past: every older resourceVersion becomes Expired. */
  compact(): void;
  subscribe(listener: Listener): () => void;
  count(shelf: string): number;
  readonly shelves: () => Iterable<string>;
}

interface Shelf {
  readonly keys: string[];
  readonly objects: Map<string, KubeObject>;
  events: StoreEvent[];
  compacted: number;
}

export const keyOf = (namespace: string | undefined, name: string): string =>
  namespace ? `${namespace}/${name}` : name;

const ownKey = (object: KubeObject): string => keyOf(object['metadata'].namespace, object['metadata'].name);

/** First index whose key is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAfter(events: readonly StoreEvent[], rv: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle] as StoreEvent).rv <= rv) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function createStore(now: () => number, window: Window): Store {
  const shelves = new Map<string, Shelf>();
  const listeners = new Set<Listener>();
  let rv = 0;
  const floor = (): number => rv;

  function shelfOf(name: string): Shelf {
    let shelf = shelves.get(name);
    if (!shelf) shelves.set(name, (shelf = { keys: [], objects: new Map(), events: [], compacted: 0 }));
    return shelf;
  }

  /** Drops what has left the window; in batches, because dropping from the front of an array costs its length. */
  function trim(shelf: Shelf): void {
    const horizon = now() - window.seconds;
    const first = shelf.events[0];
    const tooMany = shelf.events.length > window.events * 1.25;
    if (!first || (!tooMany && first.at >= horizon - window.seconds / 4)) return;
    let drop = tooMany ? shelf.events.length - window.events : 0;
    while (drop < shelf.events.length && (shelf.events[drop] as StoreEvent).at < horizon) drop += 1;
    const last = shelf.events[drop - 1];
    if (last) shelf.compacted = last.rv;
    shelf.events = shelf.events.slice(drop);
  }

  function publish(name: string, shelf: Shelf, event: StoreEvent): void {
    shelf.events.push(event);
    trim(shelf);
    for (const listener of listeners) listener(name, event);
  }

  function past(shelf: Shelf, at: number): Map<string, KubeObject | undefined> {
    const changed = new Map<string, KubeObject | undefined>();
    for (let index = shelf.events.length - 1; index >= 0; index -= 1) {
      const event = shelf.events[index] as StoreEvent;
      if (event.rv <= at) break;
      changed.set(event.key, event.before);
    }
    return changed;
  }

  return {
    rv: floor,
    get: (name, namespace, object) => shelves.get(name)?.objects.get(keyOf(namespace, object)),
    list(name, namespace, at) {
      const shelf = shelfOf(name);
      const prefix = namespace ? `${namespace}/` : '';
      const start = prefix ? lowerBound(shelf.keys, prefix) : 0;
      const end = prefix ? lowerBound(shelf.keys, `${namespace}0`) : shelf.keys.length;
      const keys = shelf.keys.slice(start, end);
      if (at === undefined || at >= rv) return keys.map((key) => [key, shelf.objects.get(key) as KubeObject] as const);
      const changed = past(shelf, at);
      const gone = [...changed.keys()].filter((key) => key.startsWith(prefix) && !shelf.objects.has(key));
      const all = gone.length > 0 ? [...keys, ...gone].sort((a, b) => (a < b ? -1 : 1)) : keys;
      return all
        .map((key) => [key, changed.has(key) ? changed.get(key) : shelf.objects.get(key)] as const)
        .filter((pair): pair is readonly [string, KubeObject] => pair[1] !== undefined);
    },
    put(name, object) {
      const shelf = shelfOf(name);
      const key = ownKey(object);
      const before = shelf.objects.get(key);
      rv += 1;
      const stored = { ...object, metadata: { ...object['metadata'], resourceVersion: String(rv) } };
      if (!before) shelf.keys.splice(lowerBound(shelf.keys, key), 0, key);
      shelf.objects.set(key, stored);
      publish(name, shelf, {
        rv,
        at: now(),
        type: before ? 'MODIFIED' : 'ADDED',
        key,
        object: stored,
        ...(before && { before }),
      });
      return stored;
    },
    remove(name, object) {
      const shelf = shelfOf(name);
      const key = ownKey(object);
      const before = shelf.objects.get(key);
      if (!before) return undefined;
      rv += 1;
      const last = { ...object, metadata: { ...object['metadata'], resourceVersion: String(rv) } };
      shelf.keys.splice(lowerBound(shelf.keys, key), 1);
      shelf.objects.delete(key);
      publish(name, shelf, { rv, at: now(), type: 'DELETED', key, object: last, before });
      return last;
    },
    since(name, from) {
      const shelf = shelfOf(name);
      if (from < shelf.compacted) return undefined;
      return shelf.events.slice(firstAfter(shelf.events, from));
    },
    oldest: (name) => shelfOf(name).compacted,
    compact() {
      for (const shelf of shelves.values()) {
        shelf.events = [];
        shelf.compacted = rv;
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    count: (name) => shelves.get(name)?.objects.size ?? 0,
    shelves: () => shelves.keys(),
  };
}
