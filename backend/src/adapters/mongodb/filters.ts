import type { Filter, Sort } from 'mongodb';
import type { Condition, Find } from '../../pipeline/ports.ts';

/** What lies in a collection: the document itself under its id. */
export interface Stored {
  readonly _id: string;
  readonly [field: string]: unknown;
}

const operators = { gte: '$gte', lte: '$lte', gt: '$gt', lt: '$lt', in: '$in' } as const;

function conditionOf(condition: Condition): unknown {
  if (typeof condition !== 'object') return condition;
  const entries = Object.entries(operators).flatMap(([name, operator]) => {
    const value = condition[name as keyof typeof operators];
    return value === undefined ? [] : [[operator, value] as const];
  });
  // `null` also finds documents that lack the field.
  if (condition.exists !== undefined) entries.push([condition.exists ? '$ne' : '$eq', null] as never);
  return Object.fromEntries(entries);
}

/** A field outside the spec is a bug of the caller, not a failure of the store. */
function known(field: string, fields: ReadonlySet<string>): string {
  if (field === 'id') return '_id';
  if (fields.has(field)) return field;
  throw new TypeError(`"${field}" is not an indexed field of this collection`);
}

export const whereFilter = (where: Find['where'], fields: ReadonlySet<string>): Filter<Stored> =>
  Object.fromEntries(
    Object.entries(where ?? {}).map(([field, condition]) => [known(field, fields), conditionOf(condition)]),
  );

/** Documents that lack the field of `orderBy` have no place in that order and are left out, on every page. */
export function findFilter(find: Find, fields: ReadonlySet<string>): { filter: Filter<Stored>; sort: Sort } {
  const where = whereFilter(find.where, fields);
  const { field: asked, direction } = find.orderBy ?? { field: 'id', direction: 'asc' };
  const field = known(asked, fields);
  const way = direction === 'desc' ? -1 : 1;
  const beyond = direction === 'desc' ? '$lt' : '$gt';
  if (field === '_id') {
    const after = find.after ? [{ _id: { [beyond]: find.after.id } }] : [];
    return { filter: { $and: [where, ...after] }, sort: { _id: way } };
  }
  const { after } = find;
  const rest = after
    ? { $or: [{ [field]: { [beyond]: after.value } }, { [field]: after.value, _id: { [beyond]: after.id } }] }
    : { [field]: { $ne: null } };
  return { filter: { $and: [where, rest] }, sort: { [field]: way, _id: way } };
}
