// The archive that Grafana takes: one folder named after the plugin id. Signing adds MANIFEST.txt; without a signature there
// must be none, or Grafana calls the plugin modified.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zip } from './archive.mjs';
import { filesOfDist, json, plugin, read } from './dist.mjs';

const { id, info } = json('plugin.json');
const files = filesOfDist().map((path) => ({ name: `${id}/${path}`, data: read(path) }));
const archive = zip(files);
const hash = (algorithm, data) => createHash(algorithm).update(data).digest('hex');

const target = join(plugin, 'artifacts');
const name = `${id}-${info.version}`;
mkdirSync(target, { recursive: true });
writeFileSync(join(target, `${name}.zip`), archive);
// The catalogue asks for the archive's sha1; the list beside it lets anybody check what is inside.
writeFileSync(join(target, `${name}.zip.sha1`), `${hash('sha1', archive)}\n`);
const manifest = {
  plugin: id,
  version: info.version,
  files: Object.fromEntries(files.map(({ name: path, data }) => [path, hash('sha256', data)])),
};
writeFileSync(join(target, `${name}.manifest.json`), `${JSON.stringify(manifest, undefined, 2)}\n`);

const withoutMaps = zip(files.filter(({ name: path }) => !path.endsWith('.map'))).length;
const kB = (bytes) => `${Math.round(bytes / 1000)} kB`;
console.log(
  `artifacts/${name}.zip: ${files.length} files, ${kB(archive.length)} (${kB(withoutMaps)} without source maps), unsigned`
);
