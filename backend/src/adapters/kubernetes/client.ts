import {
  fieldManager,
  list,
  number,
  text,
  type Answer,
  type JsonObject,
  type KnownKind,
  type KubernetesRequest,
  type ObjectRef,
  type Query,
  type Resource,
} from '../../model/index.ts';
import { AdapterError, type Kubernetes } from '../../pipeline/ports.ts';
import { pathOf, type Discovery } from './discovery.ts';
import { failure, messageOf, writeAnswer } from './status.ts';
import { tidy } from './tidy.ts';
import type { Ask, Reply, Transport } from './transport.ts';

type Listing = Extract<Query, { kind: 'List' }>;

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

const apiVersion = (resource: Resource): string =>
  resource.group ? `${resource.group}/${resource.version}` : resource.version;

/** Puts the guards into the body when the caller left them out: the server refuses another or a moved object. */
function guarded(request: KubernetesRequest): KubernetesRequest['body'] {
  const guards = Object.entries(request.preconditions).filter(([, value]) => value);
  const { body } = request;
  if (Array.isArray(body)) {
    const tested = new Set(body.filter((op) => op['op'] === 'test').map((op) => op['path']));
    const missing = guards.filter(([key]) => !tested.has(`/metadata/${key}`));
    return [...missing.map(([key, value]) => ({ op: 'test', path: `/metadata/${key}`, value })), ...body];
  }
  const given: JsonObject = body ?? {};
  const metadata = { ...Object.fromEntries(guards), ...(given['metadata'] as JsonObject | undefined) };
  return guards.length > 0 ? { ...given, metadata } : given;
}

const empty = (query: Query, more: Partial<Omit<Answer, 'at' | 'query'>> = {}): Omit<Answer, 'at'> => ({
  query,
  found: false,
  objects: [],
  values: [],
  ...more,
});

/** What is told to the watcher: a pod that goes now goes because we said so. */
export type OnRemoved = (ref: ObjectRef, uid: string) => void;

export function createClient(transport: Transport, discovery: Discovery, onRemoved: OnRemoved): Kubernetes {
  async function placeOf(kind: KnownKind): Promise<Resource> {
    const resource = await discovery.resourceOf(kind);
    if (!resource)
      throw new AdapterError('kubernetes', `this cluster has no ${kind}`, { retryable: false, status: 404 });
    return resource;
  }

  async function askObject(query: Query & { kind: 'Object' }): Promise<Omit<Answer, 'at'>> {
    const { kind, namespace, name } = query.ref;
    const resource = await discovery.resourceOf(kind);
    if (!resource) return empty(query);
    const reply = await transport.request('GET', pathOf(resource, namespace, name));
    const refused = refusal(query, reply);
    return refused ?? empty(query, { found: true, objects: [tidy(kind, apiVersion(resource), reply.body)] });
  }

  async function askList(query: Listing): Promise<Omit<Answer, 'at'>> {
    const { of, namespace, labelSelector, fieldSelector, limit } = query;
    const resource = await discovery.resourceOf(of);
    if (!resource) return empty(query);
    const reply = await transport.request('GET', pathOf(resource, namespace), {
      query: { labelSelector, fieldSelector, limit },
    });
    const refused = refusal(query, reply);
    if (refused) return refused;
    const objects = list(reply.body, 'items').map((item) => tidy(of, apiVersion(resource), item));
    return empty(query, { found: objects.length > 0, objects });
  }

  /** 404 is an answer, 403 and a malformed selector are answers with an error; the rest is thrown. */
  function refusal(query: Query, reply: Reply): Omit<Answer, 'at'> | undefined {
    if (reply.status === 200) return undefined;
    if (reply.status === 404) return empty(query);
    if (reply.status === 403 || reply.status === 400) return empty(query, { error: messageOf(reply) });
    throw failure(reply);
  }

  /** Method, path and body of a write. DELETE reads its options from the body when there is one, dry run included. */
  async function written(request: KubernetesRequest, dryRun: boolean): Promise<Reply> {
    const { kind, namespace, name } = request.ref;
    const resource = await placeOf(kind);
    const all = dryRun ? { dryRun: ['All'] } : {};
    const query: Ask['query'] = { fieldManager, ...(dryRun && { dryRun: 'All' }) };
    const options = {
      ...(request.preconditions.uid || request.preconditions.resourceVersion
        ? { preconditions: request.preconditions }
        : {}),
      ...(request.gracePeriodSeconds !== undefined && { gracePeriodSeconds: request.gracePeriodSeconds }),
      ...all,
    };
    switch (request.verb) {
      case 'patch':
        return transport.request('PATCH', pathOf(resource, namespace, name, request.subresource), {
          query: { ...query, fieldValidation: 'Strict' },
          body: guarded(request),
          contentType: patchTypes[contentTypeOf(request)],
        });
      case 'create':
        return transport.request('POST', pathOf(resource, namespace), {
          query: { ...query, fieldValidation: 'Strict' },
          body: { apiVersion: apiVersion(resource), kind, ...(request.body as JsonObject) },
        });
      case 'delete':
        return transport.request('DELETE', pathOf(resource, namespace, name), {
          query,
          body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...options },
        });
      case 'evict':
        return transport.request('POST', pathOf(resource, namespace, name, 'eviction'), {
          query,
          body: {
            apiVersion: await discovery.evictionVersion(),
            kind: 'Eviction',
            metadata: { name, namespace },
            deleteOptions: options,
          },
        });
    }
  }

  return {
    async clusterUid() {
      const reply = await transport.request('GET', '/api/v1/namespaces/kube-system');
      if (reply.status !== 200) throw failure(reply);
      return text(reply.body, 'metadata', 'uid');
    },
    async ask(query) {
      if (query.kind === 'Object') return askObject(query);
      if (query.kind === 'List') return askList(query);
      return empty(query, { error: 'metrics are asked elsewhere' });
    },
    async send(request, { dryRun }) {
      const reply = await written(request, dryRun);
      const resource = await placeOf(request.ref.kind);
      const answer = writeAnswer(request, reply, (object) => tidy(request.ref.kind, apiVersion(resource), object));
      const removes = request.verb === 'delete' || request.verb === 'evict';
      if (removes && !dryRun && answer.status < 300) onRemoved(request.ref, request.preconditions.uid ?? '');
      return answer;
    },
    async allowed(permission) {
      const reply = await transport.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: permission },
        },
      });
      if (reply.status === 403) return false;
      if (reply.status >= 300) throw failure(reply);
      return (reply.body['status'] as JsonObject | undefined)?.['allowed'] === true;
    },
    async ping() {
      const version = await transport.request('GET', '/version', { timeoutSeconds: 10 });
      if (version.status !== 200) throw failure(version);
      const nodes = await transport.request('GET', '/api/v1/nodes', { query: { limit: 1 }, timeoutSeconds: 10 });
      const more = number(nodes.body, 'metadata', 'remainingItemCount');
      return { version: text(version.body, 'gitVersion'), nodes: list(nodes.body, 'items').length + more };
    },
  };
}

/** A patch always says what it is: guessing would change its meaning. */
function contentTypeOf(request: KubernetesRequest): keyof typeof patchTypes {
  if (request.patch) return request.patch;
  throw new Error(`a patch of ${request.ref.kind} ${request.ref.name} names no content type`);
}
