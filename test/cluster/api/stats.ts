/** Upper bounds of apiserver_request_duration_seconds, as the real one has them (a subset). */
export const latencyBounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 30, 60] as const;

export interface RequestCount {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: string;
  readonly code: number;
  readonly count: number;
}

export interface Latency {
  readonly verb: string;
  readonly resource: string;
  /** Cumulative counts, one per bound, and the total last. */
  readonly buckets: readonly number[];
  /** Sum in seconds of cluster time plus the server's own working time. */
  readonly sum: number;
}

export interface ApiStats {
  readonly requests: readonly RequestCount[];
  readonly latency: readonly Latency[];
  readonly inflight: number;
  readonly watches: number;
  readonly objects: Readonly<Record<string, number>>;
}

export interface StatsBook {
  record(labels: Omit<RequestCount, 'count'>, seconds: number): void;
  requests(): readonly RequestCount[];
  latency(): readonly Latency[];
}

interface Histogram {
  readonly buckets: number[];
  sum: number;
}

export function createStatsBook(): StatsBook {
  const counts = new Map<string, { labels: Omit<RequestCount, 'count'>; count: number }>();
  const histograms = new Map<string, Histogram>();

  function observe(key: string, seconds: number): void {
    let one = histograms.get(key);
    if (!one) histograms.set(key, (one = { buckets: new Array<number>(latencyBounds.length + 1).fill(0), sum: 0 }));
    latencyBounds.forEach((bound, index) => {
      if (seconds <= bound) (one.buckets[index] as number) += 1;
    });
    (one.buckets[latencyBounds.length] as number) += 1;
    one.sum += seconds;
  }

  return {
    record(labels, seconds) {
      const key = Object.values(labels).join('|');
      const entry = counts.get(key) ?? { labels, count: 0 };
      entry.count += 1;
      counts.set(key, entry);
      if (labels.verb !== 'WATCH') observe(`${labels.verb}|${labels.resource}`, seconds);
    },
    requests: () => [...counts.values()].map(({ labels, count }) => ({ ...labels, count })),
    latency: () =>
      [...histograms].map(([key, { buckets, sum }]) => {
        const [verb, resource] = key.split('|') as [string, string];
        return { verb, resource, buckets: [...buckets], sum };
      }),
  };
}
