import { z } from 'zod';
import { documentFields } from './document.ts';
import { MetricType } from './sample.ts';
import { Target } from './target.ts';

export const Severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof Severity>;

export const Feedback = z.object({
  verdict: z.enum(['TruePositive', 'FalsePositive']),
  comment: z.string().max(2000).default(''),
  subject: z.string(),
  at: z.number(),
});
export type Feedback = Readonly<z.infer<typeof Feedback>>;

/** One series away from its normal, from `startedAt` to `endedAt` (Unix s; absent while it lasts). */
export const Anomaly = z.object({
  ...documentFields,
  cluster: z.string(),
  series: z.string(),
  query: z.string(),
  metricType: MetricType,
  unit: z.string().default(''),
  target: Target,
  targetKey: z.string(),
  value: z.number(),
  /** The value that was furthest from expected. */
  worst: z.number().optional(),
  expected: z.number(),
  band: z.tuple([z.number(), z.number()]),
  /** 0…1, higher is worse: S / (1 + S) with S = -log10 of the tail probability. */
  score: z.number().min(0).max(1),
  peak: z.number().min(0).max(1),
  threshold: z.number(),
  severity: Severity,
  confidence: z.number().min(0).max(1),
  views: z.array(z.object({ name: z.string(), surprise: z.number(), share: z.number() })).default([]),
  features: z.record(z.string(), z.number()).default({}),
  sentence: z.string().default(''),
  /** Which episode of this series in seven days it is; 1 or nothing = the first. */
  episode: z.int().positive().optional(),
  /** Its level moved, from when on (Unix s), and from where to where; absent where it only went away for a moment. */
  shift: z.object({ at: z.number(), from: z.number(), to: z.number() }).optional(),
  startedAt: z.number(),
  updatedAt: z.number(),
  endedAt: z.number().optional(),
  open: z.boolean(),
  incidentId: z.string().optional(),
  /** Why no incident was opened (yet): a reason word, so that every anomaly can be accounted for. */
  reason: z.string().default(''),
  feedback: Feedback.optional(),
});
export type Anomaly = Readonly<z.infer<typeof Anomaly>>;
