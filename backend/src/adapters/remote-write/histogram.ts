export interface Bucket {
  readonly upper: number;
  count: number;
}

/** Equal bounds are one bucket, and counts never fall from one bucket to the next: scrapes are not atomic. */
function tidied(buckets: readonly Bucket[]): Bucket[] {
  const tidy: Bucket[] = [];
  for (const { upper, count } of buckets.toSorted((a, b) => a.upper - b.upper)) {
    const last = tidy.at(-1);
    if (last?.upper === upper) last.count += count;
    else tidy.push({ upper, count });
  }
  let most = 0;
  for (const bucket of tidy) bucket.count = most = Math.max(most, bucket.count);
  return tidy;
}

/** histogram_quantile over classic buckets with cumulative counts: promql/quantile.go, bucketQuantile. */
export function bucketQuantile(q: number, raw: readonly Bucket[]): number {
  if (Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const buckets = tidied(raw);
  const last = buckets.at(-1);
  if (!last || last.upper !== Infinity || buckets.length < 2 || last.count === 0) return NaN;
  const rank = q * last.count;
  const at = buckets.findIndex(({ count }, i) => count >= rank || i === buckets.length - 1);
  const { upper = NaN, count = NaN } = buckets[at] ?? {};
  if (at === buckets.length - 1) return buckets.at(-2)?.upper ?? NaN;
  if (at === 0 && upper <= 0) return upper;
  const { upper: lower = 0, count: below = 0 } = buckets[at - 1] ?? {};
  return lower + (upper - lower) * ((rank - below) / (count - below));
}
