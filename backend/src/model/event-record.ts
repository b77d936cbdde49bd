import { z } from 'zod';
import { documentFields } from './document.ts';
import { Target } from './target.ts';

/** A Kubernetes event, normalised. `id` is the event's uid; `count` grows in place. Times are Unix seconds. */
export const EventRecord = z.object({
  ...documentFields,
  cluster: z.string(),
  type: z.enum(['Normal', 'Warning']).catch('Normal'),
  reason: z.string(),
  message: z.string().default(''),
  involved: z.object({
    kind: z.string(),
    namespace: z.string().default(''),
    name: z.string(),
    uid: z.string().default(''),
  }),
  /** The owner that a remediation would touch, once the topology knows it. */
  target: Target.optional(),
  targetKey: z.string().default(''),
  source: z.string().default(''),
  count: z.int().positive().default(1),
  firstSeen: z.number(),
  lastSeen: z.number(),
});
export type EventRecord = Readonly<z.infer<typeof EventRecord>>;
