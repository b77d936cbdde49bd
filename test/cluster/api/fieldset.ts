import { isObject, same } from './json.ts';
import { atomicMaps, atomicObjects } from './lists.ts';
import { fieldsOf, keyValue, listRule, type Field } from './schema.ts';
import type { KubeObject } from '../runtime.ts';

/**
 * Sets of fields as metadata.managedFields holds them. A path is its elements (`f:name`, `k:{…}`, `v:…`) joined by NUL;
 * a set of fields is a Set of paths. Containers that stand in a set of their own (the "." of fieldsV1) are paths too.
 */
export type FieldSet = ReadonlySet<string>;

/** Every path of an object: the value for a leaf, `container` for what has parts. */
export type Flat = ReadonlyMap<string, unknown>;

export const container = Symbol('container');
const separator = '\u0000';

const serverOwned = new Set(
  [
    'name',
    'namespace',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
    'uid',
    'resourceVersion',
    'generation',
    'managedFields',
    'clusterName',
    'generateName',
  ].map((name) => `f:metadata${separator}f:${name}`),
);
const skipped = new Set(['f:apiVersion', 'f:kind', 'f:metadata', ...serverOwned]);

export const elementKey = (element: KubeObject, keys: readonly string[]): string =>
  `k:${JSON.stringify(Object.fromEntries([...keys].sort().map((key) => [key, keyValue(element, key) ?? null])))}`;

interface Place {
  readonly path: string;
  readonly model: string | undefined;
  /** Model and field of the holder, to look up list and map rules. */
  readonly holder: string;
  readonly shape: Field['shape'] | 'open';
}

function walk(value: unknown, place: Place, out: Map<string, unknown>): void {
  const join = (element: string): string => (place.path ? `${place.path}${separator}${element}` : element);
  if (Array.isArray(value)) return walkList(value, place, out, join);
  const whole = !isObject(value) || Object.keys(value).length === 0;
  if (whole || (place.shape !== 'map' && atomicObjects.has(place.model ?? '')) || atomicMaps.has(place.holder)) {
    out.set(place.path, value);
    return;
  }
  if (place.path) out.set(place.path, container);
  const fields = place.shape === 'map' ? undefined : fieldsOf(place.model);
  for (const [key, child] of Object.entries(value)) {
    const field = fields?.get(key);
    const inner: Place = field
      ? { path: join(`f:${key}`), model: field.type, holder: `${place.model}.${key}`, shape: field.shape }
      : { path: join(`f:${key}`), model: place.shape === 'map' ? place.model : undefined, holder: '', shape: 'value' };
    if (child !== undefined) walk(child, inner, out);
  }
}

function walkList(
  list: readonly unknown[],
  place: Place,
  out: Map<string, unknown>,
  join: (element: string) => string,
): void {
  const [model, field] = place.holder.split('.') as [string, string | undefined];
  const rule = field ? listRule(model, field) : { kind: 'atomic' as const };
  if (rule.kind === 'atomic' || list.length === 0) {
    out.set(place.path, list);
    return;
  }
  out.set(place.path, container);
  for (const element of list) {
    if (rule.kind === 'set') out.set(join(`v:${JSON.stringify(element)}`), element);
    else
      walk(
        element,
        { path: join(elementKey(element as KubeObject, rule.keys)), model: place.model, holder: '', shape: 'value' },
        out,
      );
  }
}

export function flatten(object: KubeObject, model: string | undefined): Flat {
  const out = new Map<string, unknown>();
  walk(object, { path: '', model, holder: '', shape: 'value' }, out);
  for (const path of out.keys())
    if (skipped.has(path) || [...serverOwned].some((owned) => path.startsWith(owned + separator))) out.delete(path);
  return out;
}

/** What an apply configuration claims: leaves, and list elements as such. */
export function claimed(flat: Flat): Set<string> {
  const keep = (path: string, value: unknown): boolean =>
    value !== container || path.slice(path.lastIndexOf(separator) + 1).startsWith('k:');
  return new Set([...flat].filter(([path, value]) => keep(path, value)).map(([path]) => path));
}

export interface Difference {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function compare(before: Flat, after: Flat): Difference {
  const added = new Set<string>();
  const modified = new Set<string>();
  for (const [path, value] of after) {
    if (!before.has(path)) added.add(path);
    else if (value !== container && !same(before.get(path), value)) modified.add(path);
  }
  return { added, modified, removed: new Set([...before.keys()].filter((path) => !after.has(path))) };
}

/** fieldsV1 → set. */
export function parseFields(fields: unknown): Set<string> {
  const out = new Set<string>();
  const visit = (node: KubeObject, prefix: string): void => {
    for (const [key, child] of Object.entries(node)) {
      if (key === '.') continue;
      const path = prefix ? `${prefix}${separator}${key}` : key;
      const inner = isObject(child) ? child : {};
      if (Object.keys(inner).length === 0 || '.' in inner) out.add(path);
      visit(inner, path);
    }
  };
  if (isObject(fields)) visit(fields, '');
  return out;
}

/** set → fieldsV1, keys in order. */
export function printFields(set: FieldSet): KubeObject {
  const root: KubeObject = {};
  for (const path of [...set].sort()) {
    let node = root;
    for (const element of path.split(separator)) node = (node[element] ??= {}) as KubeObject;
    node['.'] = {};
  }
  return tidy(root);
}

/** A member without children is `{}`, one with children has a ".". */
function tidy(node: KubeObject): KubeObject {
  const keys = Object.keys(node);
  if (keys.length === 1 && keys[0] === '.') return {};
  return Object.fromEntries(keys.map((key) => [key, key === '.' ? {} : tidy(node[key] as KubeObject)]));
}

/** `.spec.template.spec.containers[name="c"].image`: how conflicts name a path. */
export function printPath(path: string): string {
  return path
    .split(separator)
    .map((element) => {
      if (element.startsWith('f:')) return `.${element.slice(2)}`;
      if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
      const keys = Object.entries(JSON.parse(element.slice(2)) as Record<string, unknown>);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}

export const union = (a: FieldSet, b: Iterable<string>): Set<string> => new Set([...a, ...b]);
export const minus = (a: FieldSet, b: FieldSet): Set<string> => new Set([...a].filter((one) => !b.has(one)));
export const isUnder = (path: string, parent: string): boolean =>
  path === parent || path.startsWith(parent + separator);
export const pathElements = (path: string): string[] => path.split(separator);
