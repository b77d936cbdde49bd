import { evict } from './eviction.ts';
import { isObject } from './json.ts';
import { applyPatch } from './patch.ts';
import { tokenRequest } from './reviews.ts';
import { at } from './selectors.ts';
import { ApiError, badRequest, conflict, methodNotAllowed, noSuchPath, success } from './status.ts';
import { existing, update, writeOptions } from './write.ts';
import { timestamp, type Answer, type Call, type Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

type Verb = 'get' | 'create' | 'update' | 'patch';
type Handler = (context: Context, call: Call, verb: Verb) => Answer;

export function selectorText(selector: KubeObject | undefined): string {
  const labels = Object.entries((selector?.['matchLabels'] ?? {}) as Record<string, string>);
  const expressions = ((selector?.['matchExpressions'] ?? []) as KubeObject[]).map(expressionText);
  return [...labels.map(([key, value]) => `${key}=${value}`), ...expressions].join(',');
}

function expressionText(one: KubeObject): string {
  const values = ((one['values'] ?? []) as string[]).join(',');
  if (one['operator'] === 'In') return `${one['key']} in (${values})`;
  if (one['operator'] === 'NotIn') return `${one['key']} notin (${values})`;
  return one['operator'] === 'Exists' ? String(one['key']) : `!${one['key']}`;
}

function put(object: KubeObject, path: string, value: unknown): KubeObject {
  const [key, ...rest] = path.split('.') as [string, ...string[]];
  const inner: unknown = object[key];
  return { ...object, [key]: rest.length === 0 ? value : put(isObject(inner) ? inner : {}, rest.join('.'), value) };
}

/** The Scale view of a workload. */
function scaleOf(object: KubeObject, call: Call): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object['metadata'];
  const paths = call.resource.scale ?? { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' };
  const selector = paths.selector ? at(object, paths.selector) : undefined;
  const text = typeof selector === 'string' ? selector : selectorText(selector as KubeObject | undefined);
  const replicas = Number(at(object, paths.spec) ?? 0);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(at(object, paths.status) ?? 0), ...(text && { selector: text }) },
  };
}

function scaled(object: KubeObject, scale: KubeObject, call: Call): KubeObject {
  const { uid, resourceVersion } = scale['metadata'] ?? {};
  if (resourceVersion && resourceVersion !== object['metadata'].resourceVersion)
    throw conflict(call.resource, object['metadata'].name);
  if (uid && uid !== object['metadata'].uid)
    throw conflict(
      call.resource,
      object['metadata'].name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object['metadata'].uid}`,
    );
  const replicas = Number(scale['spec']?.replicas ?? 0);
  return put(object, call.resource.scale?.spec ?? 'spec.replicas', replicas);
}

const scale: Handler = (context, call, verb) => {
  if (verb === 'get') return { code: 200, body: scaleOf(existing(context, call), call) };
  if (verb === 'create') throw methodNotAllowed();
  const change = (old: KubeObject): KubeObject => {
    if (verb === 'update') return scaled(old, call.body as KubeObject, call);
    const wanted = applyPatch(scaleOf(old, call), call.body, call.contentType, scaleResource(call));
    return scaled(old, wanted, call);
  };
  return { code: 200, body: scaleOf(update(context, call, change, writeOptions(call)), call) };
};

const scaleResource = (call: Call): Call['resource'] => ({ ...call.resource, model: 'V1Scale' });

const binding: Handler = (context, call) => {
  const body = call.body as KubeObject;
  const target = body['target']?.name;
  const bind = (old: KubeObject): KubeObject => {
    if (old['spec'].nodeName)
      throw conflict(
        call.resource,
        call.name ?? '',
        `pod ${call.name} is already assigned to node "${old['spec'].nodeName}"`,
      );
    const time = timestamp(context.clock.now());
    const others = ((old['status']?.conditions ?? []) as KubeObject[]).filter((one) => one['type'] !== 'PodScheduled');
    const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: time };
    const annotations = { ...old['metadata'].annotations, ...body['metadata']?.annotations };
    const metadata = { ...old['metadata'], ...(Object.keys(annotations).length > 0 && { annotations }) };
    return {
      ...old,
      metadata,
      spec: { ...old['spec'], nodeName: target },
      status: { ...old['status'], conditions: [...others, scheduled] },
    };
  };
  const options = writeOptions(call);
  const bound = bind(existing(context, call));
  if (!options.dryRun) context.store.put(call.resource.shelf, bound);
  return { code: 201, body: success() };
};

const log: Handler = (context, call) => {
  const pod = existing(context, call);
  const names = ((pod['spec'].containers ?? []) as KubeObject[]).map((one) => String(one['name']));
  const wanted = call.query.get('container') ?? (names.length === 1 ? names[0] : undefined);
  if (!wanted)
    throw badRequest(`a container name must be specified for pod ${call.name}, choose one of: [${names.join(' ')}]`);
  if (!names.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${call.name}`);
  const tail = Number(call.query.get('tailLines') ?? 1000);
  const limit = Number(call.query.get('limitBytes') ?? Infinity);
  const text = context.logs(pod, wanted, tail);
  return {
    code: 200,
    body: undefined,
    text: Number.isFinite(limit) ? Buffer.from(text).subarray(0, limit).toString() : text,
  };
};

const status: Handler = (context, call, verb) => {
  if (verb === 'get') return { code: 200, body: existing(context, call) };
  throw methodNotAllowed();
};

const notImplemented: Handler = () => {
  throw new ApiError(501, 'NotImplemented', 'the simulated cluster has no container to run this in');
};

const handlers: Readonly<Record<string, Handler>> = {
  scale,
  binding,
  log,
  status,
  eviction: (context, call) => evict(context, call),
  token: (context, call) => ({ code: 201, body: tokenRequest(context, call) }),
  exec: notImplemented,
  attach: notImplemented,
  portforward: notImplemented,
  resize: status,
};

/** Subresources that are no plain view of the object itself; `status` and friends are written like the object. */
export function subresource(context: Context, call: Call, verb: Verb): Answer {
  const handler = handlers[call.subresource ?? ''];
  if (!handler) throw noSuchPath();
  return handler(context, call, verb);
}
