import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** How the command line finds the server: written at start, readable by its owner only. */
export interface Connection {
  readonly url: string;
  readonly token: string;
}

export function writeConnection(path: string, connection: Connection): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Renamed into place: nobody reads half of it.
  writeFileSync(`${path}.new`, `${JSON.stringify(connection)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** undefined when there is none, or when it cannot be read. */
export function readConnection(path: string): Connection | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const { url, token } = read as Partial<Connection>;
    return typeof url === 'string' && typeof token === 'string' ? { url, token } : undefined;
  } catch {
    return undefined;
  }
}
