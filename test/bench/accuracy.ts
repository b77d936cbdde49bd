import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Row } from './results.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const tools = join(home, '../shared/tools');

const ran = (script: string, args: readonly string[]): string => {
  const done = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(`${script} ${args.join(' ')}: ${done.stderr || done.stdout}`);
  return done.stdout;
};

/** Scores one set with the product's own command and judges it with the set's own scorer. */
function judged(data: string, set: string): Row {
  const folder = join(data, set);
  if (!existsSync(folder)) return { set, seconds: '', result: `skipped: ${set} absent` };
  const out = mkdtempSync(join(tmpdir(), 'kubewise-bench-'));
  try {
    const from = performance.now();
    ran(join(home, 'backend/bin/kubewise.mjs'), ['score', set === 'nab' ? join(folder, 'data') : folder, '--out', out]);
    const seconds = Number(((performance.now() - from) / 1000).toFixed(1));
    return { set, seconds, result: set === 'nab' ? ofNab(out, folder) : ofSeries(out) };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const oneLine = (text: string): string =>
  text.trim().split('\n').slice(-6).join('; ').replaceAll('|', '/').replace(/\s+/g, ' ');
const ofNab = (out: string, folder: string): string =>
  oneLine(ran(join(tools, 'nab_score.mjs'), ['--results', out, '--labels', join(folder, 'combined_windows.json')]));
const ofSeries = (out: string): string => oneLine(ran(join(tools, 'ts_score.mjs'), ['--results', out, '--delay', '7']));

export const accuracy = (data: string): readonly Row[] =>
  existsSync(tools)
    ? ['nab', 'kpi', 'smd', 'asd'].map((set) => judged(data, set))
    : [{ set: '', seconds: '', result: 'skipped: the scorers are absent' }];
