import { isObject, same } from './json.ts';
import { fieldsOf, mergeKey } from './schema.ts';
import { badRequest } from './status.ts';
import type { KubeObject } from '../runtime.ts';

/**
 * Strategic merge: like a JSON merge patch, but lists with a merge key merge element by element, and the directives
 * `$patch: delete | replace | merge`, `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…` are obeyed.
 */
export function strategicMerge(target: unknown, patch: KubeObject, model: string | undefined): unknown {
  if (patch['$patch'] === 'replace') return without(patch, ['$patch']);
  if (patch['$patch'] === 'delete') return undefined;
  const fields = fieldsOf(model);
  const result: KubeObject = isObject(target) ? { ...target } : {};
  retain(result, patch['$retainKeys']);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else if (Array.isArray(value))
      result[key] = mergeList(result[key], value, { model, field: key, type: fields?.get(key)?.type });
    else if (isObject(value)) setOrDrop(result, key, mergeChild(result[key], value, fields?.get(key)));
    else result[key] = value;
  }
  applyListDirectives(result, patch, model);
  return result;
}

function mergeChild(target: unknown, patch: KubeObject, field: { shape: string; type: string } | undefined): unknown {
  if (field?.shape !== 'map') return strategicMerge(target, patch, field?.type);
  if (patch['$patch'] === 'replace') return without(patch, ['$patch']);
  if (patch['$patch'] === 'delete') return undefined;
  const result: KubeObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = isObject(value) ? strategicMerge(result[key], value, field.type) : value;
  }
  return result;
}

const without = (object: KubeObject, keys: readonly string[]): KubeObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

function setOrDrop(object: KubeObject, key: string, value: unknown): void {
  if (value === undefined) delete object[key];
  else object[key] = value;
}

function retain(object: KubeObject, keys: unknown): void {
  if (!Array.isArray(keys)) return;
  for (const key of Object.keys(object)) if (!keys.includes(key)) delete object[key];
}

interface ListPlace {
  readonly model: string | undefined;
  readonly field: string;
  readonly type: string | undefined;
}

function mergeList(target: unknown, patch: readonly unknown[], place: ListPlace): unknown {
  const key = mergeKey(place.model, place.field);
  const elements = patch.filter(
    (one) => !(isObject(one) && one['$patch'] === 'replace' && Object.keys(one).length === 1),
  );
  if (!key || elements.length < patch.length) return elements;
  const current: unknown[] = Array.isArray(target) ? [...(target as unknown[])] : [];
  if (key === 'set') return [...current, ...elements.filter((one) => !current.some((other) => same(one, other)))];
  return elements.reduce<unknown[]>(
    (list, element) => mergeElement(list, element as KubeObject, key, place.type),
    current,
  );
}

function mergeElement(list: unknown[], element: KubeObject, key: string, type: string | undefined): unknown[] {
  if (element[key] === undefined)
    throw badRequest(`map: ${JSON.stringify(element)} does not contain declared merge key: ${key}`);
  const matches = (one: unknown): boolean => isObject(one) && same(one[key], element[key]);
  if (element['$patch'] === 'delete') return list.filter((one) => !matches(one));
  const index = list.findIndex(matches);
  if (index < 0) return [...list, strategicMerge(undefined, without(element, ['$patch']), type)];
  return list.map((one, at) => (at === index ? strategicMerge(one, element, type) : one));
}

/** `$deleteFromPrimitiveList/x` removes values of list x; `$setElementOrder/x` sorts list x. */
function applyListDirectives(result: KubeObject, patch: KubeObject, model: string | undefined): void {
  for (const [directive, values] of Object.entries(patch)) {
    const [name, field] = directive.split('/') as [string, string | undefined];
    if (!field || !Array.isArray(values) || !Array.isArray(result[field])) continue;
    const list = result[field] as unknown[];
    if (name === '$deleteFromPrimitiveList') result[field] = list.filter((one) => !values.includes(one));
    if (name === '$setElementOrder') result[field] = inOrder(list, values, mergeKey(model, field));
  }
}

function inOrder(list: readonly unknown[], order: readonly unknown[], key: string | undefined): unknown[] {
  const idOf = (one: unknown): unknown => (key && key !== 'set' && isObject(one) ? one[key] : one);
  const wanted = order.map(idOf);
  const rank = (one: unknown): number => wanted.findIndex((id) => same(id, idOf(one)));
  const known = list.filter((one) => rank(one) >= 0).sort((a, b) => rank(a) - rank(b));
  return [...known, ...list.filter((one) => rank(one) < 0)];
}
