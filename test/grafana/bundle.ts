import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const here = import.meta.dirname;
export const repository = resolve(here, '..', '..');
const cache = join(repository, 'node_modules', '.cache', 'kubewise-grafana-host');
const versions = ['@grafana/ui', '@grafana/data', '@grafana/runtime'].map((name) =>
  readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8'),
);

/** The files of the host page: @grafana packages and all that Grafana shares with plugins. Built once per content. */
export async function hostBundle(): Promise<{ readonly script: string; readonly style: string }> {
  const hash = createHash('sha256');
  for (const file of readdirSync(join(here, 'host')).sort()) hash.update(readFileSync(join(here, 'host', file)));
  for (const version of versions) hash.update(version);
  const name = join(cache, hash.digest('hex').slice(0, 16));
  // esbuild puts the styles that the packages import beside the script.
  const files = { script: `${name}.js`, style: `${name}.css` };
  if (existsSync(files.script)) return files;
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  await bundleTo(files.script);
  return files;
}

/** React of the plugin's own tree for everybody: what the plugin was tested with, and one instance. */
const ownReact = (name: string): string => join(repository, 'plugin', 'node_modules', name);

async function bundleTo(file: string): Promise<void> {
  await build({
    entryPoints: [join(here, 'host', 'index.jsx')],
    outfile: file,
    bundle: true,
    format: 'iife',
    jsx: 'transform',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"development"', 'process.env': '{}', global: 'window' },
    loader: { '.ttf': 'dataurl', '.svg': 'dataurl', '.woff2': 'dataurl', '.png': 'dataurl' },
    alias: {
      react: ownReact('react'),
      'react-dom': ownReact('react-dom'),
      // By path the package's `exports` do not count, and its server file would be the one for Node.
      'react-dom/server': join(ownReact('react-dom'), 'server.browser.js'),
    },
    nodePaths: [join(repository, 'plugin', 'node_modules'), join(repository, 'node_modules')],
  });
}
