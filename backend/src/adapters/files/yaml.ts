import { readdirSync, readFileSync, watchFile, unwatchFile } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { AdapterError } from '../../pipeline/ports.ts';

/** One YAML document with the file it came from. */
export interface YamlFile {
  readonly path: string;
  readonly content: unknown;
}

/** Throws AdapterError('files', …) that names the file and the line. */
export function readYaml(path: string): YamlFile {
  try {
    return { path, content: parse(readFileSync(path, 'utf8')) as unknown };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new AdapterError('files', `${path}: ${message}`, { retryable: false, cause: error });
  }
}

/** Every .yaml and .yml file of a folder, by name. */
export function readYamlFolder(folder: string): readonly YamlFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  } catch (error) {
    throw new AdapterError('files', `${folder}: ${String(error)}`, { retryable: false, cause: error });
  }
  return names.sort().map((name) => readYaml(join(folder, name)));
}

/**
 * Calls `changed` with the new content whenever the file changes; a file that cannot be read goes to `failed` and the
 * old content stays in force. Looks every two seconds, because mounted ConfigMaps are swapped by symlink.
 */
export function watchYaml(
  path: string,
  changed: (file: YamlFile) => void,
  failed: (message: string) => void,
): () => void {
  const look = (): void => {
    try {
      changed(readYaml(path));
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
    }
  };
  watchFile(path, { interval: 2000, persistent: false }, look);
  return () => unwatchFile(path, look);
}
