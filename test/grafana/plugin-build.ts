import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './bundle.ts';

const plugin = join(repository, 'plugin');
export const pluginDist = join(plugin, 'dist');

/** When the newest of these files was changed (ms). */
function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(0, ...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

/** Whether the build is there and not older than its source. */
function isFresh(): boolean {
  const built = join(pluginDist, 'module.js');
  return existsSync(built) && statSync(built).mtimeMs >= newest(join(plugin, 'src'));
}

/** Builds the plugin where its build is missing or old. Rejects with the end of what the build said. */
export async function ensurePlugin(say: (line: string) => void, signal: AbortSignal): Promise<void> {
  if (isFresh()) return;
  say('Building the Grafana plugin for the preview of its pages (once, half a minute); the loop runs meanwhile …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const child = spawn(npm, ['run', '-s', 'build', '-w', 'plugin'], {
    cwd: repository,
    signal,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const keep = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-2000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Error(`the plugin could not be built: ${said.trim().split('\n').slice(-5).join(' ')}`);
}
