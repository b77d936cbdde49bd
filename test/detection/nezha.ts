import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hitsOf, ranked, scored, scoresIn, type Calls, type Hits, type Member } from './culprits.ts';

/** A fault is found if the cluster alarms within this time of its injection (s); minutes further away are quiet. */
const faultLasts = 300;
const quietAfter = 360;
const allowedQuiet = 0.05;
/** Columns of the node and not of the pod: they would blame every pod of a node. */
const isNode = (name: string): boolean => name.startsWith('Node');

interface Fault {
  readonly at: number;
  readonly pod: string;
}

export interface NezhaResult extends Hits {
  readonly faults: number;
  /** Share of faults at the threshold that alarms at most one quiet minute in twenty, somewhere in the cluster. */
  readonly recall: number;
  /** Share of faults at which the pod itself is over that threshold: the rest of the recall is others' doing, or chance. */
  readonly own: number;
}

export interface NezhaResults extends NezhaResult {
  /** The same from the pods' own metrics alone: without what callers see of a pod, and without the call graph. */
  readonly alone: NezhaResult;
}

export const secondsOf = (text: string): number => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`) / 1000;

interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly times: Float64Array;
}

function tableOf(path: string): Table {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const [header = [], ...rows] = lines.map((line) => line.trim().split(','));
  return { header, rows, times: Float64Array.from(rows, (row) => secondsOf(row[0] ?? '')) };
}

const columnOf = ({ rows }: Table, c: number): Float64Array =>
  Float64Array.from(rows, (row) => (row[c] ? Number(row[c]) : NaN));

/** The values of another table's column at these times: the nearest one within half a minute. */
function columnAt(times: Float64Array, table: Table, c: number): Float64Array {
  const values = columnOf(table, c);
  let at = 0;
  return times.map((time) => {
    const off = (i: number): number => Math.abs((table.times[i] ?? Infinity) - time);
    while (at + 1 < values.length && off(at + 1) <= off(at)) at += 1;
    return off(at) <= 30 ? (values[at] ?? NaN) : NaN;
  });
}

/** `checkoutservice-578fcf4766-9csqn`: the service is what stands before the hashes. */
const isOf = (pod: string, service: string): boolean => pod.startsWith(`${service}-`);

/** A pod's own metrics and, where `edges` has them, the latencies of calls to it as those who call it see them. */
function podOf(folder: string, name: string, edges?: Table): Member {
  const table = tableOf(join(folder, `${name}_metric.csv`));
  const { header, times } = table;
  const columns = header.flatMap((column, c) => (c > 2 && !isNode(column) ? [columnOf(table, c)] : []));
  const seen = (edges?.header ?? []).flatMap((edge, c) => {
    const callee = edge.split('_')[1];
    return c > 1 && callee && isOf(name, callee) && edges ? [columnAt(times, edges, c)] : [];
  });
  return scored(name, { times, columns: [...columns, ...seen] });
}

/** Who calls whom, where the day says it. */
function callsIn(path: string, pods: readonly string[]): Calls {
  const calls = new Map<string, string[]>();
  if (!existsSync(path)) return calls;
  for (const line of readFileSync(path, 'utf8').trim().split('\n').slice(1)) {
    const [from, to] = line.split(',').map((service) => pods.find((pod) => isOf(pod, service)));
    if (from && to) calls.set(from, [...(calls.get(from) ?? []), to]);
  }
  return calls;
}

export function faultsOf(folder: string): readonly Fault[] {
  const file = readdirSync(folder).find((name) => name.endsWith('fault_list.json'));
  if (!file) return [];
  type Entry = { readonly inject_time: string; readonly inject_pod: string };
  const hours = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Readonly<Record<string, readonly Entry[]>>;
  return Object.values(hours)
    .flat()
    .map((one) => ({ at: secondsOf(one.inject_time), pod: one.inject_pod }));
}

/** The strangest score of a pod in [from, to). */
const peakOf = (pod: Member, from: number, to: number): number => Math.max(0, ...scoresIn(pod, from, to));

interface Judged {
  readonly peak: number;
  readonly own: number;
  readonly rank: number;
}

function judged(pods: readonly Member[], calls: Calls, { at, pod }: Fault): Judged {
  const peaks = new Map(pods.map((one) => [one.name, peakOf(one, at, at + faultLasts)]));
  return {
    peak: Math.max(...peaks.values()),
    own: peaks.get(pod) ?? 0,
    rank: ranked(pods, calls, at, at + faultLasts).indexOf(pod),
  };
}

/** The strangest score of the cluster in every minute that no fault is near. */
function quietMinutes(pods: readonly Member[], faults: readonly Fault[]): number[] {
  const start = Math.min(...pods.map((pod) => pod.times[0] ?? Infinity));
  const end = Math.max(...pods.map((pod) => pod.times[pod.times.length - 1] ?? 0));
  const found: number[] = [];
  for (let at = start; at < end; at += 60) {
    if (faults.some((fault) => at >= fault.at - 60 && at < fault.at + quietAfter)) continue;
    found.push(Math.max(...pods.map((pod) => peakOf(pod, at, at + 60))));
  }
  return found;
}

/** Both days of Nezha; one threshold for both. */
function measured(data: string, around: boolean): NezhaResult {
  const faults: Judged[] = [];
  const quiet: number[] = [];
  for (const day of readdirSync(data)) {
    const metrics = join(data, day, 'metric');
    const edges = join(metrics, 'source_50.csv');
    const seen = around && existsSync(edges) ? tableOf(edges) : undefined;
    const files = readdirSync(metrics).filter((name) => name.endsWith('_metric.csv'));
    const pods = files.map((file) => podOf(metrics, file.replace('_metric.csv', ''), seen));
    const names = pods.map(({ name }) => name);
    const calls: Calls = around ? callsIn(join(metrics, 'dependency.csv'), names) : new Map();
    const known = faultsOf(join(data, day));
    for (const fault of known) faults.push(judged(pods, calls, fault));
    for (const peak of quietMinutes(pods, known)) quiet.push(peak);
  }
  quiet.sort((a, b) => b - a);
  const threshold = quiet[Math.floor(allowedQuiet * quiet.length)] ?? 1;
  const share = (good: (one: Judged) => boolean): number => faults.filter(good).length / faults.length;
  return {
    faults: faults.length,
    recall: share(({ peak }) => peak > threshold),
    own: share(({ own }) => own > threshold),
    ...hitsOf(faults.map(({ rank }) => rank)),
  };
}

export const nezha = (data: string): NezhaResults => ({ ...measured(data, true), alone: measured(data, false) });
