import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { settings } from '../../backend/src/config.ts';
import type { Running } from '../../backend/src/http/server.fake.ts';
import { accuracy } from './accuracy.ts';
import { feedback } from './feedback.ts';
import { answers, notBuilt, sizes, startFilled } from './grafana.ts';
import { incidentsPage } from './incidents-page.ts';
import { intake, type Part } from './intake.ts';
import { tableOf, writeSection, type Row } from './results.ts';
import { garbage, throughput, type Measured } from './throughput.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, data: { type: 'string' } },
});

const rowOf = ({ name, series, samplesPerSecond, bytesPerSeries, checksum }: Measured): Row => ({
  ...{
    what: name,
    series,
    'samples/s': samplesPerSecond.toLocaleString('en'),
    'bytes/series': bytesPerSeries,
    checksum,
  },
});

function ratio(rows: readonly Measured[], one: string, other: string): string {
  const of = (name: string): number => rows.find((row) => row.name === name)?.samplesPerSecond ?? NaN;
  return `${one} against ${other}: ${(of(one) / of(other)).toFixed(1)} x`;
}

async function leftBehind(): Promise<string> {
  const { samples, kilobytes, scavenges } = await garbage(2000, 5000);
  return `observe() of ${samples.toLocaleString('en')} samples: the heap grew by ${kilobytes} kB, ${scavenges} collections.`;
}

async function runThroughput(): Promise<void> {
  const { rows, times } = throughput();
  if (values.json) return rows.forEach((row) => console.log(JSON.stringify(row)));
  const body = [
    tableOf(rows.map(rowOf)),
    ratio(rows, 'HST 10/8, 1-D', 'HST 10/8, 1-D, objects (naive)'),
    ratio(rows, 'HST 25/15, 8-D', 'HST 25/15, 8-D, objects (naive)'),
    await leftBehind(),
    tableOf(times.map(({ what, milliseconds }) => ({ what, ms: milliseconds.toFixed(1) }))),
  ].join('\n\n');
  console.log(body);
  writeSection('throughput', 'Throughput', body);
}

const data = values.data ?? fileURLToPath(new URL('../../../shared/data/detection', import.meta.url));

function runFeedback(): void {
  const body = tableOf(feedback(data));
  console.log(body);
  writeSection('feedback', 'Feedback: alarms on the KPI set before and after operators judged the first ones', body);
}

function runAccuracy(): void {
  const body = tableOf(accuracy(data));
  console.log(body);
  writeSection('accuracy', 'Accuracy on the development sets, strictly online', body);
}

const how =
  '`kept` is about processor time (backend and client in one process); wall times depend on who else is there.';
const inBrowser =
  'In Chromium, from the end of `module.js` to rows that answer a click; `cpu` is the page, the proxy and the backend together.';

const measured = async (running: Running, dist: string): Promise<string> =>
  [
    ...[how, tableOf(await answers(running))],
    ...[inBrowser, tableOf(existsSync(dist) ? await incidentsPage(running) : notBuilt)],
    tableOf(sizes(dist)),
  ].join('\n\n');

async function runGrafana(): Promise<void> {
  const dist = fileURLToPath(new URL('../../plugin/dist', import.meta.url));
  const running = await startFilled();
  const body = await measured(running, dist).finally(() => running.stop());
  console.log(body);
  writeSection(
    'grafana',
    'Grafana: the backend behind the pages with 10,000 anomalies and 1,000 incidents; sizes of the plugin',
    body,
  );
}

const perSecond = (nanoseconds: number): string => Math.round(1e9 / nanoseconds).toLocaleString('en');

/** A table of the parts of one source, and what they come to when a value is evaluated once for several pushes. */
function intakeTable(parts: readonly Part[], pushesPerEvaluation: number): string {
  const sum = (of: (part: Part) => number): number => parts.reduce((before, part) => before + of(part), 0);
  const [cold, warm] = [sum((part) => part.cold), sum((part) => part.warm)];
  const paced = Math.round(sum((part) => part.warm / (part.when === 'push' ? 1 : pushesPerEvaluation)));
  const row = (part: string, first: number | string, then: number): Row => ({
    ...{ part, 'first time, ns': first, 'then, ns': then, share: `${Math.round((100 * then) / warm)} %` },
    'samples/s': perSecond(then),
  });
  const rows = [...parts.map((one) => row(one.part, one.cold, one.warm)), row('all', cold, warm)];
  const isPush = parts.some((part) => part.when === 'push');
  const last = { ...row(`all, ${pushesPerEvaluation} pushes to an evaluation`, '', paced), share: '' };
  return tableOf(isPush ? [...rows, last] : rows);
}

async function runIntake(): Promise<void> {
  const series = 100_000;
  const parts = await intake(series);
  const evaluated = settings.PROM_POLL_INTERVAL.schema.parse(undefined);
  const scraped = settings.PROMETHEUS_SCRAPE_INTERVAL_SECONDS.schema.parse(undefined);
  const of = (source: Part['source']): readonly Part[] => parts.filter((part) => part.source === source);
  const how = `${series.toLocaleString('en')} counters of a real Prometheus, each a target of its own; processor time of our thread alone, per sample. *First time*: every series is new and no code is compiled yet. *Then*: they are known; the median of some rounds, each with one push and one evaluation.`;
  const paced = `By default values are evaluated every ${evaluated} s and scraped every ${scraped} s.`;
  const body = [
    how,
    ...['Polled:', intakeTable(of('poll'), 1)],
    ...[`Pushed (remote write). ${paced}`, intakeTable(of('remote write'), evaluated / scraped)],
  ].join('\n\n');
  console.log(body);
  writeSection('intake', 'From a sample to its score, both sources', body);
}

const [task = 'throughput'] = positionals;
if (task === 'throughput') await runThroughput();
else if (task === 'accuracy') runAccuracy();
else if (task === 'feedback') runFeedback();
else if (task === 'intake') await runIntake();
else if (task === 'grafana') await runGrafana();
else {
  console.error(`there is no benchmark "${task}"; known: throughput, intake, accuracy, feedback, grafana`);
  process.exitCode = 2;
}
