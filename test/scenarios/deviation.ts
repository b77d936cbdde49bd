import { createMetricsSource } from '../../backend/src/adapters/prometheus/index.ts';
import type { Topology, WatchedQuery } from '../../backend/src/model/index.ts';
import { aggregate, defaultQueries, matters } from '../../backend/src/pipeline/collect/index.ts';
import type { ShopCluster } from '../cluster/index.ts';
import { withoutSuffix } from './aims.ts';

/** Healthy time before the fault that a sample is compared with (cluster s). */
const before = 3600;

/** Pods brought to their workloads by their names alone: what the product makes of them is not asked. */
const byName: Topology = {
  cluster: 'truth',
  ownerOf: (kind, namespace, name) => ({
    cluster: 'truth',
    kind,
    namespace,
    name: kind === 'Pod' ? withoutSuffix(name) : name,
  }),
  podsOf: () => [],
  labelsOf: () => ({}),
  namespaces: () => [],
  targets: () => [],
  interventions: () => [],
  object: () => undefined,
};

/** The first value since `from` that is further out than any before it, and worth telling; `undefined` = none. */
export function firstOff(
  query: WatchedQuery,
  timestamps: ArrayLike<number>,
  values: ArrayLike<number>,
  from: number,
): number | undefined {
  const known = Array.from(values).filter((value, i) => (timestamps[i] ?? from) < from && Number.isFinite(value));
  // What only exists while something is wrong was 0.
  const sorted = known.length > 0 ? known.sort((a, b) => a - b) : [0];
  const [low, middle, high] = [sorted[0] ?? 0, sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0];
  if (known.length === 0 && query.healthy === undefined) return undefined;
  for (let i = 0; i < timestamps.length; i += 1) {
    const value = values[i] ?? NaN;
    const isOut = value > high || value < low;
    if ((timestamps[i] ?? 0) >= from && isOut && matters(query, value, middle, false)) return timestamps[i];
  }
  return undefined;
}

/**
 * When, at one evaluation per `interval`, the first sample of any series of these metric types was away from the hour before
 * the fault: read from Prometheus and compared by range, whatever the detectors say. Cluster seconds (Unix).
 */
export async function firstDeviation(
  cluster: ShopCluster,
  metricTypes: readonly string[],
  injectedAt: number,
  interval: number,
): Promise<number | undefined> {
  const nothing = (): undefined => undefined;
  const source = createMetricsSource({
    ...{ url: cluster.prometheusUrl, timeoutSeconds: 300, maxSeriesPerQuery: 5000, maxSeriesTotal: 100_000 },
    clock: cluster.clock,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    recorder: { count: nothing, observe: nothing, gauge: nothing, resetGauge: nothing },
  });
  const grid = (at: number): number => Math.floor(at / interval) * interval;
  const [from, to] = [grid(injectedAt - before), grid(cluster.clock.now())];
  const found: number[] = [];
  for (const query of defaultQueries.filter((one) => metricTypes.includes(one.metricType))) {
    const answer = await source.queryRange(query.query, from, to, interval);
    for (const { timestamps, values } of answer.ok ? aggregate(query, answer.series, byName) : []) {
      const at = firstOff(query, timestamps, values, injectedAt);
      if (at !== undefined) found.push(at);
    }
  }
  return found.length > 0 ? Math.min(...found) : undefined;
}
