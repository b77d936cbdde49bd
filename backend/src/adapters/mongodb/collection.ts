import type { Collection as MongoCollection, Filter } from 'mongodb';
import type { CollectionSpec, Document } from '../../model/index.ts';
import { AdapterError, type Collection, type Find } from '../../pipeline/ports.ts';
import { isDuplicate } from './errors.ts';
import { findFilter, whereFilter, type Stored } from './filters.ts';

/** A stored document that its schema no longer takes: whoever opened the store is told, and decides. */
export interface Unreadable {
  readonly collection: string;
  readonly id: string;
  readonly message: string;
}
export interface Connection {
  /** Runs one call of the driver and gives whatever fails the port's shape. */
  guarded<T>(doing: string, work: () => Promise<T>): Promise<T>;
  readonly onUnreadable: ((document: Unreadable) => void) | undefined;
}

/** MongoDB takes at most 48 MB per message; documents are some kB. */
const batch = 500;

export function mongoCollection<T extends Document>(
  spec: CollectionSpec<T>,
  collection: MongoCollection<Stored>,
  connection: Connection,
): Collection<T> {
  const fields: ReadonlySet<string> = new Set([...spec.indexes, ...spec.unique.flat()]);
  const guarded = <R>(verb: string, work: () => Promise<R>): Promise<R> =>
    connection.guarded(`${verb} ${spec.name}`, work);

  const parse = (stored: Stored): T | Unreadable => {
    const parsed = spec.schema.safeParse({ ...stored, id: stored._id });
    return parsed.success ? parsed.data : { collection: spec.name, id: stored._id, message: parsed.error.message };
  };
  const page = (find: Find, skip: number, limit: number): Promise<Stored[]> => {
    const { filter, sort } = findFilter(find, fields);
    return guarded('read', () => collection.find(filter).sort(sort).skip(skip).limit(limit).toArray());
  };
  /** Fills the page behind documents that cannot be read, so that a short page still means the end. */
  const readable = async (find: Find): Promise<T[]> => {
    const found: T[] = [];
    for (let skip = find.skip ?? 0; found.length < find.limit;) {
      const wanted = find.limit - found.length;
      const stored = await page(find, skip, wanted);
      for (const one of stored) {
        const document = parse(one);
        if (isUnreadable(document)) report(document, connection);
        else found.push(document);
      }
      if (stored.length < wanted) break;
      skip += stored.length;
    }
    return found;
  };
  const insertOne = async (document: T): Promise<'Inserted' | 'Duplicate'> => {
    try {
      await collection.insertOne(storedOf(document));
      return 'Inserted';
    } catch (error) {
      if (isDuplicate(error)) return 'Duplicate';
      throw error;
    }
  };

  return {
    async get(id) {
      const stored = await guarded('read', () => collection.findOne({ _id: id }));
      if (!stored) return undefined;
      const document = parse(stored);
      if (!isUnreadable(document)) return document;
      connection.onUnreadable?.(document);
      throw unreadableError(document);
    },
    insert: (document) => guarded('insert into', () => insertOne(document)),
    replace: (document, expected) =>
      guarded('replace in', async () => {
        const next = storedOf({ ...document, version: expected + 1 });
        return (await collection.replaceOne(standing(document.id, expected), next)).matchedCount === 1;
      }),
    upsert: (documents) =>
      guarded('write', async () => {
        for (let i = 0; i < documents.length; i += batch)
          await collection.bulkWrite(
            documents.slice(i, i + batch).map((document) => ({
              replaceOne: { filter: { _id: document.id }, replacement: storedOf(document), upsert: true },
            })),
          );
      }),
    find: (find) => readable(find),
    count: async (where) => {
      const filter = whereFilter(where, fields);
      return guarded('count', () => collection.countDocuments(filter));
    },
    deleteWhere: async (where) => {
      const filter = whereFilter(where, fields);
      return guarded('delete from', async () => (await collection.deleteMany(filter)).deletedCount);
    },
  };
}

const storedOf = (document: Document): Stored => ({ ...document, _id: document.id });

/** A document from before there were versions counts as version 0; `null` also finds an absent field. */
const standing = (id: string, expected: number): Filter<Stored> => ({
  _id: id,
  version: expected === 0 ? { $in: [0, null] } : expected,
});

const isUnreadable = <T extends Document>(one: T | Unreadable): one is Unreadable => 'collection' in one;

const unreadableError = ({ collection, id, message }: Unreadable): AdapterError =>
  new AdapterError('store', `${collection}/${id} cannot be read: ${message}`, { retryable: false });

function report(document: Unreadable, connection: Connection): void {
  if (!connection.onUnreadable) throw unreadableError(document);
  connection.onUnreadable(document);
}
