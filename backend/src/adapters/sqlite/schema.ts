import type Database from 'better-sqlite3';
import { collections, type CollectionSpec, type Document } from '../../model/index.ts';
import { AdapterError } from '../../pipeline/ports.ts';

/** Document fields that `find` may name: each is a column generated from the JSON, so the two cannot disagree. */
export const columnsOf = (spec: CollectionSpec<Document>): readonly string[] => [
  ...new Set([...spec.indexes, ...spec.unique.flat()]),
];
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const specs: readonly CollectionSpec<Document>[] = Object.values(collections);

/** Entry n brings a file from user_version n to n + 1. Never edit one that was released: append. */
const migrations: readonly ((db: Database.Database) => void)[] = [
  (db) => {
    for (const { name } of specs)
      db.exec(`CREATE TABLE IF NOT EXISTS ${quoted(name)} (
        id TEXT PRIMARY KEY NOT NULL,
        document TEXT NOT NULL,
        version INTEGER GENERATED ALWAYS AS (coalesce(json_extract(document, '$.version'), 0)) VIRTUAL
      ) STRICT, WITHOUT ROWID`);
  },
];

/** Brings an opened file to this program's schema; refuses a file from a newer one. Runs in one transaction. */
export function migrate(db: Database.Database): void {
  const current = Number(db.pragma('user_version', { simple: true }));
  if (current > migrations.length)
    throw new AdapterError(
      'store',
      `the SQLite file has schema ${current}, this version of KubeWise knows ${migrations.length}: it was written by a newer version`,
      { retryable: false },
    );
  db.transaction(() => {
    for (const step of migrations.slice(current)) step(db);
    db.pragma(`user_version = ${migrations.length}`);
    for (const spec of specs) addColumns(db, spec);
  }).immediate();
}

/** A field that a new version indexes becomes a column and an index at the next start, over the old documents too. */
function addColumns(db: Database.Database, spec: CollectionSpec<Document>): void {
  const table = quoted(spec.name);
  const known = new Set(
    db
      .prepare<[], { name: string }>(`PRAGMA table_xinfo(${table})`)
      .all()
      .map((one) => one.name),
  );
  for (const field of columnsOf(spec)) {
    if (!known.has(field))
      db.exec(
        `ALTER TABLE ${table} ADD COLUMN ${quoted(field)} ANY GENERATED ALWAYS AS (json_extract(document, '$.${field}')) VIRTUAL`,
      );
    // The id behind the field lets a page be read from the index in the order in which it is shown.
    const index = quoted(`${spec.name}_${field}`);
    db.exec(`CREATE INDEX IF NOT EXISTS ${index} ON ${table} (${quoted(field)}, id)`);
  }
  for (const fields of spec.unique) {
    const index = quoted(`${spec.name}_unique_${fields.join('_')}`);
    // NULLs are distinct in SQLite: a document that lacks one of the fields is exempt.
    db.exec(`CREATE UNIQUE INDEX IF NOT EXISTS ${index} ON ${table} (${fields.map(quoted).join(', ')})`);
  }
}
