import type { Matcher, SeriesSource, StoredSeries } from '../metrics/series-source.ts';
import { matcherOf } from '../metrics/matching.ts';

/** Series with everything that PromQL treats specially: counter resets, gaps, an end, jitter, buckets. For tests. */
export function sampleSeries(from: number, seconds: number): readonly StoredSeries[] {
  const random = randomFrom(42);
  const grid = (every: number): number[] =>
    Array.from({ length: Math.floor(seconds / every) }, (_, i) => {
      return Math.round((from + i * every + random() * 2) * 1000) / 1000;
    });
  const series = (labels: Record<string, string>, times: number[], value: (i: number) => number): StoredSeries => ({
    labels,
    timestamps: Float64Array.from(times),
    values: Float64Array.from(times, (_, i) => value(i)),
  });
  const counter = (resetEvery: number, rate: number) => {
    let total = random() * 50;
    return (i: number) => (total = i > 0 && i % resetEvery === 0 ? random() * 3 : total + Math.floor(random() * rate));
  };
  const all: StoredSeries[] = [];
  for (const pod of ['api-0', 'api-1', 'db-0', 'web-7f'])
    for (const code of ['200', '404', '500'])
      all.push(
        series(
          { __name__: 'http_requests_total', namespace: pod.startsWith('db') ? 'data' : 'shop', pod, code },
          grid(15),
          counter(90, code === '200' ? 40 : 3),
        ),
      );
  for (const pod of ['api-0', 'api-1', 'db-0'])
    for (const container of ['main', 'sidecar']) {
      const level = 1e6 * (1 + random());
      all.push(
        series({ __name__: 'memory_bytes', pod, container }, grid(15), (i) => level + i * 1000 + random() * 1e4),
        series({ __name__: 'memory_limit_bytes', pod, container, resource: 'memory' }, grid(30), () => 4e6),
      );
    }
  for (const pod of ['api-0', 'db-0']) {
    const totals = new Map<string, number>();
    for (const le of ['0.005', '0.05', '0.1', '0.5', '1', '5', '+Inf']) {
      const times = grid(15);
      const share = le === '+Inf' ? 20 : Math.min(19, 4 + Number(le) * 6);
      all.push(
        series({ __name__: 'duration_seconds_bucket', pod, le }, times, (i) => {
          totals.set(le, (i + 1) * Math.round(share));
          return totals.get(le) ?? 0;
        }),
      );
    }
  }
  // Missing for ten minutes, longer than the lookback.
  const gap = grid(15).filter((time) => time < from + seconds / 3 || time > from + seconds / 3 + 600);
  all.push(series({ __name__: 'temperature', room: 'a' }, gap, (i) => Math.sin(i / 9) * 30 - 5));
  all.push(series({ __name__: 'temperature', room: 'b', floor: '2' }, grid(15), (i) => (i % 7) - 3));
  // Ends with a staleness marker half-way.
  const half = grid(15).filter((time) => time < from + seconds / 2);
  all.push(
    series({ __name__: 'pod_up', pod: 'api-0', node: 'n1' }, half, (i) => (i === half.length - 1 ? NaN : 1)),
    series({ __name__: 'pod_up', pod: 'api-1', node: 'n2' }, grid(15), () => 1),
    series({ __name__: 'pod_up', pod: 'db-0', node: 'n2' }, grid(15), (i) => Number(i % 20 > 3)),
    series({ __name__: 'node_info', node: 'n1', version: 'v1.30', zone: 'eu"1\\' }, grid(60), () => 1),
    series({ __name__: 'node_info', node: 'n2', version: 'v1.31', zone: 'ü' }, grid(60), () => 1),
    series({ __name__: 'epoch', source: 'x' }, grid(60), (i) => 1.7e9 + i * 86_400 * 3.7),
  );
  return all;
}

export const sourceOf = (all: readonly StoredSeries[]): SeriesSource => ({
  select(matchers: readonly Matcher[], from: number, to: number) {
    const fits = matcherOf(matchers);
    return all
      .filter(({ labels }) => fits(labels))
      .map(({ labels, timestamps, values }) => {
        const keep = (_: number, i: number): boolean => (timestamps[i] ?? 0) >= from && (timestamps[i] ?? 0) <= to;
        return { labels, timestamps: timestamps.filter(keep), values: values.filter(keep) };
      })
      .filter(({ timestamps }) => timestamps.length > 0);
  },
});

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
