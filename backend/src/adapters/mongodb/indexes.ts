import { randomUUID } from 'node:crypto';
import type { Db, IndexDescription } from 'mongodb';
import { collections, type CollectionSpec, type Document } from '../../model/index.ts';
import { AdapterError } from '../../pipeline/ports.ts';
import { isDuplicate } from './errors.ts';
import type { Stored } from './filters.ts';

/**
 * Documents that lack one of the fields are exempt. A sparse index exempts only those that lack all, so it serves one
 * field; a partial one serves several, but not every server that speaks the protocol knows it.
 */
function uniqueIndex(fields: readonly string[]): IndexDescription {
  const present = Object.fromEntries(fields.map((field) => [field, { $exists: true }]));
  return {
    key: Object.fromEntries(fields.map((field) => [field, 1 as const])),
    name: `unique_${fields.join('_')}`,
    unique: true,
    ...(fields.length === 1 ? { sparse: true } : { partialFilterExpression: present }),
  };
}
/** The id behind the field lets a page be read from the index in the order in which it is shown. */
const findIndex = (field: string): IndexDescription => ({ key: { [field]: 1, _id: 1 }, name: `find_${field}` });

export async function ensureIndexes(db: Db): Promise<void> {
  const specs: readonly CollectionSpec<Document>[] = Object.values(collections);
  for (const { name, unique, indexes } of specs) {
    const wanted = [...unique.map(uniqueIndex), ...indexes.map(findIndex)];
    if (wanted.length > 0) await db.collection(name).createIndexes(wanted);
  }
  await checkUnique(db);
}

/**
 * The product relies on unique indexes for "one open incident per target" and for the audit chain, and not every
 * server that speaks the protocol keeps them: tried on a collection of its own before anything is written.
 */
async function checkUnique(db: Db): Promise<void> {
  const probe = db.collection<Stored>('kubewise_probe');
  await probe.createIndexes([uniqueIndex(['one']), uniqueIndex(['first', 'second'])]);
  const run = randomUUID();
  const takes = (fields: object) =>
    probe.insertOne({ _id: randomUUID(), run, ...fields }).then(
      () => true,
      (error: unknown) => {
        if (isDuplicate(error)) return false;
        throw error;
      },
    );
  const pair = (second: number) => ({ first: run, second });
  try {
    // The first insert of each kind stands; its repetition must not, its neighbour must.
    const answers = [
      ...[await takes({ one: run, ...pair(1) }), await takes({ one: run, ...pair(2) })],
      ...[await takes(pair(1)), await takes(pair(3)), await takes(pair(4))],
    ];
    if (answers.join() !== 'true,false,false,true,true')
      throw new AdapterError('store', 'MongoDB: the server does not keep unique indexes', { retryable: false });
  } finally {
    await probe.deleteMany({ run });
  }
}
