import { z } from 'zod';

export const Verdict = z.enum(['Fixed', 'Improved', 'SelfRecovered', 'NoEffect', 'MadeWorse', 'NotEnoughData']);
export type Verdict = z.infer<typeof Verdict>;

/** One number behind a verdict, before and after the action. */
export const Measurement = z.object({
  name: z.string(),
  unit: z.string().default(''),
  before: z.number(),
  after: z.number(),
  /** Where it should be when all is well, as far as it is known. */
  expected: z.number().optional(),
  recovered: z.boolean(),
});
export type Measurement = Readonly<z.infer<typeof Measurement>>;

/** What a model makes of the numbers, in words for people. The verdict comes from the numbers alone. */
export const Review = z.object({ helped: z.boolean(), comment: z.string().max(1000) });
export type Review = Readonly<z.infer<typeof Review>>;

export const Outcome = z.object({
  verdict: Verdict,
  message: z.string(),
  measurements: z.array(Measurement),
  /** Seconds from the incident's start to each milestone. */
  detectedAfter: z.number().optional(),
  proposedAfter: z.number().optional(),
  executedAfter: z.number().optional(),
  resolvedAfter: z.number().optional(),
  reverted: z.boolean().default(false),
  review: Review.extend({ model: z.string() }).optional(),
  at: z.number(),
});
export type Outcome = Readonly<z.infer<typeof Outcome>>;
