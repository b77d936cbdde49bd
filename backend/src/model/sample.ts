import { z } from 'zod';

/** The kinds of metric that thresholds and detectors tell apart. Operators may add their own words. */
export const metricTypes = [
  'cpu',
  'throttling',
  'memory',
  'restarts',
  'oom',
  'waiting',
  'replicas',
  'hpa',
  'pvc',
  'node_pressure',
  'node_cpu',
  'node_memory',
  'node_disk',
  'network',
  'latency',
  'errors',
  'apiserver',
  'etcd',
  'scheduler',
  'dns',
  'connections',
  'queue',
  'queue_lag',
  'jobs',
  'certificate',
  'disk_writes',
  'drain',
  'events',
] as const;
export const MetricType = z.string().regex(/^[a-z][a-z0-9_]*$/, 'a metric type is lower case letters, digits and _');
export type MetricType = z.infer<typeof MetricType>;

/** How several series of one target become one value. */
const Aggregate = z.enum(['sum', 'max', 'min', 'mean']);

/**
 * One entry of the query list. The result's labels name the target: `pod` (resolved to its owner), `node`,
 * `workload`+`workload_kind`, `deployment`, `statefulset`, `daemonset`, `horizontalpodautoscaler`,
 * `persistentvolumeclaim`; without any of them the series belongs to the cluster component `component`.
 */
export const WatchedQuery = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_-]*$/, 'a query name is lower case letters, digits, - and _'),
  query: z.string().min(1),
  metricType: MetricType,
  unit: z.string().default(''),
  aggregate: Aggregate.default('sum'),
  /** Which direction is bad news; the other one never opens an anomaly. */
  direction: z.enum(['up', 'down', 'both']).default('up'),
  /** Known bounds of the value, e.g. [0, 1] for a ratio. */
  range: z.tuple([z.number(), z.number()]).optional(),
  /** A value on this side of it, seen from `direction`, is well whatever the detectors say. */
  healthy: z.number().optional(),
  /** Beyond it, seen from `direction`, for so many seconds a value is trouble by definition, whatever its history says. */
  limit: z.object({ value: z.number(), seconds: z.number().nonnegative() }).optional(),
  /** How far from expected, as a share of it, a value has to be before anybody wants to know; default 0.1. */
  tolerance: z.number().min(0).optional(),
  /** Kind of the object that the label `name` names, for metrics about objects of their own kind (cert-manager's). */
  kind: z.string().optional(),
  /** Label whose value names the cluster component, or the component itself when no label does. */
  component: z.string().optional(),
  /** A metric whose presence shows that the platform exports this at all; absent is not an error. */
  requires: z.string().optional(),
});
export type WatchedQuery = Readonly<z.infer<typeof WatchedQuery>>;

/** One value of one series at one instant (Unix seconds). The hot path uses parallel arrays instead. */
export const Sample = z.object({
  metricType: MetricType,
  fingerprint: z.string(),
  labels: z.record(z.string(), z.string()),
  value: z.number(),
  timestamp: z.number(),
});
export type Sample = Readonly<z.infer<typeof Sample>>;

/** An instant vector or matrix as Prometheus answers it, parsed once at the door: values at `timestamps` (Unix s). */
export interface QuerySeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** The value at the last of them, where it is at hand without an array. */
  readonly newest?: number;
}

/** A series of an instant vector: a view into the values of all, for a hundred thousand arrays of one value each cost. */
export class InstantSeries implements QuerySeries {
  readonly labels: QuerySeries['labels'];
  /** One instant, and the array is shared by all series of the vector. */
  readonly timestamps: Float64Array;
  readonly #all: Float64Array;
  readonly #at: number;

  constructor(labels: QuerySeries['labels'], timestamps: Float64Array, all: Float64Array, at: number) {
    this.labels = labels;
    this.timestamps = timestamps;
    this.#all = all;
    this.#at = at;
  }
  get values(): Float64Array {
    return this.#all.subarray(this.#at, this.#at + 1);
  }
  get newest(): number {
    return this.#all[this.#at] ?? NaN;
  }
}
