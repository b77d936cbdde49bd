import { admit } from './admission.ts';
import { decode } from './decode.ts';
import { withDefaults } from './defaults.ts';
import { isObject, same } from './json.ts';
import { prune } from './schema.ts';
import { shaped } from './structural.ts';
import { alreadyExists, ApiError, badRequest, conflict, invalid, notFound } from './status.ts';
import { apiVersionOf, qualified, type Resource } from './resources.ts';
import { validate } from './validation.ts';
import { randomSuffix, randomUid, timestamp, type Call, type Context } from './context.ts';
import { initialStatus, keepUntouched } from './strategy.ts';
import { trackApply, trackUpdate } from './ownership.ts';
import type { KubeObject } from '../runtime.ts';

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly manager: string;
  readonly subresource: string | undefined;
  /** Set by server-side apply: the fields this manager now claims. */
  readonly applied?: { readonly object: KubeObject; readonly force: boolean };
}

const dryRunWanted = (call: Call, body: KubeObject | undefined): boolean => {
  const values = [...call.query.getAll('dryRun'), ...((body?.['dryRun'] as string[] | undefined) ?? [])];
  const bad = values.find((value) => value !== 'All' && value !== '');
  if (bad !== undefined) {
    const cause = {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: "${bad}": supported values: "All"`,
      field: 'dryRun',
    };
    throw invalid({ group: 'meta.k8s.io', plural: optionsKind(call), kind: optionsKind(call) }, '', [cause]);
  }
  return values.includes('All');
};

const optionsKind = (call: Call): string => (call.contentType.includes('patch') ? 'PatchOptions' : 'CreateOptions');

export function writeOptions(call: Call, deleteBody?: KubeObject): WriteOptions {
  const fromAgent = call.userAgent.split('/')[0]?.slice(0, 128);
  return {
    dryRun: dryRunWanted(call, deleteBody),
    manager: call.query.get('fieldManager') || fromAgent || 'unknown',
    subresource: call.subresource,
  };
}

/** The object of a body, checked against the path it was sent to. */
export function objectOf(call: Call): KubeObject {
  const { body, resource } = call;
  if (!isObject(body)) throw badRequest('the object provided is unrecognized (must be of type ' + resource.kind + ')');
  const wanted = apiVersionOf(resource);
  if ((body['kind'] ?? resource.kind) !== resource.kind || (body['apiVersion'] ?? wanted) !== wanted)
    throw badRequest(
      `${body['kind']} in version "${body['apiVersion']}" cannot be handled as a ${resource.kind}: no kind "${body['kind']}" is registered for version "${body['apiVersion']}"`,
    );
  const metadata: KubeObject = body['metadata'] ?? {};
  if (metadata['namespace'] && metadata['namespace'] !== call.namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  if (call.name && metadata['name'] && metadata['name'] !== call.name)
    throw badRequest(`the name of the object (${metadata['name']}) does not match the name on the URL (${call.name})`);
  return {
    ...body,
    apiVersion: wanted,
    kind: resource.kind,
    metadata: { ...metadata, ...(call.namespace && { namespace: call.namespace }) },
  };
}

/** Drops unknown fields, or refuses them when the request asks for Strict validation. */
function pruned(object: KubeObject, call: Call): KubeObject {
  const unknown: string[] = [];
  const report = (path: string): number => unknown.push(path);
  const { schema, model } = call.resource;
  const typed = model ? decode(object, model, call.resource.kind) : object;
  const result = (
    isObject(schema) ? shaped(typed, schema, true, report) : prune(typed, model, '', report)
  ) as KubeObject;
  if (unknown.length > 0 && call.query.get('fieldValidation') === 'Strict') {
    const list = unknown.map((path) => `unknown field "${path}"`).join(', ');
    throw badRequest(
      `${call.resource.kind} in version "${call.resource.version}" cannot be handled as a ${call.resource.kind}: strict decoding error: ${list}`,
    );
  }
  return result;
}

function namespaceFor(context: Context, call: Call, name: string): void {
  if (!call.resource.namespaced || !call.namespace) return;
  const namespace = context.store.get('namespaces.', undefined, call.namespace);
  const namespaces = context.registry.find('', 'v1', 'namespaces') as Resource;
  if (!namespace) throw notFound(namespaces, call.namespace);
  if (!namespace['metadata'].deletionTimestamp) return;
  const why = `unable to create new content in namespace ${call.namespace} because it is being terminated`;
  throw new ApiError(403, 'Forbidden', `${qualified(call.resource)} "${name}" is forbidden: ${why}`, {
    name,
    ...(call.resource.group && { group: call.resource.group }),
    kind: call.resource.plural,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${call.namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

function newMetadata(context: Context, call: Call, given: KubeObject): KubeObject {
  const {
    resourceVersion: _rv,
    selfLink: _link,
    deletionTimestamp: _dt,
    deletionGracePeriodSeconds: _dg,
    uid: _uid,
    ...rest
  } = given;
  const name =
    given['name'] || (given['generateName'] ? `${given['generateName']}${randomSuffix(context.random)}` : undefined);
  return {
    ...rest,
    ...(name && { name }),
    uid: randomUid(context.random),
    creationTimestamp: timestamp(context.clock.now()),
    ...(call.resource.generation && { generation: 1 }),
  };
}

/** Stores a new object; throws 409 when the name is taken. */
export function create(context: Context, call: Call, body: KubeObject, options: WriteOptions): KubeObject {
  if (body['metadata'].resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  namespaceFor(context, call, body['metadata'].name ?? '');
  const filled = withDefaults(
    { ...pruned(body, call), metadata: newMetadata(context, call, body['metadata']) },
    call.resource,
  );
  const object = admit(context, call, initialStatus(filled, call.resource), undefined);
  const problem = validate(object, undefined, call.resource, false);
  if (problem) throw problem;
  const { name, namespace } = object['metadata'];
  if (context.store.get(call.resource.shelf, namespace, name)) throw alreadyExists(call.resource, name);
  const tracked = track(context, call, undefined, object, options);
  return options.dryRun ? tracked : context.store.put(call.resource.shelf, tracked);
}

function track(
  context: Context,
  call: Call,
  old: KubeObject | undefined,
  object: KubeObject,
  options: WriteOptions,
): KubeObject {
  const who = {
    manager: options.manager,
    subresource: options.subresource,
    time: timestamp(context.clock.now()),
    model: call.resource.model,
    apiVersion: apiVersionOf(call.resource),
  };
  return options.applied ? trackApply(old, object, options.applied, who) : trackUpdate(old, object, who);
}

export function existing(context: Context, call: Call): KubeObject {
  const object = context.store.get(call.resource.shelf, call.namespace, call.name ?? '');
  if (!object) throw notFound(call.resource, call.name ?? '');
  return object;
}

/** Replaces an object by what `change` makes of it, under all the rules of an update. */
export function update(
  context: Context,
  call: Call,
  change: (old: KubeObject) => KubeObject,
  options: WriteOptions,
): KubeObject {
  const old = existing(context, call);
  const wanted = change(old);
  const meta: KubeObject = wanted['metadata'];
  if (meta['resourceVersion'] && meta['resourceVersion'] !== old['metadata'].resourceVersion)
    throw conflict(call.resource, old['metadata'].name);
  if (
    meta['uid'] &&
    meta['uid'] !== old['metadata'].uid &&
    options.applied === undefined &&
    !call.contentType.includes('patch')
  )
    throw conflict(
      call.resource,
      old['metadata'].name,
      `Precondition failed: UID in precondition: ${meta['uid']}, UID in object meta: ${old['metadata'].uid}`,
    );
  const kept = keepUntouched(pruned(wanted, call), old, call.resource, options.subresource);
  const statusOnly =
    options.subresource !== undefined && options.subresource !== 'scale' && options.subresource !== 'resize';
  const filled = statusOnly ? kept : withDefaults(kept, call.resource);
  const object = admit(context, call, filled, old);
  const problem = validate(object, old, call.resource, statusOnly || options.subresource === 'resize');
  if (problem) throw problem;
  return commit(context, call, old, object, options);
}

function commit(context: Context, call: Call, old: KubeObject, object: KubeObject, options: WriteOptions): KubeObject {
  const counted = withGeneration(old, object, call.resource);
  const tracked = track(context, call, old, counted, options);
  if (unchanged(old, tracked)) return old;
  if (options.dryRun) return tracked;
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = tracked['metadata'];
  const held =
    Number(deletionGracePeriodSeconds ?? 0) > 0 ||
    (call.resource.shelf === 'namespaces.' && tracked['spec']?.finalizers?.length > 0);
  if (deletionTimestamp && !(finalizers?.length > 0) && !held)
    return context.store.remove(call.resource.shelf, tracked) ?? tracked;
  return context.store.put(call.resource.shelf, tracked);
}

/** A change of anything but metadata and status is a new generation. */
function withGeneration(old: KubeObject, object: KubeObject, resource: Resource): KubeObject {
  if (!resource.generation) return object;
  const strip = ({ metadata: _m, status: _s, ...rest }: KubeObject): KubeObject => rest;
  const bump = same(strip(old), strip(object)) ? 0 : 1;
  return { ...object, metadata: { ...object['metadata'], generation: Number(old['metadata'].generation ?? 1) + bump } };
}

/** The same but for who did what when: then nothing is written. */
function unchanged(old: KubeObject, object: KubeObject): boolean {
  const strip = (one: KubeObject): KubeObject => ({
    ...one,
    metadata: {
      ...one['metadata'],
      managedFields: ((one['metadata'].managedFields ?? []) as KubeObject[]).map((entry) => ({ ...entry, time: '' })),
    },
  });
  return same(strip(old), strip(object));
}
