import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QuerySeries, WatchedQuery } from '../../backend/src/model/index.ts';
import type { MetricsSource } from '../../backend/src/pipeline/ports.ts';
import { faultsOf, secondsOf } from './nezha.ts';
import type { Watched } from './live.ts';
import { answer, recorded, watchCluster } from './watched-cluster.ts';

const day = 86_400;

/** Something to watch in which, at the times that `isHealthy` names, nothing is wrong. */
export interface HealthySet extends Watched {
  readonly name: string;
  readonly isHealthy: (at: number) => boolean;
  readonly close: () => Promise<void>;
}

/** Healthy days of the simulated cluster after two weeks of history, at one minute. */
export async function simulatedCluster(seed: number, days: number): Promise<HealthySet> {
  const { cluster, record, close } = await watchCluster({ seed, pastDays: 14 + days });
  const to = Math.floor(cluster.clock.now() / 300) * 300 - 300;
  return {
    ...(await record({ from: to - days * day, to, interval: 60 })),
    name: `simulated cluster, seed ${seed}`,
    warmStart: { days: 14, step: 300 },
    isHealthy: () => true,
    close,
  };
}

const watched = (metricType: string, direction: WatchedQuery['direction']): WatchedQuery => ({
  ...{ name: metricType, query: metricType, metricType, unit: '', aggregate: 'max', direction },
});
const seriesOf = (workload: string, timestamps: Float64Array, values: Float64Array): QuerySeries => ({
  labels: { namespace: 'set', deployment: workload },
  timestamps,
  values,
});

const rowsOf = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(','));
const numbers = (rows: readonly string[][], column: number): Float64Array =>
  Float64Array.from(rows, (row) => (row[column] ? Number(row[column]) : NaN));

/** Where it is not healthy nothing is heard, as if Prometheus had been away. */
function withColumns(columns: Map<string, QuerySeries[]>, interval: number, isHealthy: (at: number) => boolean) {
  const times = [...columns.values()].flat().map(({ timestamps }) => timestamps);
  const metrics = recorded(columns, interval);
  const query: MetricsSource['query'] = async (promql, at = 0) =>
    isHealthy(at) ? metrics.query(promql, at) : answer([]);
  return {
    ...{ interval, isHealthy, metrics: { ...metrics, query }, topology: {}, warmStart: { days: 0, step: 300 } },
    from: Math.ceil(Math.min(...times.map((one) => one[0] ?? Infinity)) / interval) * interval,
    to: Math.max(...times.map((one) => one.at(-1) ?? 0)),
    close: async () => undefined,
  };
}

const lower = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/_$/, '');
/** After an injection its traces are still in the five-minute rates and in the queues (s). */
const aftermath = 900;

/** A day of Nezha, pod by pod; healthy where no fault is near. Percentiles of one latency, and one usage in two units, are one metric. */
export function nezhaDay(folder: string, name: string): HealthySet {
  const columns = new Map<string, QuerySeries[]>();
  const metrics = join(folder, 'metric');
  for (const file of readdirSync(metrics).filter((one) => one.endsWith('_metric.csv'))) {
    const [header = [], ...rows] = rowsOf(join(metrics, file));
    const times = Float64Array.from(rows, (row) => secondsOf(row[0] ?? ''));
    header.forEach((column, c) => {
      if (c < 3 || column.startsWith('Node') || /P9[09]|\((m|Mi)\)/.test(column)) return;
      const metricType = lower(column);
      const known = columns.get(metricType) ?? [];
      columns.set(metricType, [...known, seriesOf(file.replace('_metric.csv', ''), times, numbers(rows, c))]);
    });
  }
  const faults = faultsOf(folder);
  return {
    ...withColumns(columns, 60, (at) => faults.every((fault) => at < fault.at - 60 || at >= fault.at + aftermath)),
    name,
    queries: [...columns.keys()].map((metricType) => watched(metricType, 'both')),
  };
}

const petshopWays: Readonly<Record<string, WatchedQuery['direction']>> = {
  'latency p95': 'up',
  'requests Sum': 'both',
  'availability Average': 'down',
};

/** The two days of PetShop without an issue, service by service, at five minutes. */
export function petshop(path: string): HealthySet {
  const [services = [], metrics = [], statistics = [], , ...rows] = rowsOf(path);
  const times = numbers(rows, 0);
  const columns = new Map<string, QuerySeries[]>();
  services.forEach((service, c) => {
    const way = petshopWays[`${metrics[c]} ${statistics[c]}`];
    if (way === undefined) return;
    const metricType = lower(metrics[c] ?? '');
    columns.set(metricType, [...(columns.get(metricType) ?? []), seriesOf(service, times, numbers(rows, c))]);
  });
  const ways = new Map(Object.entries(petshopWays).map(([key, way]) => [lower(key.split(' ')[0] ?? ''), way]));
  return {
    ...withColumns(columns, 300, () => true),
    name: 'PetShop, two days without an issue',
    queries: [...columns.keys()].map((metricType) => watched(metricType, ways.get(metricType) ?? 'both')),
  };
}
