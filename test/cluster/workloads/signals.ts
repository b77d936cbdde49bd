/** Upper bounds of the latency histogram, in seconds; +Inf is the request rate itself. */
export const latencyBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

const plainKeys = [
  'cpu',
  'demand',
  'periods',
  'throttled',
  'memory',
  'rate',
  'errors',
  'latencySum',
  'received',
  'sent',
  'receivedDropped',
  'sentDropped',
  'written',
  'logBytes',
] as const;
const bucketKeys = latencyBounds.map((_, index) => `bucket${index}` as const);

/**
 * What a pod does at one instant: gauges (cpu in cores, memory in bytes) and rates per second (requests, errors, bytes).
 * Integrated over time the rates are the counters.
 */
export type PodSignals = Record<(typeof plainKeys)[number], number> & Record<`bucket${number}`, number>;

export const podKeys: readonly (keyof PodSignals)[] = [...plainKeys, ...bucketKeys];

export function silence(): PodSignals {
  return Object.fromEntries(podKeys.map((key) => [key, 0])) as PodSignals;
}

export function accumulate(totals: PodSignals, signals: PodSignals, seconds: number): void {
  for (const key of podKeys) totals[key] = (totals[key] ?? 0) + (signals[key] ?? 0) * seconds;
}

/** Share of requests faster than `bound` when the median is `median`: a log-logistic with p95 = 2.1 × median. */
const fasterThan = (bound: number, median: number): number => {
  const ratio = median / bound;
  return 1 / (1 + ratio * ratio * ratio * ratio);
};

export function fillBuckets(signals: PodSignals, latency: number): void {
  latencyBounds.forEach((bound, index) => {
    signals[`bucket${index}`] = signals.rate * fasterThan(bound, latency);
  });
  signals.latencySum = signals.rate * latency * 1.11;
}
