import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { runWith } from '../backend/src/cli/index.ts';
import { loadConfig } from '../backend/src/config.ts';

const home = join(import.meta.dirname, '..');
const readme = readFileSync(join(home, 'README.md'), 'utf8');

async function printed(flag: string): Promise<string> {
  const lines: string[] = [];
  const io = { out: (text: string) => void lines.push(text), err: (text: string) => void lines.push(text) };
  const signal = new AbortController().signal;
  const code = await runWith(['config', flag], { ...io, env: {}, cwd: home, terminal: false, signal });
  expect(code).toBe(0);
  return lines.join('\n').trim();
}

test('the README lists the settings as they are', async () => {
  expect(readme).toContain(await printed('--markdown'));
});

test('.env.example lists them too, and with its comments taken away it changes nothing', async () => {
  const example = readFileSync(join(home, '.env.example'), 'utf8');
  expect(example).toContain(await printed('--env'));
  const settings = parseEnv(example.replaceAll(/^#([A-Z_]+=)/gm, '$1'));
  expect(Object.keys(settings).length).toBeGreaterThan(50);
  expect(loadConfig(settings).config).toEqual(loadConfig({}).config);
});

test('every npm command that the README names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { scripts: object };
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
