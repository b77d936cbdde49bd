import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anomaly, startServer, tokenOf, type Running } from '../../backend/src/http/server.fake.ts';
import { targetKey, type Incident } from '../../backend/src/model/index.ts';
import type { Row } from './results.ts';

/** How much there is to see (GRAFANA.md, budgets of issue 5), spread over a week. */
const amount = { anomalies: 10_000, incidents: 1000, workloads: 200, types: 10, seconds: 7 * 86_400 };
const end = 1_700_000_000;
const begin = end - amount.seconds;
const runs = 20;

const targetOf = (n: number) => ({
  ...{ cluster: 'test', kind: 'Deployment', namespace: `team-${n % 12}`, name: `service-${n % amount.workloads}` },
});
const severities = ['info', 'warning', 'critical'] as const;

/** What a detector says of an anomaly: views and features of usual number. */
const said = {
  views: ['short', 'day', 'week', 'trees'].map((name) => ({ name, surprise: 4.2, share: 0.25 })),
  features: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`feature_${n}`, n / 10])),
  sentence: 'three times what is usual at this hour; the short view and the week say so',
};

/** Evenly over the week, with a few that are still open; no chance in it, so that runs can be compared. */
function anomalies() {
  return Array.from({ length: amount.anomalies }, (_, n) => {
    const target = targetOf(n * 7);
    const startedAt = begin + Math.floor((n * amount.seconds) / amount.anomalies);
    const open = n % 200 === 0;
    const metricType = `type_${n % amount.types}`;
    const over = { open, updatedAt: startedAt + 600, ...(!open && { endedAt: startedAt + 600 }) };
    const fields = { target, targetKey: targetKey(target), metricType, severity: severities[n % 3] ?? 'info', ...said };
    return anomaly(`anomaly-${n}`, { ...fields, ...over, startedAt, incidentId: `incident-${n % amount.incidents}` });
  });
}

/** Each with a plan that was proven, and the timeline of one that was carried out. */
function incidents(like: Incident): Incident[] {
  const { openKey: _open, ...whole } = like;
  return Array.from({ length: amount.incidents }, (_one, n): Incident => {
    const target = targetOf(n);
    const startedAt = begin + Math.floor((n * amount.seconds) / amount.incidents);
    const closedAt = startedAt + 1200;
    const timeline: Incident['timeline'] = Array.from({ length: 8 }, (_entry, step) => ({
      ...{ at: startedAt + step * 60, phase: 'Proposed', reason: 'Step', message: 'one more step of it' },
      subject: 'kubewise',
    }));
    return {
      ...{ ...whole, id: `past-${n}`, version: 0, target, targetKey: targetKey(target), timeline },
      ...{ startedAt, openedAt: startedAt + 60, updatedAt: closedAt, closedAt },
    };
  });
}

interface Measured {
  readonly median: number;
  /** Processor time of this process, backend and client together: what it takes where nobody else wants the core. */
  readonly cpu: number;
  readonly worst: number;
  readonly bytes: number;
  readonly body: unknown;
}

export const medianOf = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

async function timed(running: Running, path: string): Promise<Measured> {
  const times: number[] = [];
  const cpus: number[] = [];
  let text = '';
  for (let run = 0; run < runs; run += 1) {
    const since = performance.now();
    const before = process.cpuUsage();
    const answer = await fetch(running.url + path, { headers: { authorization: `Bearer ${tokenOf('viewer')}` } });
    text = await answer.text();
    times.push(performance.now() - since);
    const { user, system } = process.cpuUsage(before);
    cpus.push((user + system) / 1000);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  }
  const [median, cpu] = [medianOf(times), medianOf(cpus)];
  return { median, cpu, worst: Math.max(...times), bytes: text.length, body: JSON.parse(text) };
}

interface Layers {
  readonly layers: readonly { readonly total: number; readonly events: readonly unknown[] }[];
}
function mostEvents(body: unknown): string {
  const { layers } = body as Layers;
  const [total, painted] = [layers.map((one) => one.total), layers.map((one) => one.events.length)];
  return `${Math.max(...painted)} of ${Math.max(...total)} (at most 300)`;
}

