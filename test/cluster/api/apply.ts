import { isObject, same } from './json.ts';
import { atomicMaps, atomicObjects } from './lists.ts';
import { fieldsOf, listRule } from './schema.ts';
import { elementKey, pathElements, type FieldSet } from './fieldset.ts';
import { abandoned, type Writer } from './ownership.ts';
import { badRequest, invalid } from './status.ts';
import { apiVersionOf } from './resources.ts';
import { create, objectOf, update, writeOptions } from './write.ts';
import { present } from './present.ts';
import { timestamp, type Answer, type Call, type Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

/** Merges what is applied into what is there, by the rules of the type: maps by key, keyed lists by element, the rest whole. */
function mergeApplied(live: unknown, applied: unknown, model: string | undefined, holder = ''): unknown {
  if (Array.isArray(applied)) return mergeLists(live, applied, model, holder);
  if (!isObject(applied) || atomicObjects.has(model ?? '') || atomicMaps.has(holder)) return applied;
  const fields = fieldsOf(model);
  const result: KubeObject = isObject(live) ? { ...live } : {};
  for (const [key, value] of Object.entries(applied)) {
    const field = fields?.get(key);
    const inner = field?.shape === 'map' ? undefined : (field?.type ?? (fields ? undefined : model));
    result[key] = mergeApplied(result[key], value, inner, `${model}.${key}`);
  }
  return result;
}

function mergeLists(live: unknown, applied: readonly unknown[], model: string | undefined, holder: string): unknown {
  const [owner, field] = holder.split('.') as [string, string | undefined];
  const rule = field ? listRule(owner, field) : { kind: 'atomic' as const };
  const current: unknown[] = Array.isArray(live) ? (live as unknown[]) : [];
  if (rule.kind === 'atomic') return applied;
  if (rule.kind === 'set') return [...current, ...applied.filter((one) => !current.some((other) => same(one, other)))];
  const idOf = (one: unknown): string => elementKey(one as KubeObject, rule.keys);
  const wanted = new Map(applied.map((one) => [idOf(one), one]));
  const merged = current.map((one) => (wanted.has(idOf(one)) ? mergeApplied(one, wanted.get(idOf(one)), model) : one));
  const known = new Set(current.map(idOf));
  return [...merged, ...applied.filter((one) => !known.has(idOf(one)))];
}

/** Removes the paths from an object; empty parents stay. */
export function without(object: KubeObject, paths: FieldSet): KubeObject {
  return [...paths].reduce<KubeObject>((result, path) => drop(result, pathElements(path)) as KubeObject, object);
}

function drop(node: unknown, elements: readonly string[]): unknown {
  const [element, ...rest] = elements as [string, ...string[]];
  if (Array.isArray(node)) return dropFromList(node, element, rest);
  const key = element.slice(2);
  if (!isObject(node) || !(key in node)) return node;
  if (rest.length > 0) return { ...node, [key]: drop(node[key], rest) };
  return Object.fromEntries(Object.entries(node).filter(([name]) => name !== key));
}

function dropFromList(list: readonly unknown[], element: string, rest: readonly string[]): unknown {
  const wanted: unknown = JSON.parse(element.slice(2));
  const hit = (one: unknown): boolean =>
    element.startsWith('v:')
      ? same(one, wanted)
      : isObject(one) && elementKey(one, Object.keys(wanted as object)) === element;
  if (rest.length === 0) return list.filter((one) => !hit(one));
  return list.map((one) => (hit(one) ? drop(one, rest) : one));
}

const optionsProblem = (field: string, reason: string, message: string): Error =>
  invalid({ group: 'meta.k8s.io', plural: 'PatchOptions', kind: 'PatchOptions' }, '', [{ reason, message, field }]);

/** PATCH with application/apply-patch+yaml: 200, or 201 when the object is new. */
export function serverSideApply(context: Context, call: Call): Answer {
  const manager = call.query.get('fieldManager');
  if (!manager)
    throw optionsProblem('fieldManager', 'FieldValueRequired', 'Required value: is required for apply patch');
  const applied = objectOf(call);
  if (applied['metadata'].managedFields) throw badRequest('metadata.managedFields must be nil');
  const options = { ...writeOptions(call), applied: { object: applied, force: call.query.get('force') === 'true' } };
  const live = context.store.get(call.resource.shelf, call.namespace, call.name ?? '');
  if (!live) {
    const fresh = { ...applied, metadata: { ...applied['metadata'], name: call.name } };
    return { code: 201, body: present(context, create(context, call, fresh, options), call) };
  }
  const who: Writer = {
    manager,
    subresource: call.subresource,
    time: timestamp(context.clock.now()),
    model: call.resource.model,
    apiVersion: apiVersionOf(call.resource),
  };
  const change = (old: KubeObject): KubeObject =>
    without(mergeApplied(old, applied, call.resource.model) as KubeObject, abandoned(old, applied, who));
  return { code: 200, body: present(context, update(context, call, change, options), call) };
}
