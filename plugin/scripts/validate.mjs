// What Grafana's plugin validator asks and can be asked offline, on the build: run after `npm run build`.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { zip } from './archive.mjs';
import { dist, filesOfDist, json, plugin, read } from './dist.mjs';

const problems = [];
const demand = (holds, problem) => {
  if (!holds) {
    problems.push(problem);
  }
};

const files = filesOfDist();
const has = (path) => files.includes(path);
const manifests = files.filter((path) => posix.basename(path) === 'plugin.json');
const root = json('plugin.json');

/** Bytes, minified: GRAFANA's own warning comes much later, these are ours. */
const limits = {
  'module.js': 15_000,
  'datasource/module.js': 30_000,
  panels: 60_000,
  chunk: 200_000,
  image: 200_000,
  zip: 1_000_000,
};
const limitOf = (path) => limits[path] ?? (path.startsWith('panels/') ? limits.panels : limits.chunk);

function checkManifest(path) {
  const manifest = json(path);
  const at = posix.dirname(path) === '.' ? '' : `${posix.dirname(path)}/`;
  demand(/^[0-9a-z]+-([0-9a-z]+-)?(app|panel|datasource)$/.test(manifest.id), `${path}: id "${manifest.id}"`);
  demand(manifest.id.endsWith(`-${manifest.type}`), `${path}: the id does not end with its type`);
  demand(has(`${at}module.js`), `${path}: no module.js beside it`);
  demand(has(`${at}module.js.map`), `${path}: no source map beside module.js`);
  for (const size of ['small', 'large']) {
    demand(has(posix.join(at, manifest.info.logos[size])), `${path}: the ${size} logo is not in the build`);
  }
  for (const { path: image } of manifest.info.screenshots) {
    demand(has(posix.join(at, image)), `${path}: the screenshot ${image} is not in the build`);
    demand(
      has(posix.join(at, image)) && read(posix.join(at, image)).length <= limits.image,
      `${path}: ${image} is large`
    );
  }
  demand(/^\d+\.\d+\.\d+$/.test(manifest.info.version), `${path}: version "${manifest.info.version}"`);
  demand(/^\d{4}-\d\d-\d\d$/.test(manifest.info.updated), `${path}: updated "${manifest.info.updated}"`);
  demand(
    manifest.info.description.length > 20 && manifest.info.keywords.length > 0,
    `${path}: description or keywords`
  );
  demand(manifest.info.links.length > 0 && manifest.info.author?.name, `${path}: links and author are mandatory`);
  demand(manifest.dependencies.grafanaDependency === '>=13.2.0', `${path}: grafanaDependency`);
  if (path !== 'plugin.json') {
    demand(
      root.includes.some((include) => include.path === path && include.type === manifest.type && include.name),
      `${path}: not declared in the includes of the app`
    );
  }
}

function checkIncludes() {
  const nested = root.includes.filter(({ type }) => type === 'datasource' || type === 'panel' || type === 'dashboard');
  for (const { path } of nested) {
    demand(has(path), `plugin.json includes ${path}, which is not in the build`);
  }
  for (const { role, name, path } of root.includes.filter(({ type }) => type === 'page')) {
    demand(
      path.startsWith(`/a/${root.id}/`) && ['Viewer', 'Editor', 'Admin'].includes(role),
      `page ${name}: path or role`
    );
  }
  for (const { role } of root.roles) {
    const foreign = role.permissions.filter(({ action }) => !action.startsWith(`${root.id}.`));
    demand(foreign.length === 0, `role ${role.name}: actions begin with ${root.id}.`);
  }
}

/** Secrets come from Grafana's store, writes are for one method and one role, and no route is reached by another's prefix. */
function checkRoutes() {
  const { routes } = json('datasource/plugin.json');
  for (const [index, route] of routes.entries()) {
    const text = `${route.method} ${route.path}`;
    demand(/^(GET|POST|PUT|DELETE)$/.test(route.method), `route ${text}: one method each`);
    demand(['Viewer', 'Editor', 'Admin'].includes(route.reqRole) || route.reqAction, `route ${text}: no role`);
    demand(route.url.startsWith('{{ .JsonData.backendUrl }}/api/v1'), `route ${text}: url`);
    for (const { name, content } of route.headers) {
      demand(
        /^(Bearer )?\{\{ \.SecureJsonData\.\w+ \}\}$/.test(content),
        `route ${text}: ${name} holds an inline secret`
      );
    }
    const hider = routes.slice(0, index).find((one) => one.method === route.method && route.path.startsWith(one.path));
    demand(!hider, `route ${text} is hidden by ${hider?.path}`);
  }
}

function checkFiles() {
  for (const path of files.filter((one) => one.endsWith('.js'))) {
    const text = read(path).toString('utf8');
    demand(text.length <= limitOf(path), `${path}: ${text.length} bytes, more than ${limitOf(path)}`);
    demand(!/react\.production|__SECRET_INTERNALS|ZodError/.test(text), `${path}: bundles react or zod`);
    demand(!/google-analytics|googletagmanager|segment\.io/.test(text), `${path}: a tracking script`);
  }
  for (const path of files.filter((one) => one.endsWith('.svg'))) {
    demand(!/<script|on\w+=|javascript:/i.test(read(path).toString('utf8')), `${path}: an unsafe svg`);
  }
  for (const path of ['README.md', 'CHANGELOG.md', 'LICENSE']) {
    demand(has(path), `${path} is not in the build`);
  }
  const readme = read('README.md').toString('utf8');
  demand(!/create-plugin|%[A-Z_]+%/.test(readme), 'README.md: still the template');
  demand(!/\]\((?!https?:\/\/|#)/.test(readme), 'README.md: a relative link, which leads nowhere in the catalogue');
  demand(!has('MANIFEST.txt'), 'MANIFEST.txt: belongs to a signed build only, or Grafana calls it modified');
  demand(root.info.screenshots.length > 0, 'plugin.json: the catalogue shows screenshots');
  const archived = files.filter((path) => !path.endsWith('.map')).map((name) => ({ name, data: read(name) }));
  const size = zip(archived).length;
  demand(size <= limits.zip, `the archive has ${size} bytes without maps, more than ${limits.zip}`);
}

function checkSource() {
  const webpack = join(plugin, '.config/webpack/webpack.config.ts');
  demand(readFileSync(webpack, 'utf8').includes('@grafana/create-plugin'), 'the scaffold of create-plugin is gone');
  const version = JSON.parse(readFileSync(join(plugin, 'package.json'), 'utf8')).version;
  demand(readFileSync(join(plugin, 'CHANGELOG.md'), 'utf8').includes(`## ${version}`), `CHANGELOG.md lacks ${version}`);
  demand(existsSync(join(dirname(dist), 'LICENSE')), 'LICENSE is missing');
}

manifests.forEach(checkManifest);
checkIncludes();
checkRoutes();
checkFiles();
checkSource();
for (const problem of problems) {
  console.error(`plugin: ${problem}`);
}
console.log(`plugin: ${manifests.length} manifests, ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