const iso = (seconds: number): string => encodeURIComponent(new Date(seconds * 1000).toISOString());
const range = `from=${iso(begin)}&to=${iso(end)}`;
const everyLayer = 'incidents,anomalies,plans,approvals,executions,outcomes,interventions';

const requests: readonly { what: string; path: string; budget: number; shown?: (body: unknown) => string }[] = [
  {
    ...{ what: 'annotations, anomalies alone', budget: 300, shown: mostEvents },
    path: `/api/v1/annotations?layers=anomalies&${range}`,
  },
  {
    ...{ what: 'annotations, every layer of a dashboard', budget: 300, shown: mostEvents },
    path: `/api/v1/annotations?layers=${everyLayer}&${range}`,
  },
  {
    ...{ what: 'annotations, one namespace', budget: 300, shown: mostEvents },
    path: `/api/v1/annotations?layers=${everyLayer}&namespace=team-1&${range}`,
  },
  { what: 'incidents, a page of 500', path: '/api/v1/incidents?limit=500', budget: 300 },
  { what: 'incidents, searched by a word', path: '/api/v1/incidents?limit=100&q=service-19', budget: 300 },
  { what: 'anomalies, 500 rows of a table', path: `/api/v1/anomalies?limit=500&${range}`, budget: 300 },
  { what: 'one incident in detail', path: '/api/v1/incidents/past-500', budget: 300 },
];

/** The backend's HTTP over a store on disk that holds all of the above. `stop` removes it. */
export async function startFilled(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-bench-'));
  const running = await startServer({ requestsPerMinute: 1e6 }, 0, join(folder, 'kubewise.db'));
  const stop = async (): Promise<void> => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await running.proposed();
    const like = await running.store.incidents.get('incident-1');
    if (!like) throw new Error('there is no incident to copy');
    await running.store.anomalies.upsert(anomalies());
    await running.store.incidents.upsert(incidents(like));
    return { ...running, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Answer times of the backend behind the pages, over HTTP and a store on disk; milliseconds. */
export async function answers(running: Running): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { what, path, budget, shown } of requests) {
    const { median, cpu, worst, bytes, body } = await timed(running, path);
    const events = shown?.(body) ?? '';
    const kept = cpu <= budget ? 'yes' : 'NO';
    rows.push({
      what,
      'cpu ms': cpu.toFixed(0),
      'median ms': median.toFixed(0),
      'worst ms': worst.toFixed(0),
      budget,
      kept,
      kB: Math.round(bytes / 1000),
      'events per layer': events,
    });
  }
  return rows;
}

export const notBuilt: readonly Row[] = [{ what: 'skipped: the plugin is not built (npm run build -w plugin)' }];

/** Bytes of minified code that a browser may load at once (GRAFANA.md, section 2). */
const budgets: readonly (readonly [file: RegExp, bytes: number])[] = [
  [/^module\.js$/, 15_000],
  [/^datasource\/module\.js$/, 30_000],
  [/^panels\/\w+\/module\.js$/, 60_000],
  [/\.js$/, 200_000],
];

/** Sizes of the built plugin against their budgets; the largest of the chunks that load later speaks for them. */
export function sizes(dist: string): readonly Row[] {
  if (!existsSync(dist)) return notBuilt;
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const rows = files.map((name) => {
    const bytes = statSync(join(dist, name)).size;
    const budget = budgets.find(([file]) => file.test(name))?.[1] ?? 0;
    return { what: name, bytes, budget, kept: bytes <= budget ? 'yes' : 'NO' };
  });
  const [modules, chunks] = [
    rows.filter(({ what }) => what.endsWith('module.js')),
    rows.filter(({ what }) => !what.endsWith('module.js')).sort((a, b) => b.bytes - a.bytes),
  ];
  const [largest] = chunks;
  const all = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    ...modules.sort((a, b) => (a.what < b.what ? -1 : 1)),
    ...(largest ? [{ ...largest, what: `the largest of ${chunks.length} chunks` }] : []),
    { what: 'all together', bytes: all, budget: 1_000_000, kept: all <= 1_000_000 ? 'yes' : 'NO' },
  ];
}
