import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Running } from '../../backend/src/http/server.fake.ts';
import { accuracy } from './accuracy.ts';
import { feedback } from './feedback.ts';
import { answers, notBuilt, sizes, startFilled } from './grafana.ts';
import { incidentsPage } from './incidents-page.ts';
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

const [task = 'throughput'] = positionals;
if (task === 'throughput') await runThroughput();
else if (task === 'accuracy') runAccuracy();
else if (task === 'feedback') runFeedback();
else if (task === 'grafana') await runGrafana();
else {
  console.error(`there is no benchmark "${task}"; known: throughput, accuracy, feedback, grafana`);
  process.exitCode = 2;
}
