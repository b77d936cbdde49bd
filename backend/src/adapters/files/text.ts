import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AdapterError } from '../../pipeline/ports.ts';

/** undefined when there is no such file. Throws AdapterError('files', …) when there is one that cannot be read. */
export const readText = (path: string): string | undefined => readBytes(path)?.toString('utf8');

/** As readText. */
export function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AdapterError('files', `${path}: ${String(error)}`, { retryable: false, cause: error });
  }
}

/** Whole or not at all: written beside its place, then renamed. Throws AdapterError('files', …). */
export const writeText = (path: string, text: string): void => writeBytes(path, Buffer.from(text, 'utf8'));

/** As writeText. */
export function writeBytes(path: string, bytes: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, bytes, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new AdapterError('files', `${path}: ${String(error)}`, { retryable: false, cause: error });
  }
}
