import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { collections } from '../../model/index.ts';
import { AdapterError, type Store } from '../../pipeline/ports.ts';
import { sqliteCollection, type Connection, type Unreadable } from './collection.ts';
import { guarded, storeError } from './errors.ts';
import { migrate } from './schema.ts';

export interface SqliteOptions {
  /** A file, made with its folder when absent (readable by its owner only), or ':memory:'. */
  readonly path: string;
  /** How long a write waits for another process, in milliseconds. Holds the event loop meanwhile. */
  readonly busyMilliseconds?: number;
  /** Told about rows that no longer parse, which `find` then leaves out. Without it, `find` throws as `get` does. */
  readonly onUnreadable?: (row: Unreadable) => void;
}
export interface SqliteStore extends Store {
  readonly kind: 'sqlite';
  /** A consistent copy while the store is in use (https://sqlite.org/backup.html). Overwrites `path`. */
  backup(path: string): Promise<void>;
}

/**
 * Opens the embedded store: one JSON document per row, indexed fields as generated columns, write-ahead log, one
 * writer. Throws AdapterError('store', …) when the file cannot be opened or was written by a newer version.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<SqliteStore> {
  const db = guarded(`open ${options.path}`, () => open(options));
  const connection = connectionTo(db, options);
  const file = inode(options.path);
  return {
    kind: 'sqlite',
    incidents: sqliteCollection(collections.incidents, connection),
    anomalies: sqliteCollection(collections.anomalies, connection),
    events: sqliteCollection(collections.events, connection),
    alerts: sqliteCollection(collections.alerts, connection),
    audit: sqliteCollection(collections.audit, connection),
    mutes: sqliteCollection(collections.mutes, connection),
    settings: sqliteCollection(collections.settings, connection),
    async ping() {
      // Reads a page from the file: SELECT 1 would not notice that the disk is gone.
      guarded('be reached', () => db.prepare('SELECT count(*) FROM sqlite_schema').get());
      // SQLite goes on writing into a deleted file without a word.
      if (inode(options.path) !== file)
        throw new AdapterError('store', `the SQLite file ${options.path} was deleted or replaced`, {
          retryable: false,
        });
    },
    async backup(path) {
      await db.backup(path).catch((error: unknown) => {
        throw storeError(error, `copy to ${path}`);
      });
    },
    async close() {
      guarded('close', () => db.close());
    },
  };
}

const inode = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

function open({ path, busyMilliseconds }: SqliteOptions): Database.Database {
  if (path !== ':memory:') makePrivate(path);
  const db = new Database(path, { timeout: busyMilliseconds ?? 2000 });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('journal_size_limit = 67108864');
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Incidents name workloads and people; SQLite gives the -wal and -shm files the mode of the main file. */
function makePrivate(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, 'a', 0o600));
}

function connectionTo(db: Database.Database, options: SqliteOptions): Connection {
  const statements = new Map<string, ReturnType<Connection['prepare']>>();
  let synchronous: 'FULL' | 'NORMAL' = 'FULL';
  const synchronise = (wanted: typeof synchronous): void => {
    if (synchronous === wanted) return;
    db.pragma(`synchronous = ${wanted}`);
    synchronous = wanted;
  };
  return {
    db,
    onUnreadable: options.onUnreadable,
    prepare(sql) {
      let statement = statements.get(sql);
      if (!statement) statements.set(sql, (statement = db.prepare(sql)));
      return statement;
    },
    write(doing, durable, work) {
      return guarded(doing, () => {
        synchronise(durable ? 'FULL' : 'NORMAL');
        return work();
      });
    },
  };
}
