import type { SimClock } from '../clock.ts';
import type { KubeObject } from '../runtime.ts';
import { withQuery, type KubeClient } from './client.ts';
import { ApiError } from './errors.ts';
import { collectionPath, keyOf, type Resource } from './resources.ts';
import { readWatch, type WatchEvent } from './watch.ts';

export interface Change {
  readonly type: 'Added' | 'Modified' | 'Deleted';
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

/** A local copy of one resource, kept by list and watch. */
export interface Informer {
  readonly resource: Resource;
  /** By `namespace/name` or `name`. Objects belong to the cache: read only. */
  get(key: string): KubeObject | undefined;
  /** In the order of their keys. */
  list(namespace?: string): readonly KubeObject[];
  /** Handlers are synchronous: they note what is to do. What is in the cache already is told at once. */
  on(handler: (change: Change) => void): void;
  readonly synced: Promise<void>;
  /** An object that a write gave back: no need to wait for the watch. */
  observe(object: KubeObject): void;
  /** How many changes a relist found that no watch had told. */
  readonly missed: number;
  stop(): void;
}

export interface InformerOptions {
  readonly client: KubeClient;
  readonly clock: SimClock;
  readonly resource: Resource;
  /** Cluster seconds between relists that only compare. Default 1800. */
  readonly relistSeconds?: number;
  readonly onError: (error: unknown) => void;
}

/** Cluster seconds that a watch is asked to last, and the ends of the back-off after a failure. */
const watchSeconds = 3600;
const backoff = { first: 0.8, last: 30 };

export function createInformer(options: InformerOptions): Informer {
  const { client, clock, resource, relistSeconds = 1800, onError } = options;
  const cache = new Map<string, KubeObject>();
  const handlers: ((change: Change) => void)[] = [];
  const abort = new AbortController();
  const ready = Promise.withResolvers<void>();
  let sorted: readonly KubeObject[] | undefined;
  let missed = 0;
  let version: string | undefined;
  let listedAt = -Infinity;
  let failures = 0;

  function tell(change: Change): void {
    sorted = undefined;
    for (const handler of handlers) handler(change);
  }

  function put(object: KubeObject): boolean {
    const key = keyOf(object);
    const previous = cache.get(key);
    if (previous && !isNewer(object, previous)) return false;
    cache.set(key, object);
    if (previous && previous['metadata'].uid !== object['metadata'].uid) {
      tell({ type: 'Deleted', object: previous });
      tell({ type: 'Added', object });
    } else tell(previous ? { type: 'Modified', object, previous } : { type: 'Added', object });
    return true;
  }

  function drop(object: KubeObject): boolean {
    const key = keyOf(object);
    const previous = cache.get(key);
    if (!previous || previous['metadata'].uid !== object['metadata'].uid) return false;
    cache.delete(key);
    tell({ type: 'Deleted', object });
    return true;
  }

  /** What a list shows that the cache did not know counts as missed, except at the first list. */
  async function relist(): Promise<void> {
    const { items, resourceVersion } = await client.list(resource);
    const seen = new Set(items.map(keyOf));
    let found = 0;
    for (const object of [...cache.values()]) if (!seen.has(keyOf(object)) && drop(object)) found += 1;
    for (const object of items) if (put(object)) found += 1;
    if (listedAt !== -Infinity) missed += found;
    listedAt = clock.now();
    version = resourceVersion;
    ready.resolve();
  }

  function take(event: WatchEvent): void {
    version = event.object['metadata']?.resourceVersion ?? version;
    failures = 0;
    if (event.type === 'ADDED' || event.type === 'MODIFIED') put(event.object);
    if (event.type === 'DELETED') drop(event.object);
  }

  async function follow(): Promise<void> {
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: watchSeconds };
    const response = await client.stream(withQuery(collectionPath(resource), query), abort.signal);
    if (response.statusCode !== 200) {
      throw ApiError.of(response.statusCode, await response.body.text(), response.headers['retry-after']);
    }
    await readWatch(response.body, take);
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        if (version === undefined || clock.now() - listedAt >= relistSeconds) await relist();
        const began = clock.now();
        await follow();
        if (clock.now() - began < 1) await clock.sleep(1, abort.signal);
      } catch (error) {
        if (abort.signal.aborted) return;
        await clock.sleep(afterFailure(error), abort.signal);
      }
    }
  }

  /** Both forms of 410, and a version from the future, mean: list again, at once. */
  function afterFailure(error: unknown): number {
    if (error instanceof ApiError && [410, 500, 504].includes(error.status)) version = undefined;
    if (ApiError.is(error, 410)) return 0;
    failures += 1;
    onError(error);
    const told = error instanceof ApiError ? error.retryAfterSeconds : undefined;
    return told ?? Math.min(backoff.last, backoff.first * 2 ** (failures - 1));
  }

  void run();
  return {
    resource,
    get: (key) => cache.get(key),
    list(namespace) {
      sorted ??= [...cache.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
      return namespace === undefined ? sorted : sorted.filter((one) => one['metadata'].namespace === namespace);
    },
    on(handler) {
      handlers.push(handler);
      for (const object of cache.values()) handler({ type: 'Added', object });
    },
    synced: ready.promise,
    observe: put,
    get missed() {
      return missed;
    },
    stop() {
      abort.abort();
      ready.resolve();
    },
  };
}

/** Versions are numbers on every server there is; where they are not, what comes later is newer. */
function isNewer(object: KubeObject, than: KubeObject): boolean {
  const [next, last] = [object['metadata'].resourceVersion, than['metadata'].resourceVersion];
  if (next === last) return false;
  const [a, b] = [Number(next), Number(last)];
  return Number.isNaN(a) || Number.isNaN(b) || a > b;
}
