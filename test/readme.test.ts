import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runWith } from '../backend/src/cli/index.ts';

const home = join(import.meta.dirname, '..');
const readme = readFileSync(join(home, 'README.md'), 'utf8');

test('the README lists the settings as they are', async () => {
  const lines: string[] = [];
  const io = { out: (text: string) => void lines.push(text), err: (text: string) => void lines.push(text) };
  const signal = new AbortController().signal;
  const code = await runWith(['config', '--markdown'], { ...io, env: {}, cwd: home, terminal: false, signal });
  expect(code).toBe(0);
  expect(readme).toContain(lines.join('\n').trim());
});

test('every npm command that the README names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { scripts: object };
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
