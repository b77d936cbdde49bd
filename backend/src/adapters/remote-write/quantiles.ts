import { elementsOf, nameless, signature, type Labels, type VectorAt } from './elements.ts';
import { bucketQuantile, type Bucket } from './histogram.ts';

interface Histogram {
  readonly labels: Labels;
  /** Where its buckets stand in what is given, and their upper bounds. */
  readonly at: number[];
  readonly uppers: number[];
}

/** Brings the buckets of each histogram together: they differ in `le` alone. */
function histogramsOf(all: readonly Labels[]): readonly Histogram[] {
  const histograms = new Map<string, Histogram>();
  all.forEach((labels, i) => {
    const { le, ...rest } = nameless(labels);
    if (le === undefined) return;
    const key = signature(rest);
    const histogram = histograms.get(key) ?? { labels: rest, at: [], uppers: [] };
    histograms.set(key, histogram);
    histogram.at.push(i);
    histogram.uppers.push(le === '+Inf' ? Infinity : Number(le));
  });
  return [...histograms.values()];
}

/** histogram_quantile(q, buckets). */
export function quantiles(q: (time: number) => number, bucketsAt: VectorAt): VectorAt {
  let from: readonly Labels[] | undefined;
  let known = 0;
  let histograms: readonly Histogram[] = [];
  let elements = elementsOf([]);
  return (time) => {
    const { labels, values, present } = bucketsAt(time);
    if (labels !== from || labels.length > known) {
      from = labels;
      known = labels.length;
      histograms = histogramsOf(labels);
      elements = elementsOf(histograms.map((one) => one.labels));
    }
    const wanted = q(time);
    histograms.forEach(({ at, uppers }, i) => {
      const buckets = at.flatMap((place, k): Bucket[] =>
        present[place] === 1 ? [{ upper: uppers[k] ?? NaN, count: values[place] ?? NaN }] : [],
      );
      elements.present[i] = buckets.length > 0 ? 1 : 0;
      elements.values[i] = bucketQuantile(wanted, buckets);
    });
    return elements;
  };
}
