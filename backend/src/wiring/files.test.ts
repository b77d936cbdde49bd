import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../config.ts';
import { filesOf } from './files.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'kubewise-files-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const runbooks = join(import.meta.dirname, '..', '..', '..', 'runbooks');
const at = (name: string): string => join(folder, name);
const files = (env: Readonly<Record<string, string>>) =>
  filesOf(loadConfig({ DATA_DIR: at('data'), ...env }).config, runbooks);
function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    files(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('the built-in runbooks and the default policy need no file; a cooldown of the settings wins', () => {
  expect(files({}).runbooks.length).toBeGreaterThan(5);
  writeFileSync(at('policy.yaml'), 'cooldownSeconds: 60\n');
  expect(files({ POLICY_FILE: at('policy.yaml') }).policy.cooldownSeconds).toBe(60);
  const both = { POLICY_FILE: at('policy.yaml'), REMEDIATION_COOLDOWN_SECONDS: '7' };
  expect(files(both).policy.cooldownSeconds).toBe(7);
});

test('what is wrong with folder, policy and runbooks is said by setting, file and field, all at once', () => {
  writeFileSync(at('file'), '');
  writeFileSync(at('policy.yaml'), 'cooldownSeconds: many\n');
  mkdirSync(at('runbooks'));
  writeFileSync(at('runbooks/one.yaml'), '- id: 7\n');
  writeFileSync(at('runbooks/two.yaml'), 'a: [\n');
  const env = { DATA_DIR: at('file/data'), POLICY_FILE: at('policy.yaml'), RUNBOOKS_DIR: at('runbooks') };
  const [data, policy, broken, ...more] = problemsOf(env);
  expect(data).toMatch(/^DATA_DIR: .*not a directory/);
  expect(policy).toMatch(/^POLICY_FILE: .*policy[.]yaml: cooldownSeconds: /);
  expect(broken).toMatch(/^RUNBOOKS_DIR: .*two[.]yaml: /);
  expect(more).toEqual([]);
  rmSync(at('runbooks/two.yaml'));
  expect(problemsOf(env).at(-1)).toMatch(/^RUNBOOKS_DIR: .*one[.]yaml: id: /);
});

test.each(['- a list', 'a word', '7'])('a policy that is %j is no policy', (text) => {
  writeFileSync(at('policy.yaml'), text);
  expect(problemsOf({ POLICY_FILE: at('policy.yaml') })).toEqual([
    expect.stringMatching(/^POLICY_FILE: .*the whole: /),
  ]);
});
