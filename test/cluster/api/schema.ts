import * as client from '@kubernetes/client-node';
import type { KubeObject } from '../runtime.ts';
import { listKeys } from './lists.ts';

/** One field of a built-in type, as the client's generated models describe it. */
export interface Field {
  readonly name: string;
  readonly shape: 'value' | 'list' | 'map';
  /** string, number, boolean, Date, V1MicroTime, IntOrString, any, or the name of a model. */
  readonly type: string;
}

interface Model {
  getAttributeTypeMap(): readonly { readonly baseName: string; readonly type: string }[];
}

const models = client as unknown as Readonly<Record<string, Model | undefined>>;
const scalars = new Set(['string', 'number', 'boolean', 'Date', 'V1MicroTime', 'IntOrString', 'any']);
const cache = new Map<string, ReadonlyMap<string, Field> | undefined>();

function parse(name: string, type: string): Field {
  const list = /^Array<(.+)>$/.exec(type);
  if (list) return { name, shape: 'list', type: list[1] as string };
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  if (map) return { name, shape: 'map', type: map[1] as string };
  return { name, shape: 'value', type };
}

/** The fields of a model; undefined for scalars and open types. */
export function fieldsOf(model: string | undefined): ReadonlyMap<string, Field> | undefined {
  if (!model || scalars.has(model)) return undefined;
  if (!cache.has(model)) {
    const described = models[model]?.getAttributeTypeMap?.();
    cache.set(model, described && new Map(described.map((one) => [one.baseName, parse(one.baseName, one.type)])));
  }
  return cache.get(model);
}

/** How elements of a list are told apart: by keys (map), by value (set) or not at all (atomic). */
export type ListRule =
  { readonly kind: 'map'; readonly keys: readonly string[] } | { readonly kind: 'set' } | { readonly kind: 'atomic' };

const atomic: ListRule = { kind: 'atomic' };

/** For server-side apply. */
export function listRule(model: string | undefined, field: string): ListRule {
  const entry = listKeys[`${model}.${field}`];
  if (!entry?.apply) return atomic;
  return entry.apply === 'set' ? { kind: 'set' } : { kind: 'map', keys: entry.apply.split(',') };
}

/** For strategic merge: the merge key, 'set' for lists of scalars, undefined for lists that are replaced. */
export const mergeKey = (model: string | undefined, field: string): string | undefined =>
  listKeys[`${model}.${field}`]?.patch;

const isObject = (value: unknown): value is KubeObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Default values of merge keys that a body may leave out. */
const keyDefaults: Readonly<Record<string, unknown>> = { protocol: 'TCP' };
export const keyValue = (element: KubeObject, key: string): unknown => element[key] ?? keyDefaults[key];

/** Walks a value along its model and drops what the model does not know; reports each dropped path. */
export function prune(
  value: unknown,
  model: string | undefined,
  path: string,
  report: (path: string) => void,
): unknown {
  const fields = fieldsOf(model);
  if (!fields || !isObject(value)) return value;
  let result = value;
  for (const [key, child] of Object.entries(value)) {
    const field = fields.get(key);
    const at = path ? `${path}.${key}` : key;
    if (!field) report(at);
    const next = field && child !== null ? pruneField(child, field, at, report) : undefined;
    if (next === child) continue;
    if (result === value) result = { ...value };
    if (next === undefined) delete result[key];
    else result[key] = next;
  }
  return result;
}

function pruneField(value: unknown, field: Field, path: string, report: (path: string) => void): unknown {
  if (scalars.has(field.type)) return value;
  if (field.shape === 'list' && Array.isArray(value))
    return mapSame(value, (one, index) => prune(one, field.type, `${path}[${index}]`, report));
  if (field.shape === 'map' && isObject(value)) {
    const entries = Object.entries(value);
    const next = entries.map(([key, one]) => prune(one, field.type, `${path}.${key}`, report));
    return next.every((one, index) => one === entries[index]?.[1])
      ? value
      : Object.fromEntries(entries.map(([key], index) => [key, next[index]]));
  }
  return prune(value, field.type, path, report);
}

/** Array.map that hands back the same array when nothing changed. */
function mapSame(list: readonly unknown[], change: (one: unknown, index: number) => unknown): readonly unknown[] {
  const next = list.map(change);
  return next.every((one, index) => one === list[index]) ? list : next;
}

const jsonKinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  Date: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value),
  V1MicroTime: (value) => typeof value === 'string' && /\.\d{6}Z$/.test(value),
  IntOrString: (value) => typeof value === 'number' || typeof value === 'string',
  any: () => true,
};

/**
 * The shape guard: every way in which `value` departs from the model, as `path: problem`. An unknown key, a wrong JSON
 * type and a timestamp of the wrong precision are problems; missing fields are not.
 */
export function shapeProblems(value: unknown, model: string, path = ''): string[] {
  const scalar = jsonKinds[model];
  if (scalar) return scalar(value) ? [] : [`${path}: expected ${model}, got ${JSON.stringify(value)}`];
  const fields = fieldsOf(model);
  if (!fields) return [];
  if (!isObject(value)) return [`${path}: expected ${model}, got ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, child]) => {
    const field = fields.get(key);
    const at = path ? `${path}.${key}` : key;
    if (!field) return [`${at}: unknown field of ${model}`];
    if (child === null) return [];
    return fieldProblems(child, field, at);
  });
}

function fieldProblems(value: unknown, field: Field, path: string): string[] {
  if (field.shape === 'value') return shapeProblems(value, field.type, path);
  if (field.shape === 'list') {
    if (!Array.isArray(value)) return [`${path}: expected a list, got ${JSON.stringify(value)}`];
    return value.flatMap((one, index) => shapeProblems(one, field.type, `${path}[${index}]`));
  }
  if (!isObject(value)) return [`${path}: expected a map, got ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, one]) => shapeProblems(one, field.type, `${path}.${key}`));
}
