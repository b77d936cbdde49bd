import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const plugin = fileURLToPath(new URL('..', import.meta.url));
export const dist = join(plugin, 'dist');

/** Every file of the build, by its path within dist with forward slashes, sorted. */
export const filesOfDist = () =>
  readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(dist.length + 1)
        .replaceAll('\\', '/')
    )
    .sort();
export const read = (path) => readFileSync(join(dist, path));
export const json = (path) => JSON.parse(read(path).toString('utf8'));
