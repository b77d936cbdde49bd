import { remove } from './delete.ts';
import { isObject } from './json.ts';
import { metricsList } from './metrics.ts';
import { applyPatch, patchTypes } from './patch.ts';
import { list, listBody, predicateOf } from './read.ts';
import { review } from './reviews.ts';
import { methodNotAllowed, success } from './status.ts';
import { subresource } from './subresources.ts';
import { serverSideApply } from './apply.ts';
import { present, presentList } from './present.ts';
import { fromView, toView } from './views.ts';
import { create, existing, objectOf, update, writeOptions } from './write.ts';
import type { Answer, Call, Context, RequestVerb } from './context.ts';
import type { Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

/** Subresources that are written through the object's own pipeline. */
const ownPipeline = new Set(['status', 'finalize', 'ephemeralcontainers', 'resize']);

/** Events of either API group are stored in core form; everything else is stored as it is sent. */
function storedCall(context: Context, call: Call): Call {
  if (call.resource.group !== 'events.k8s.io') return call;
  const resource = context.registry.find('', 'v1', 'events') as Resource;
  return { ...call, resource, body: isObject(call.body) ? fromView(call.body, call.resource) : call.body };
}

function createOne(context: Context, call: Call): Answer {
  const stored = storedCall(context, call);
  const object = create(context, stored, objectOf(stored), writeOptions(call));
  return { code: 201, body: present(context, toView(object, call.resource), call) };
}

function patchOne(context: Context, call: Call): Answer {
  if (call.contentType === patchTypes.apply) return serverSideApply(context, call);
  const change = (old: KubeObject): KubeObject =>
    fromView(applyPatch(toView(old, call.resource), call.body, call.contentType, call.resource), call.resource);
  const object = update(context, storedCall(context, { ...call, body: undefined }), change, writeOptions(call));
  return { code: 200, body: present(context, toView(object, call.resource), call) };
}

function updateOne(context: Context, call: Call): Answer {
  const stored = storedCall(context, call);
  const wanted = objectOf(stored);
  const object = update(context, stored, () => wanted, writeOptions(call));
  return { code: 200, body: present(context, toView(object, call.resource), call) };
}

function deleteOptions(call: Call): KubeObject {
  return isObject(call.body) ? call.body : {};
}

function deleteMany(context: Context, call: Call): Answer {
  const matches = predicateOf(call);
  const page = list(context, call);
  const victims = context.store.list(call.resource.shelf, call.namespace).filter(([, object]) => matches(object));
  for (const [, object] of victims) {
    const { name, namespace } = object['metadata'];
    remove(context, { ...storedCall(context, call), name, namespace }, deleteOptions(call));
  }
  return { code: 200, body: listBody(page) };
}

/** Carries out one non-watch request on a resource. Throws ApiError for every refusal. */
export function dispatch(context: Context, call: Call, verb: RequestVerb): Answer {
  if (call.resource.group === 'metrics.k8s.io') return metricsList(context, call, verb);
  if (!call.subresource && !call.resource.verbs.includes(verb)) throw methodNotAllowed();
  const answered = verb === 'create' && !call.subresource ? review(context, call) : undefined;
  if (answered) return { code: 201, body: answered };
  if (call.subresource && !(ownPipeline.has(call.subresource) && (verb === 'update' || verb === 'patch')))
    return subresource(context, call, verb as 'get' | 'create' | 'update' | 'patch');
  switch (verb) {
    case 'get':
      return { code: 200, body: present(context, toView(existing(context, call), call.resource), call) };
    case 'list':
      return { code: 200, body: presentList(context, list(context, call), call) };
    case 'create':
      return createOne(context, call);
    case 'update':
      return updateOne(context, call);
    case 'patch':
      return patchOne(context, call);
    case 'delete':
      return { code: 200, body: remove(context, storedCall(context, call), deleteOptions(call)) };
    case 'deletecollection':
      return deleteMany(context, call);
    default:
      return { code: 200, body: success() };
  }
}
