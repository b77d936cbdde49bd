import type { Condition, Find, Scalar } from '../../pipeline/ports.ts';
import { quoted } from './schema.ts';

export interface Clause {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}
/** JSON booleans come out of json_extract as 1 and 0. */
const bound = (value: Scalar): string | number => (typeof value === 'boolean' ? Number(value) : value);
const operators = { gte: '>=', lte: '<=', gt: '>', lt: '<' } as const;

function clauseOf(field: string, condition: Condition): Clause[] {
  const column = quoted(field);
  if (typeof condition !== 'object') return [{ sql: `${column} = ?`, values: [bound(condition)] }];
  const clauses: Clause[] = [];
  for (const [name, operator] of Object.entries(operators)) {
    const value = condition[name as keyof typeof operators];
    if (value !== undefined) clauses.push({ sql: `${column} ${operator} ?`, values: [bound(value)] });
  }
  // One parameter whatever the list's length: one prepared statement serves all.
  if (condition.in) {
    const list = JSON.stringify(condition.in.map(bound));
    clauses.push({ sql: `${column} IN (SELECT value FROM json_each(?))`, values: [list] });
  }
  if (condition.exists !== undefined)
    clauses.push({ sql: `${column} IS ${condition.exists ? 'NOT NULL' : 'NULL'}`, values: [] });
  return clauses;
}

const joined = (clauses: readonly Clause[]): Clause => ({
  sql: clauses.length === 0 ? '' : ` WHERE ${clauses.map((one) => one.sql).join(' AND ')}`,
  values: clauses.flatMap((one) => one.values),
});

const conditions = (where: Find['where'], columns: ReadonlySet<string>): Clause[] =>
  Object.entries(where ?? {}).flatMap(([field, condition]) => clauseOf(known(field, columns), condition));

export const whereClause = (where: Find['where'], columns: ReadonlySet<string>): Clause =>
  joined(conditions(where, columns));

/**
 * Everything of a Find behind `FROM table`, without LIMIT and OFFSET. Documents that lack the field of `orderBy` have
 * no place in that order and are left out, on the first page as on every other.
 */
export function findClause(find: Find, columns: ReadonlySet<string>): Clause {
  const clauses = conditions(find.where, columns);
  const { field, direction } = find.orderBy ?? { field: 'id', direction: 'asc' };
  const [way, beyond] = direction === 'desc' ? ['DESC', '<'] : ['ASC', '>'];
  if (field === 'id') {
    if (find.after) clauses.push({ sql: `id ${beyond} ?`, values: [find.after.id] });
    return withOrder(clauses, `id ${way}`);
  }
  const column = quoted(known(field, columns));
  if (find.after)
    clauses.push({ sql: `(${column}, id) ${beyond} (?, ?)`, values: [bound(find.after.value), find.after.id] });
  else clauses.push({ sql: `${column} IS NOT NULL`, values: [] });
  return withOrder(clauses, `${column} ${way}, id ${way}`);
}

function withOrder(clauses: readonly Clause[], order: string): Clause {
  const { sql, values } = joined(clauses);
  return { sql: `${sql} ORDER BY ${order}`, values };
}

/** A field outside the spec is a bug of the caller, not a failure of the store. */
function known(field: string, columns: ReadonlySet<string>): string {
  if (field === 'id' || columns.has(field)) return field;
  throw new TypeError(`"${field}" is not an indexed field of this collection`);
}
