import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AdapterError } from '../../pipeline/ports.ts';

/** undefined when there is no such file. Throws AdapterError('files', …) when there is one that cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AdapterError('files', `${path}: ${String(error)}`, { retryable: false, cause: error });
  }
}

/** Whole or not at all: written beside its place, then renamed. Throws AdapterError('files', …). */
export function writeText(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new AdapterError('files', `${path}: ${String(error)}`, { retryable: false, cause: error });
  }
}
