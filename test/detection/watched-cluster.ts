import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKubernetes } from '../../backend/src/adapters/kubernetes/index.ts';
import { createMetricsSource } from '../../backend/src/adapters/prometheus/index.ts';
import type { QuerySeries, Topology } from '../../backend/src/model/index.ts';
import { defaultQueries } from '../../backend/src/pipeline/collect/index.ts';
import type { MetricsSource, QueryAnswer } from '../../backend/src/pipeline/ports.ts';
import { startShopCluster, type ShopCluster, type ShopClusterOptions } from '../cluster/index.ts';
import type { Watched } from './live.ts';

export const answer = (series: readonly QuerySeries[]): QueryAnswer => ({ ok: true, series, dropped: 0, seconds: 0 });

/** The last value at or before `at`, if it is not older than `interval`: what an instant query would say. */
function instant({ labels, timestamps, values }: QuerySeries, at: number, interval: number): QuerySeries[] {
  let [low, high] = [0, timestamps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timestamps[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  const fresh = low > 0 && at - timestamps[low - 1]! < interval && Number.isFinite(values[low - 1]);
  return fresh ? [{ labels, timestamps: Float64Array.of(at), values: values.subarray(low - 1, low) }] : [];
}

/** Columns by query text, asked as Prometheus is; `history` answers ranges. */
export const recorded = (
  columns: ReadonlyMap<string, readonly QuerySeries[]>,
  interval: number,
  history: MetricsSource['queryRange'] = async () => answer([]),
): MetricsSource => ({
  query: async (promql, at = 0) =>
    answer((columns.get(promql) ?? []).flatMap((series) => instant(series, at, interval))),
  queryRange: history,
  ping: async () => undefined,
});

const nothing = (): undefined => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const uncounted = { count: nothing, observe: nothing, gauge: nothing, resetGauge: nothing };

/** A simulated cluster, its Prometheus, and the Kubernetes watch over it. */
export interface WatchedCluster {
  readonly cluster: ShopCluster;
  readonly topology: Topology;
  /** What the default queries say of a span of its past, one value each `interval` (Unix s, s). */
  readonly record: (span: Pick<Watched, 'from' | 'to' | 'interval'>) => Promise<Omit<Watched, 'warmStart'>>;
  readonly close: () => Promise<void>;
}

export async function watchCluster(shop: ShopClusterOptions): Promise<WatchedCluster> {
  const cluster = await startShopCluster({ start: 1_790_000_000, ...shop });
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-watched-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, cluster.kubeconfig('admin'), { mode: 0o600 });
  const outside = { clock: cluster.clock, log: silent, recorder: uncounted };
  const kubernetes = await connectKubernetes({ ...outside, kubeconfig, cluster: 'simulated', namespaces: [] });
  await kubernetes.watcher.start(nothing);
  const prometheus = createMetricsSource({
    ...{ ...outside, url: cluster.prometheusUrl, timeoutSeconds: 300 },
    ...{ maxSeriesPerQuery: 5000, maxSeriesTotal: 100_000 },
  });
  const { topology } = kubernetes.watcher;
  return {
    ...{ cluster, topology },
    async record(span) {
      const { from, to, interval } = span;
      const columns = new Map<string, readonly QuerySeries[]>();
      for (const { query } of defaultQueries) {
        const found = await prometheus.queryRange(query, from, to, interval);
        columns.set(query, found.ok ? found.series : []);
      }
      const metrics = recorded(columns, interval, (...range) => prometheus.queryRange(...range));
      return { ...span, queries: defaultQueries, topology, metrics };
    },
    async close() {
      await kubernetes.close();
      await cluster.close();
      rmSync(folder, { recursive: true });
    },
  };
}
