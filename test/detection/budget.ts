import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nezhaDay, petshop, simulatedCluster, type HealthySet } from './healthy-sets.ts';
import { live } from './live.ts';

/**
 * The false-alarm budget on healthy data: `node test/detection/budget.ts [--data FOLDER]` runs loop one of `serve` over what
 * nothing is wrong with, asks for a number of incidents, counts those that open, and writes BUDGET.md beside this file.
 */
const here = import.meta.dirname;
const day = 86_400;
const { values } = parseArgs({ options: { data: { type: 'string' } } });
const data = resolve(values.data ?? join(here, '..', '..', '..', 'shared', 'data', 'detection'));

interface Row {
  readonly set: string;
  readonly series: number;
  readonly hours: number;
  readonly asked: number;
  readonly opened: number;
  readonly thresholds: readonly [number, number];
}
const rows: Row[] = [];
const calibration: string[] = [];
const skipped: string[] = [];

/** Healthy seconds after `from`. */
function healthySince(set: HealthySet, from: number): number {
  let seconds = 0;
  for (let at = from; at < set.to; at += set.interval) if (set.isHealthy(at)) seconds += set.interval;
  return seconds;
}

/** The first part of a set without history is what the budget learns from. */
async function measure(set: HealthySet, perDays: readonly number[]): Promise<void> {
  const hasPast = set.warmStart.days > 0;
  const from = hasPast ? set.from : (set.from + set.to) / 2;
  const warm = hasPast ? 2 * day : (set.to - set.from) / 4;
  const healthy = healthySince(set, from);
  for (const [run, perDay] of perDays.entries()) {
    const { incidents, series, thresholds, samples, beyond } = await live(set, 7 * perDay, warm);
    const opened = incidents.filter((one) => one.openedAt > from).length;
    rows.push({ set: set.name, series, hours: healthy / 3600, asked: (perDay * healthy) / day, opened, thresholds });
    if (run > 0) continue;
    const shares = beyond.map((count, i) => ((count / samples) * 10 ** (i + 1)).toFixed(2));
    calibration.push(`| ${[set.name, samples, ...shares].join(' | ')} |`);
  }
  await set.close();
}

async function measureIfThere(path: string, make: (path: string) => HealthySet, perDays: readonly number[]) {
  if (existsSync(path)) return measure(make(path), perDays);
  skipped.push(`skipped: ${path.slice(data.length + 1)} absent`);
}

const verdict = ({ asked, opened }: Row): string => {
  const ratio = opened / asked;
  if (opened > 2 * asked) return `${ratio.toFixed(2)}, over`;
  return ratio < 0.5 ? `${ratio.toFixed(2)}, unspent` : ratio.toFixed(2);
};

for (const seed of [5, 6]) await measure(await simulatedCluster(seed, 7), [3 / 7]);
for (const name of ['2022-08-22', '2023-01-29'])
  await measureIfThere(join(data, 'nezha', name), (path) => nezhaDay(path, `Nezha ${name}`), [10, 30]);
await measureIfThere(join(data, 'petshop', 'low_traffic', 'noissue', 'metrics.csv'), petshop, [1, 10]);

const lines = rows.map((row) => {
  const { set, series, hours, asked, opened, thresholds } = row;
  const [first, last] = thresholds.map((one) => one.toFixed(2));
  return `| ${[set, series, hours.toFixed(0), asked.toFixed(1), opened, verdict(row), `${first} → ${last}`].join(' | ')} |`;
});
const text = [
  '# The false-alarm budget on healthy data',
  '',
  'Written by `node test/detection/budget.ts`; do not edit. Loop one of `serve` over data in which nothing is wrong; what is asked for is the',
  'only thing that differs. The simulated cluster has two weeks of history before its healthy week. The others have none: the first half is',
  'what the budget learns from, the second half is counted. Around the injections of Nezha nothing is heard.',
  '',
  '| set | series | healthy hours | asked | opened | opened / asked | threshold |',
  '| --- | --- | --- | --- | --- | --- | --- |',
  ...lines,
  '',
  'The budget is a ceiling. Unspent: the threshold stands at its lowest permitted value (0.67, twice running one sample in a hundred, in two',
  'signals of one workload), and there is less noise above it than was asked for. A lower one would page people about one sample in ten.',
  '',
  '## Single series',
  '',
  'How often a sample was called rarer than one in 10, 100, 1,000, over how often that should be (1 = calibrated; below 1 = careful). Half of the',
  'series of the simulated cluster never move, and are never called rare.',
  '',
  '| set | samples | 1 in 10 | 1 in 100 | 1 in 1,000 |',
  '| --- | --- | --- | --- | --- |',
  ...calibration,
  '',
  ...skipped.map((one) => `- ${one}`),
].join('\n');
writeFileSync(join(here, 'BUDGET.md'), text.trimEnd() + '\n');
process.stdout.write(text);
