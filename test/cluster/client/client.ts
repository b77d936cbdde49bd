import { Agent, type Dispatcher } from 'undici';
import type { SimClock } from '../clock.ts';
import type { KubeObject } from '../runtime.ts';
import { ApiError } from './errors.ts';
import type { Connection } from './kubeconfig.ts';
import { takeTurn, type Turn } from './turn.ts';
import { collectionPath, resourceOf, type Resource } from './resources.ts';

/** How the body of a patch is meant. Never guessed: the API server's own default is the wrong one for objects. */
export type PatchType = 'json-patch' | 'merge-patch' | 'strategic-merge-patch' | 'apply-patch';

export interface Ref {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly subresource?: string;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects per page. */
  readonly limit?: number;
}

export interface DeleteOptions {
  readonly uid?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** What an API client of the cluster may do. Every method throws `ApiError` unless it says otherwise. */
export interface KubeClient {
  /** undefined when there is no such object. */
  get(resource: Resource, ref: Ref): Promise<KubeObject | undefined>;
  /** All pages; items carry kind and apiVersion. */
  list(
    resource: Resource,
    options?: ListOptions,
  ): Promise<{ readonly items: KubeObject[]; readonly resourceVersion: string }>;
  create(resource: Resource, object: KubeObject, query?: Query): Promise<KubeObject>;
  /** POST to a subresource: binding, eviction. */
  post(resource: Resource, ref: Ref, body: KubeObject): Promise<KubeObject>;
  /** PUT: the object's own resourceVersion guards it. */
  replace(resource: Resource, object: KubeObject, subresource?: string): Promise<KubeObject>;
  patch(resource: Resource, ref: Ref, type: PatchType, body: unknown, query?: Query): Promise<KubeObject>;
  /** Resolves also when the object is gone already or is another one by now (`uid`). */
  remove(resource: Resource, ref: Ref, options?: DeleteOptions): Promise<void>;
  /** false = a disruption budget says no, for now. */
  evict(namespace: string, name: string, uid?: string): Promise<boolean>;
  /** Any request; the parsed body of a 2xx answer. */
  request(method: string, path: string, body?: unknown, type?: string): Promise<KubeObject>;
  /** A response as it streams, for watches. */
  stream(path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  /** Told of each object that a write of this client gave back. */
  onWritten(listener: (object: KubeObject) => void): void;
  close(): Promise<void>;
}

/** Longest wait for the first bytes of an answer, in wall milliseconds. */
const headersTimeoutMs = 60_000;

/**
 * Wall milliseconds after which a request that is not answered no longer stops the clock. A server that delays an answer
 * on purpose says so at once (102 Processing); this is for those that do not.
 */
const patienceMs = 250;

/** One client = one dispatcher = few connections. Time stands still (on `clock`) while a request is under way. */
export function createClient(connection: Connection, clock: SimClock, userAgent = 'test-cluster'): KubeClient {
  const { server, token, ca, cert, key } = connection;
  const dispatcher = new Agent({
    connect: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
    keepAliveTimeout: 60_000,
    bodyTimeout: 0,
    headersTimeout: headersTimeoutMs,
  });
  const base = {
    accept: 'application/json',
    'user-agent': userAgent,
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const listeners: ((object: KubeObject) => void)[] = [];
  let evictionVersion: Promise<string> | undefined;

  const send = (method: string, path: string, body?: unknown, type?: string): Promise<KubeObject> =>
    takeTurn(clock, async (turn) => {
      const timer = setTimeout(() => turn.suspend(), patienceMs);
      try {
        return await exchange(method, path, body, type ?? 'application/json', turn);
      } finally {
        clearTimeout(timer);
        turn.resume();
      }
    });

  async function exchange(method: string, path: string, body: unknown, type: string, turn: Turn): Promise<KubeObject> {
    const response = await dispatcher.request({
      origin: server,
      method,
      path,
      headers: body === undefined ? base : { ...base, 'content-type': type },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      onInfo: () => turn.suspend(),
    });
    turn.resume();
    const text = await response.body.text();
    if (response.statusCode >= 300) throw ApiError.of(response.statusCode, text, response.headers['retry-after']);
    return (text ? JSON.parse(text) : {}) as KubeObject;
  }

  async function write(method: string, path: string, body: unknown, type?: string): Promise<KubeObject> {
    const object = await send(method, path, body, type);
    if (object['metadata']?.uid && !path.includes('dryRun=')) for (const listener of listeners) listener(object);
    return object;
  }

  async function pages(
    resource: Resource,
    options: ListOptions,
  ): Promise<{ items: KubeObject[]; resourceVersion: string }> {
    const items: KubeObject[] = [];
    for (let next: string | undefined; ;) {
      const query = { limit: 500, ...options, namespace: undefined, continue: next };
      const page = await send('GET', withQuery(collectionPath(resource, options.namespace), query));
      for (const item of page['items']) items.push({ kind: resource.kind, apiVersion: resource.apiVersion, ...item });
      next = page['metadata'].continue || undefined;
      if (!next) return { items, resourceVersion: page['metadata'].resourceVersion };
    }
  }

  /** policy/v1 or policy/v1beta1, by discovery, as kubectl finds out. */
  async function discoverEviction(): Promise<string> {
    const { resources } = await send('GET', '/api/v1');
    const found = (resources as KubeObject[]).find((one) => one['name'] === 'pods/eviction');
    return found?.['group'] ? `${found['group']}/${found['version']}` : 'policy/v1';
  }

  async function evict(namespace: string, name: string, uid?: string): Promise<boolean> {
    const apiVersion = await (evictionVersion ??= discoverEviction());
    const deleteOptions = uid ? { preconditions: { uid } } : {};
    const body = { apiVersion, kind: 'Eviction', metadata: { namespace, name }, deleteOptions };
    try {
      await send('POST', pathOf(resourceOf('Pod'), { namespace, name, subresource: 'eviction' }), body);
      return true;
    } catch (error) {
      if (ApiError.is(error, 404)) return true;
      if (ApiError.is(error, 429)) return false;
      throw error;
    }
  }

  async function remove(resource: Resource, ref: Ref, options: DeleteOptions = {}): Promise<void> {
    const { uid, ...rest } = options;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...rest, ...(uid && { preconditions: { uid } }) };
    try {
      await send('DELETE', pathOf(resource, ref), body);
    } catch (error) {
      if (!ApiError.is(error, 404) && !(uid && ApiError.is(error, 409))) throw error;
    }
  }

  return {
    get: (resource, ref) =>
      send('GET', pathOf(resource, ref)).catch((error: unknown) => {
        if (ApiError.is(error, 404)) return undefined;
        throw error;
      }),
    list: (resource, options = {}) => pages(resource, options),
    create: (resource, object, query = {}) =>
      write('POST', withQuery(collectionPath(resource, object['metadata'].namespace), query), object),
    post: (resource, ref, body) => send('POST', pathOf(resource, ref), body),
    replace: (resource, object, subresource) =>
      write('PUT', pathOf(resource, { ...object['metadata'], ...(subresource && { subresource }) }), object),
    patch: (resource, ref, type, body, query = {}) =>
      write(
        'PATCH',
        withQuery(pathOf(resource, ref), query),
        body,
        `application/${type}+${type === 'apply-patch' ? 'yaml' : 'json'}`,
      ),
    remove,
    evict,
    request: send,
    stream: (path, signal) => dispatcher.request({ origin: server, method: 'GET', path, headers: base, signal }),
    onWritten: (listener) => void listeners.push(listener),
    close: () => dispatcher.destroy(),
  };
}

function pathOf(resource: Resource, ref: Ref): string {
  const path = `${collectionPath(resource, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return ref.subresource ? `${path}/${ref.subresource}` : path;
}

/** The path with those values that are defined. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return path;
  return `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()}`;
}
