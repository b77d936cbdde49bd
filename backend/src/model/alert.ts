import { z } from 'zod';
import { documentFields } from './document.ts';
import { Target } from './target.ts';

/** An alert as Alertmanager v4 or Grafana Alerting sent it; `id` is cluster + fingerprint. */
export const Alert = z.object({
  ...documentFields,
  cluster: z.string(),
  fingerprint: z.string(),
  status: z.enum(['firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).default({}),
  startsAt: z.number(),
  endsAt: z.number().optional(),
  receivedAt: z.number(),
  target: Target.optional(),
  targetKey: z.string().default(''),
  /** Alerts that our own rules raised attach to their incident and never open one. */
  own: z.boolean().default(false),
  incidentId: z.string().optional(),
});
export type Alert = Readonly<z.infer<typeof Alert>>;
