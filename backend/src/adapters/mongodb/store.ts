import { MongoClient, type Db } from 'mongodb';
import { collections, type CollectionSpec, type Document } from '../../model/index.ts';
import type { Collection, Store } from '../../pipeline/ports.ts';
import { mongoCollection, type Connection, type Unreadable } from './collection.ts';
import { maskOf, storeError } from './errors.ts';
import type { Stored } from './filters.ts';
import { ensureIndexes } from './indexes.ts';

export interface MongoOptions {
  /** A connection string (mongodb:// or mongodb+srv://); never appears in an error. */
  readonly uri: string;
  readonly database: string;
  readonly maxPoolSize?: number;
  readonly minPoolSize?: number;
  /** How long a call waits for a server that it can use. Default 5. */
  readonly timeoutSeconds?: number;
  /** Told about documents that no longer parse, which `find` then leaves out. Without it, `find` throws as `get` does. */
  readonly onUnreadable?: (document: Unreadable) => void;
}

/**
 * Opens the store in MongoDB, makes its indexes and checks that they hold. Every step is one compare-and-set on one
 * document: no transactions, change streams or retryable writes, so any server of the wire protocol will do.
 * Throws AdapterError('store', …).
 */
export async function openMongoStore(options: MongoOptions): Promise<Store> {
  const mask = maskOf(options.uri);
  const guarded: Connection['guarded'] = async (doing, work) => {
    try {
      return await work();
    } catch (error) {
      throw storeError(error, doing, mask);
    }
  };
  const client = await guarded('be opened', async () => clientOf(options));
  const db = client.db(options.database);
  const connection: Connection = { guarded, onUnreadable: options.onUnreadable };
  try {
    await guarded('be reached', () => client.connect());
    await guarded('be prepared', () => ensureIndexes(db));
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }
  return storeOver(db, connection, () => guarded('close', () => client.close()));
}

function clientOf({ uri, maxPoolSize, minPoolSize, timeoutSeconds = 5 }: MongoOptions): MongoClient {
  return new MongoClient(uri, {
    appName: 'kubewise',
    ...(maxPoolSize !== undefined && { maxPoolSize }),
    ...(minPoolSize !== undefined && { minPoolSize }),
    serverSelectionTimeoutMS: timeoutSeconds * 1000,
    connectTimeoutMS: timeoutSeconds * 1000,
    socketTimeoutMS: 4 * timeoutSeconds * 1000,
    retryWrites: false,
    // "Durable once it resolves": a majority has it in its journal.
    writeConcern: { w: 'majority', journal: true },
    ignoreUndefined: true,
  });
}

function storeOver(db: Db, connection: Connection, close: () => Promise<void>): Store {
  const of = <T extends Document>(spec: CollectionSpec<T>): Collection<T> =>
    mongoCollection(spec, db.collection<Stored>(spec.name), connection);
  return {
    kind: 'mongodb',
    incidents: of(collections.incidents),
    anomalies: of(collections.anomalies),
    events: of(collections.events),
    alerts: of(collections.alerts),
    audit: of(collections.audit),
    mutes: of(collections.mutes),
    settings: of(collections.settings),
    async ping() {
      await connection.guarded('be reached', () => db.command({ ping: 1 }));
    },
    close,
  };
}
