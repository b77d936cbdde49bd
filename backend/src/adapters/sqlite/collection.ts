import { setImmediate as breathe } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { CollectionSpec, Document } from '../../model/index.ts';
import { AdapterError, type Collection, type Find } from '../../pipeline/ports.ts';
import { findClause, whereClause, type Clause } from './clauses.ts';
import { guarded, isDuplicate } from './errors.ts';
import { columnsOf, quoted } from './schema.ts';

/** A stored document that its schema no longer takes: whoever opened the store is told, and decides. */
export interface Unreadable {
  readonly collection: string;
  readonly id: string;
  readonly message: string;
}
interface Row {
  readonly id: string;
  readonly document: string;
}

/** The part of the connection that a collection uses. */
export interface Connection {
  readonly db: Database.Database;
  prepare(sql: string): Database.Statement<unknown[], Row>;
  /** Runs a write with the durability that its documents deserve. */
  write<T>(doing: string, durable: boolean, work: () => T): T;
  readonly onUnreadable: ((row: Unreadable) => void) | undefined;
}

/** Can be measured again, and comes in thousands: losing the last second in a power cut is no loss. */
const bulk: readonly string[] = ['anomalies', 'events'];
/** So that retention never holds the event loop for long. */
const deleteSlice = 500;

export function sqliteCollection<T extends Document>(spec: CollectionSpec<T>, connection: Connection): Collection<T> {
  const table = quoted(spec.name);
  const columns: ReadonlySet<string> = new Set(columnsOf(spec));
  const durable = !bulk.includes(spec.name);
  const prepared = (sql: string) => connection.prepare(sql);
  const writing = <R>(verb: string, work: () => R): R => connection.write(`${verb} ${spec.name}`, durable, work);

  const parse = (row: Row): T | Unreadable => {
    const failure = (message: string): Unreadable => ({ collection: spec.name, id: row.id, message });
    try {
      const parsed = spec.schema.safeParse(JSON.parse(row.document));
      return parsed.success ? parsed.data : failure(parsed.error.message);
    } catch (error) {
      return failure(String(error));
    }
  };
  const page = ({ sql, values }: Clause, skip: number, limit: number): Row[] =>
    prepared(`SELECT id, document FROM ${table}${sql} LIMIT ? OFFSET ?`).all(...values, limit, skip);
  /** Fills the page behind rows that cannot be read, so that a short page still means the end. */
  const readable = (find: Find, clause: Clause): T[] => {
    const found: T[] = [];
    for (let skip = find.skip ?? 0; found.length < find.limit;) {
      const wanted = find.limit - found.length;
      const rows = page(clause, skip, wanted);
      for (const row of rows) {
        const document = parse(row);
        if (isUnreadable(document)) report(document, connection);
        else found.push(document);
      }
      if (rows.length < wanted) break;
      skip += rows.length;
    }
    return found;
  };
  const insertOne = (document: T): 'Inserted' | 'Duplicate' => {
    try {
      prepared(`INSERT INTO ${table} (id, document) VALUES (?, ?)`).run(document.id, JSON.stringify(document));
      return 'Inserted';
    } catch (error) {
      if (isDuplicate(error)) return 'Duplicate';
      throw error;
    }
  };
  const upsertAll = (documents: readonly T[]): void => {
    const statement = prepared(
      `INSERT INTO ${table} (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document`,
    );
    connection.db
      .transaction(() => {
        for (const document of documents) statement.run(document.id, JSON.stringify(document));
      })
      .immediate();
  };

  return {
    async get(id) {
      const [row] = guarded(`read ${spec.name}`, () =>
        prepared(`SELECT id, document FROM ${table} WHERE id = ?`).all(id),
      );
      if (!row) return undefined;
      const document = parse(row);
      if (!isUnreadable(document)) return document;
      connection.onUnreadable?.(document);
      throw unreadableError(document);
    },
    async insert(document) {
      return writing('insert into', () => insertOne(document));
    },
    async replace(document, expected) {
      const stored = JSON.stringify({ ...document, version: expected + 1 });
      const sql = `UPDATE ${table} SET document = ? WHERE id = ? AND version = ?`;
      return writing('replace in', () => prepared(sql).run(stored, document.id, expected).changes === 1);
    },
    async upsert(documents) {
      if (documents.length > 0) writing('write', () => upsertAll(documents));
    },
    async find(find) {
      const clause = findClause(find, columns);
      return guarded(`read ${spec.name}`, () => readable(find, clause));
    },
    async count(where) {
      const { sql, values } = whereClause(where, columns);
      return guarded(`count ${spec.name}`, () => {
        const row: unknown = prepared(`SELECT count(*) AS n FROM ${table}${sql}`).get(...values);
        return (row as { n: number }).n;
      });
    },
    async deleteWhere(where) {
      const { sql, values } = whereClause(where, columns);
      const slice = `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table}${sql} LIMIT ${deleteSlice})`;
      for (let gone = 0; ; await breathe()) {
        const { changes } = writing('delete from', () => prepared(slice).run(...values));
        gone += changes;
        if (changes < deleteSlice) return gone;
      }
    },
  };
}

const isUnreadable = <T extends Document>(one: T | Unreadable): one is Unreadable => 'collection' in one;

const unreadableError = ({ collection, id, message }: Unreadable): AdapterError =>
  new AdapterError('store', `${collection}/${id} cannot be read: ${message}`, { retryable: false });

function report(row: Unreadable, connection: Connection): void {
  if (!connection.onUnreadable) throw unreadableError(row);
  connection.onUnreadable(row);
}
