import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scoreTable } from '../../backend/src/pipeline/score.ts';

/** A fault is found if the cluster alarms within this time of its injection (s); minutes further away are quiet. */
const faultLasts = 300;
const quietAfter = 360;
const allowedQuiet = 0.05;
/** Columns of the node and not of the pod: they would blame every pod of a node. */
const isNode = (name: string): boolean => name.startsWith('Node');

interface Pod {
  readonly name: string;
  readonly times: Float64Array;
  readonly scores: Float64Array;
}

interface Fault {
  readonly at: number;
  readonly pod: string;
}

export interface NezhaResult {
  readonly faults: number;
  /** Share of faults at the threshold that alarms at most one quiet minute in twenty, somewhere in the cluster. */
  readonly recall: number;
  readonly top1: number;
  readonly top3: number;
}

export const secondsOf = (text: string): number => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`) / 1000;

function podOf(folder: string, file: string): Pod {
  const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n');
  const header = (lines[0] ?? '').trim().split(',');
  const rows = lines.slice(1).map((line) => line.trim().split(','));
  const used = header.flatMap((name, c) => (c > 2 && !isNode(name) ? [c] : []));
  const times = Float64Array.from(rows, (row) => secondsOf(row[0] ?? ''));
  const columns = used.map((c) => Float64Array.from(rows, (row) => (row[c] ? Number(row[c]) : NaN)));
  return { name: file.replace('_metric.csv', ''), times, scores: scoreTable({ times, columns }).scores };
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
function peakOf({ times, scores }: Pod, from: number, to: number): number {
  let peak = 0;
  for (let i = 0; i < times.length; i += 1)
    if (times[i]! >= from && times[i]! < to) peak = Math.max(peak, scores[i] ?? 0);
  return peak;
}

interface Judged {
  readonly peak: number;
  readonly rank: number;
}

function judged(pods: readonly Pod[], fault: Fault): Judged {
  const peaks = pods.map((pod) => ({ pod: pod.name, peak: peakOf(pod, fault.at, fault.at + faultLasts) }));
  peaks.sort((a, b) => b.peak - a.peak);
  return { peak: peaks[0]?.peak ?? 0, rank: peaks.findIndex(({ pod }) => pod === fault.pod) };
}

/** The strangest score of the cluster in every minute that no fault is near. */
function quietMinutes(pods: readonly Pod[], faults: readonly Fault[]): number[] {
  const start = Math.min(...pods.map((pod) => pod.times[0] ?? Infinity));
  const end = Math.max(...pods.map((pod) => pod.times.at(-1) ?? 0));
  const found: number[] = [];
  for (let at = start; at < end; at += 60) {
    if (faults.some((fault) => at >= fault.at - 60 && at < fault.at + quietAfter)) continue;
    found.push(Math.max(...pods.map((pod) => peakOf(pod, at, at + 60))));
  }
  return found;
}

/** Both days of Nezha; one threshold for both. */
export function nezha(data: string): NezhaResult {
  const faults: Judged[] = [];
  const quiet: number[] = [];
  for (const day of readdirSync(data)) {
    const metrics = join(data, day, 'metric');
    const files = readdirSync(metrics).filter((name) => name.endsWith('_metric.csv'));
    const pods = files.map((file) => podOf(metrics, file));
    const known = faultsOf(join(data, day));
    for (const fault of known) faults.push(judged(pods, fault));
    for (const peak of quietMinutes(pods, known)) quiet.push(peak);
  }
  quiet.sort((a, b) => b - a);
  const threshold = quiet[Math.floor(allowedQuiet * quiet.length)] ?? 1;
  const share = (good: (one: Judged) => boolean): number => faults.filter(good).length / faults.length;
  return {
    faults: faults.length,
    recall: share(({ peak }) => peak > threshold),
    top1: share(({ rank }) => rank === 0),
    top3: share(({ rank }) => rank >= 0 && rank < 3),
  };
}
