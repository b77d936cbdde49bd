import { numberOf } from './literal.ts';
import { rid, type Element, type LabelSet, type LabelTable } from './labels.ts';

interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/** histogram_quantile over classic buckets: one result per label set without `le`. */
export function histogramQuantile(table: LabelTable): (q: number, vector: readonly Element[]) => Element[] {
  const withoutBound = rid(table, ['__name__', 'le']);
  return (q, vector) => {
    const histograms = new Map<LabelSet, Bucket[]>();
    for (const { labels, value } of vector) {
      const bound = numberOf(labels.labels['le'] ?? '');
      if (bound === undefined) continue;
      const set = withoutBound(labels);
      const buckets = histograms.get(set) ?? [];
      histograms.set(set, buckets);
      buckets.push({ bound, count: value });
    }
    return [...histograms].map(([labels, buckets]) => ({ labels, value: bucketQuantile(q, buckets) }));
  };
}

/** promql/quantile.go, bucketQuantile: linear within a bucket, the last finite bound for the +Inf bucket. */
function bucketQuantile(q: number, given: readonly Bucket[]): number {
  if (Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const buckets = cumulative(given);
  const last = buckets.at(-1);
  if (last?.bound !== Infinity || buckets.length < 2 || last.count === 0) return NaN;
  const rank = q * last.count;
  const found = buckets.findIndex(({ count }) => count >= rank);
  const index = found < 0 ? buckets.length - 1 : found;
  const [bucket, below] = [buckets[index], buckets[index - 1]];
  if (!bucket || Number.isNaN(last.count)) return NaN;
  if (index === buckets.length - 1) return below?.bound ?? NaN;
  if (!below) return bucket.bound <= 0 ? bucket.bound : bucket.bound * (rank / bucket.count);
  return below.bound + (bucket.bound - below.bound) * ((rank - below.count) / (bucket.count - below.count));
}

/** Sorted, equal bounds added up, and never falling (scrapes are not atomic). */
function cumulative(given: readonly Bucket[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (const { bound, count } of [...given].sort((a, b) => a.bound - b.bound)) {
    const before = buckets.at(-1);
    if (before?.bound === bound) buckets[buckets.length - 1] = { bound, count: before.count + count };
    else buckets.push({ bound, count });
  }
  let highest = -Infinity;
  return buckets.map(({ bound, count }) => {
    highest = Number.isNaN(count) ? count : Math.max(highest, count);
    return { bound, count: highest };
  });
}
