import { ApiError } from './status.ts';
import {
  claimed,
  compare,
  container,
  flatten,
  isUnder,
  minus,
  parseFields,
  printFields,
  printPath,
  union,
  type FieldSet,
  type Flat,
} from './fieldset.ts';
import type { KubeObject } from '../runtime.ts';

/** Who writes, for metadata.managedFields. */
export interface Writer {
  readonly manager: string;
  readonly subresource: string | undefined;
  readonly time: string;
  readonly model: string | undefined;
  readonly apiVersion: string;
}

interface Entry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly subresource?: string;
  readonly set: FieldSet;
}

const entriesOf = (object: KubeObject | undefined): Entry[] =>
  ((object?.['metadata'].managedFields ?? []) as KubeObject[]).map(
    (one) => ({ ...one, set: parseFields(one['fieldsV1']) }) as unknown as Entry,
  );

function print(entry: Entry): KubeObject {
  const { manager, operation, apiVersion, time, subresource, set } = entry;
  return {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: printFields(set),
    ...(subresource && { subresource }),
  };
}

function withEntries(object: KubeObject, entries: readonly Entry[]): KubeObject {
  const { managedFields: _old, ...metadata } = object['metadata'] as KubeObject;
  const kept = entries.filter((one) => one.set.size > 0);
  return { ...object, metadata: { ...metadata, ...(kept.length > 0 && { managedFields: kept.map(print) }) } };
}

const own = (entry: Entry, who: Writer, operation: Entry['operation']): boolean =>
  entry.manager === who.manager &&
  entry.operation === operation &&
  (entry.subresource ?? '') === (who.subresource ?? '') &&
  entry.apiVersion === who.apiVersion;

/** Parts that exist in every object of a kind: nobody adds them. */
// eslint-disable-next-line no-control-regex -- NUL separates the steps of a field's path
const alwaysThere = /(^|\u0000)f:(spec|status|template|metadata|strategy|updateStrategy)$/;

function reset(object: KubeObject): boolean {
  const given: unknown = object['metadata'].managedFields;
  return Array.isArray(given) && given.length === 1 && Object.keys((given[0] ?? {}) as object).length === 0;
}

/** After a create, PUT or patch: the writer owns what it changed, everybody loses what is gone or was changed by it. */
export function trackUpdate(old: KubeObject | undefined, object: KubeObject, who: Writer): KubeObject {
  const before: Flat = old ? flatten(old, who.model) : new Map<string, unknown>();
  const difference = compare(before, flatten(object, who.model));
  const added = new Set([...difference.added].filter((path) => !alwaysThere.test(path)));
  const changed = union(added, difference.modified);
  const entries = reset(object) ? [] : entriesOf(old);
  const mine = entries.find((one) => own(one, who, 'Update'));
  const touched =
    changed.size > 0 || (mine !== undefined && [...difference.removed].some((path) => mine.set.has(path)));
  const others = entries
    .filter((one) => one !== mine)
    .map((one) => ({ ...one, set: minus(minus(one.set, changed), difference.removed) }));
  const set = minus(union(mine?.set ?? new Set(), changed), difference.removed);
  const entry: Entry = {
    manager: who.manager,
    operation: 'Update',
    apiVersion: who.apiVersion,
    time: touched ? who.time : (mine?.time ?? who.time),
    ...(who.subresource && { subresource: who.subresource }),
    set,
  };
  return withEntries(object, [...others, entry]);
}

interface Applied {
  readonly object: KubeObject;
  readonly force: boolean;
}

interface Conflict {
  readonly entry: Entry;
  readonly path: string;
}

function conflictsWith(entries: readonly Entry[], changed: FieldSet): Conflict[] {
  return entries.flatMap((entry) =>
    [...entry.set].filter((path) => changed.has(path)).map((path) => ({ entry, path })),
  );
}

const described = ({ entry }: Conflict): string => {
  const sub = entry.subresource ? ` with subresource "${entry.subresource}"` : '';
  return `conflict with "${entry.manager}"${sub}${entry.operation === 'Update' ? ` using ${entry.apiVersion} at ${entry.time}` : ''}`;
};

function refuse(conflicts: readonly Conflict[]): never {
  const causes = conflicts.map((one) => ({
    reason: 'FieldManagerConflict',
    message: described(one),
    field: printPath(one.path),
  }));
  const text =
    conflicts.length === 1
      ? `conflict: ${causes[0]?.message}: ${causes[0]?.field}`
      : `conflicts: ${causes.map((one) => `${one.message}:\n- ${one.field}`).join('\n')}`;
  throw new ApiError(409, 'Conflict', `Apply failed with ${conflicts.length} ${text}`, { causes });
}

/** Paths that the manager applied before and no longer does, and that nobody else holds. */
export function abandoned(live: KubeObject, applied: KubeObject, who: Writer): FieldSet {
  const entries = entriesOf(live);
  const mine = entries.find((one) => own(one, who, 'Apply'));
  if (!mine) return new Set();
  const left = minus(mine.set, claimed(flatten(applied, who.model)));
  const held = entries.filter((one) => one !== mine);
  return new Set([...left].filter((path) => !held.some((one) => [...one.set].some((other) => isUnder(other, path)))));
}

/** After a server-side apply: conflicts are refused unless forced; the manager owns exactly what it applied. */
export function trackApply(old: KubeObject | undefined, object: KubeObject, applied: Applied, who: Writer): KubeObject {
  const before: Flat = old ? flatten(old, who.model) : new Map<string, unknown>();
  const difference = compare(before, flatten(object, who.model));
  const wanted = flatten(applied.object, who.model);
  const set = claimed(wanted);
  const entries = entriesOf(old);
  const mine = entries.find((one) => own(one, who, 'Apply'));
  const others = entries.filter((one) => one !== mine);
  const changed = new Set(
    [...union(difference.modified, difference.added)].filter(
      (path) => wanted.has(path) && wanted.get(path) !== container,
    ),
  );
  const conflicts = conflictsWith(others, changed);
  if (conflicts.length > 0 && !applied.force) refuse(conflicts);
  const kept = others.map((one) => ({ ...one, set: minus(minus(one.set, changed), difference.removed) }));
  const sameSet = mine && mine.set.size === set.size && [...set].every((path) => mine.set.has(path));
  const touched = !sameSet || changed.size > 0;
  const entry: Entry = {
    manager: who.manager,
    operation: 'Apply',
    apiVersion: who.apiVersion,
    time: touched ? who.time : (mine?.time ?? who.time),
    ...(who.subresource && { subresource: who.subresource }),
    set,
  };
  return withEntries(object, [entry, ...kept]);
}
