import { z } from 'zod';
import { Time, WireSeverity, WireTarget } from './basic.ts';

const Band = z.tuple([z.number(), z.number()]);

export const WireFeedback = z
  .object({
    verdict: z.enum(['TruePositive', 'FalsePositive']),
    comment: z.string(),
    subject: z.string(),
    at: Time,
  })
  .meta({ id: 'Feedback' });

/** An earlier anomaly of the same metric type; `likeness` 0…1: how alike the views spoke, and in which direction. */
export const SimilarAnomaly = z
  .object({
    id: z.string(),
    target: WireTarget,
    value: z.number(),
    expected: z.number(),
    peak: z.number(),
    likeness: z.number(),
    startedAt: Time,
    endedAt: Time.optional(),
    incidentId: z.string().optional(),
    verdict: z.enum(['TruePositive', 'FalsePositive']).optional(),
  })
  .meta({ id: 'SimilarAnomaly' });
export type SimilarAnomaly = Readonly<z.infer<typeof SimilarAnomaly>>;

export const WireAnomaly = z
  .object({
    id: z.string(),
    cluster: z.string(),
    series: z.string(),
    query: z.string(),
    metricType: z.string(),
    unit: z.string(),
    target: WireTarget,
    value: z.number(),
    expected: z.number(),
    band: Band,
    /** 0…1, higher is worse; anomalous above `threshold`. */
    score: z.number(),
    peak: z.number(),
    threshold: z.number(),
    severity: WireSeverity,
    confidence: z.number(),
    views: z.array(z.object({ name: z.string(), surprise: z.number(), share: z.number() })),
    features: z.record(z.string(), z.number()),
    sentence: z.string(),
    /** Which episode of this series in seven days it is; 1 = the first. */
    episode: z.int().positive().optional(),
    /** The level of the series moved: since when, from where, to where. */
    shift: z.object({ at: Time, from: z.number(), to: z.number() }).optional(),
    startedAt: Time,
    updatedAt: Time,
    endedAt: Time.optional(),
    open: z.boolean(),
    incidentId: z.string().optional(),
    reason: z.string(),
    feedback: WireFeedback.optional(),
    /** Of one anomaly in detail: what it is like, the most alike first. */
    similar: z.array(SimilarAnomaly).optional(),
  })
  .meta({ id: 'Anomaly' });
export type WireAnomaly = Readonly<z.infer<typeof WireAnomaly>>;

export const annotationLayers = [
  'incidents',
  'anomalies',
  'plans',
  'approvals',
  'executions',
  'outcomes',
  'interventions',
] as const;
export const AnnotationLayer = z.enum(annotationLayers).meta({ id: 'AnnotationLayer' });
export type AnnotationLayer = z.infer<typeof AnnotationLayer>;

/** One event of a layer, or several merged by target and time bucket (`count`, of which `open` still last). */
export const AnnotationEvent = z
  .object({
    id: z.string(),
    layer: AnnotationLayer,
    time: Time,
    /** Present for a region; the end of the range while it lasts; absent for a point in time. */
    timeEnd: Time.optional(),
    title: z.string(),
    /** Plain text, never HTML: what came from the cluster is escaped by whoever renders it. */
    text: z.string(),
    tags: z.array(z.string()),
    severity: WireSeverity,
    target: WireTarget.optional(),
    count: z.int(),
    open: z.int(),
    incidentId: z.string().optional(),
    anomalyId: z.string().optional(),
    reason: z.string(),
  })
  .meta({ id: 'AnnotationEvent' });
export type AnnotationEvent = Readonly<z.infer<typeof AnnotationEvent>>;

/** At most 300 events per layer; `truncated` says which layers were merged more coarsely than by target. */
export const Annotations = z
  .object({
    from: Time,
    to: Time,
    layers: z.array(
      z.object({
        layer: AnnotationLayer,
        events: z.array(AnnotationEvent),
        total: z.int(),
        bucketSeconds: z.number(),
      }),
    ),
  })
  .meta({ id: 'Annotations' });
export type Annotations = Readonly<z.infer<typeof Annotations>>;

export const WireScore = z
  .object({
    target: WireTarget,
    query: z.string(),
    metricType: z.string(),
    value: z.number(),
    expected: z.number(),
    band: Band,
    score: z.number(),
    threshold: z.number(),
    state: z.enum(['learning', 'normal', 'anomalous']),
    timestamp: Time,
  })
  .meta({ id: 'Score' });
export type WireScore = Readonly<z.infer<typeof WireScore>>;

const Line = z.array(z.number().nullable());
/** One series over a range as parallel columns; null where nothing is known. Times are Unix milliseconds, as frames want them. */
export const WireSeries = z
  .object({
    target: WireTarget,
    query: z.string(),
    metricType: z.string(),
    unit: z.string(),
    threshold: z.number(),
    time: z.array(z.number()),
    value: Line,
    expected: Line,
    low: Line,
    high: Line,
    score: Line,
  })
  .meta({ id: 'Series' });
export type WireSeries = Readonly<z.infer<typeof WireSeries>>;

export const SeriesAnswer = z
  .object({ from: Time, to: Time, series: z.array(WireSeries), omitted: z.int() })
  .meta({ id: 'SeriesAnswer' });
export type SeriesAnswer = Readonly<z.infer<typeof SeriesAnswer>>;

const point = z.number().nullable();
/** The frames of a Grafana panel, as they are in the browser: at most 50 series of 2,000 points. Times in Unix milliseconds. */
export const ScoreFramesRequest = z
  .strictObject({
    frames: z
      .array(
        z.strictObject({
          name: z.string().max(500),
          labels: z.record(z.string().max(200), z.string().max(500)).optional(),
          /** The panel's own query, quoted in the suggested rule. It is never run. */
          query: z.string().max(10_000).optional(),
          time: z.array(z.number()).min(2).max(2000),
          values: z.array(point).min(2).max(2000),
        }),
      )
      .min(1)
      .max(50),
    direction: z.enum(['up', 'down', 'both']).optional(),
  })
  .meta({ id: 'ScoreFramesRequest' });
export type ScoreFramesRequest = Readonly<z.infer<typeof ScoreFramesRequest>>;

/** Scores of each frame, point by point; `rule` is an alert rule that would have found the same. */
export const ScoreFramesAnswer = z
  .object({
    frames: z.array(
      z.object({
        name: z.string(),
        time: z.array(z.number()),
        score: Line,
        anomalyScore: Line,
        expected: Line,
        low: Line,
        high: Line,
        threshold: z.number(),
        anomalies: z.array(z.object({ from: Time, to: Time, peak: z.number(), sentence: z.string() })),
      }),
    ),
    rule: z.object({ expr: z.string(), for: z.string(), summary: z.string() }).optional(),
  })
  .meta({ id: 'ScoreFramesAnswer' });
export type ScoreFramesAnswer = Readonly<z.infer<typeof ScoreFramesAnswer>>;
