import Database from 'better-sqlite3';
import { AdapterError } from '../../pipeline/ports.ts';

/** States of the disk or of the other process, not of the request: the same call may succeed later. */
const passing = ['BUSY', 'LOCKED', 'FULL', 'IOERR', 'CANTOPEN', 'READONLY', 'NOMEM', 'PROTOCOL'];

export const isDuplicate = (error: unknown): boolean =>
  error instanceof Database.SqliteError &&
  (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY');

/** SQLite's result codes (https://sqlite.org/rescode.html) as what the loops understand. */
export function storeError(error: unknown, doing: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const code = error instanceof Database.SqliteError ? error.code : '';
  const message = `SQLite cannot ${doing}: ${error instanceof Error ? error.message : String(error)}`;
  const retryable = passing.some((one) => code.startsWith(`SQLITE_${one}`));
  return new AdapterError('store', code ? `${message} (${code})` : message, {
    retryable,
    ...(isDuplicate(error) && { status: 409 }),
    cause: error,
  });
}

/** Runs one piece of synchronous SQLite work and gives whatever fails the port's shape. */
export function guarded<T>(doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error, doing);
  }
}
