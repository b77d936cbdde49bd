import { MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { AdapterError } from '../../pipeline/ports.ts';

/** 11000 is MongoDB's; other servers that speak its protocol keep the words and not always the number. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoServerError && (error.code === 11000 || /E11000|duplicate key/i.test(error.message));

/** Elections, restarts and full disks pass (https://www.mongodb.com/docs/manual/reference/error-codes/). */
const passing: ReadonlySet<unknown> = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031]);
const isPassing = (error: unknown): boolean =>
  error instanceof MongoNetworkError ||
  error instanceof MongoServerSelectionError ||
  (error instanceof MongoServerError && passing.has(error.code)) ||
  (error instanceof MongoError && error.hasErrorLabel('RetryableWriteError'));

/** No `cause`: a driver error may carry the connection string, and with it the password. */
export function storeError(error: unknown, doing: string, mask: (text: string) => string): AdapterError {
  if (error instanceof AdapterError) return error;
  const code = error instanceof MongoServerError && error.code !== undefined ? ` (code ${error.code})` : '';
  const message = `MongoDB cannot ${doing}: ${error instanceof Error ? error.message : String(error)}${code}`;
  const status = isDuplicate(error) ? { status: 409 } : {};
  return new AdapterError('store', mask(message), { retryable: isPassing(error), ...status });
}

/** Hides what stands before the @ of a connection string, as a whole and in pieces, also percent-decoded. */
export function maskOf(uri: string): (text: string) => string {
  const credentials = /^mongodb(?:\+srv)?:\/\/([^/]*)@/.exec(uri)?.[1];
  if (!credentials) return (text) => text;
  const password = credentials.slice(credentials.indexOf(':') + 1);
  const secrets = [credentials, password, decoded(password)].filter((secret) => secret !== '');
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
