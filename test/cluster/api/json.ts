import type { KubeObject } from '../runtime.ts';

export const isObject = (value: unknown): value is KubeObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Structural equality of JSON values; a missing key and `undefined` are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, index) => same(one, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  const others = Object.keys(b).filter((key) => b[key] !== undefined);
  return keys.length === others.length && keys.every((key) => key in b && same(a[key], b[key]));
}

/** RFC 7386. Untouched parts are shared with the target. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: KubeObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

export interface JsonPatchStep {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** A JSON patch that cannot be applied: a missing path or a `test` that does not hold. */
export class PatchFailed extends Error {}

const unescape = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');
const split = (path: string): string[] => (path === '' ? [] : path.split('/').slice(1).map(unescape));

function child(node: unknown, key: string, path: string): unknown {
  const value = Array.isArray(node) ? node[Number(key)] : isObject(node) ? node[key] : undefined;
  if (value === undefined) throw new PatchFailed(`the path ${path} does not exist`);
  return value;
}

const read = (document: unknown, path: string): unknown =>
  split(path).reduce((node, key) => child(node, key, path), document);

type Edit = (container: unknown[] | KubeObject, key: string) => void;

/** Copies the containers along the path and lets `edit` change the last one. */
function editAt(node: unknown, keys: readonly string[], path: string, edit: Edit): unknown {
  const [key, ...rest] = keys as [string, ...string[]];
  if (!Array.isArray(node) && !isObject(node)) throw new PatchFailed(`the path ${path} does not exist`);
  const copy: unknown[] | KubeObject = Array.isArray(node) ? [...(node as unknown[])] : { ...node };
  if (rest.length === 0) edit(copy, key);
  else (copy as KubeObject)[key] = editAt(child(node, key, path), rest, path, edit);
  return copy;
}

const insert =
  (value: unknown, path: string): Edit =>
  (container, key) => {
    if (!Array.isArray(container)) container[key] = value;
    else if (key === '-') container.push(value);
    else if (Number(key) <= container.length) container.splice(Number(key), 0, value);
    else throw new PatchFailed(`the path ${path} is out of bounds`);
  };

const drop =
  (path: string): Edit =>
  (container, key) => {
    child(container, key, path);
    if (Array.isArray(container)) container.splice(Number(key), 1);
    else delete container[key];
  };

/** As the server's library does it, and RFC 6902 does not: an absent key of an object is set. */
const overwrite =
  (value: unknown, path: string): Edit =>
  (container, key) => {
    if (Array.isArray(container)) child(container, key, path);
    (container as KubeObject)[key] = value;
  };

function change(document: unknown, path: string, edit: Edit, whole: unknown): unknown {
  const keys = split(path);
  return keys.length === 0 ? whole : editAt(document, keys, path, edit);
}

function step(document: unknown, one: JsonPatchStep): unknown {
  const { op, path, value } = one;
  if (op === 'add') return change(document, path, insert(value, path), value);
  if (op === 'remove') return change(document, path, drop(path), undefined);
  if (op === 'replace') return change(document, path, overwrite(value, path), value);
  if (op === 'test') {
    if (!same(read(document, path), value)) throw new PatchFailed(`testing value ${path} failed`);
    return document;
  }
  const moved = read(document, one.from ?? '');
  const without = op === 'move' ? change(document, one.from ?? '', drop(one.from ?? ''), undefined) : document;
  if (op !== 'move' && op !== 'copy') throw new PatchFailed(`Unexpected kind: ${op}`);
  return change(without, path, insert(moved, path), moved);
}

/** RFC 6902, as the API server understands it. */
export const jsonPatch = (target: unknown, steps: readonly JsonPatchStep[]): unknown => steps.reduce(step, target);
