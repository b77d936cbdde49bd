import { z } from 'zod';
import { documentFields } from './document.ts';

/** A link of the audit chain: `hash` covers the entry and the hash before it. (writer, seq) is unique. */
export const AuditEntry = z.object({
  ...documentFields,
  writer: z.string(),
  seq: z.int().nonnegative(),
  at: z.number(),
  subject: z.string(),
  action: z.string(),
  object: z.string(),
  reason: z.string(),
  message: z.string(),
  previousHash: z.string(),
  hash: z.string(),
});
export type AuditEntry = Readonly<z.infer<typeof AuditEntry>>;

/** A workload, namespace or series that nobody wants to hear about until a time. Absent fields match everything. */
export const Mute = z.object({
  ...documentFields,
  cluster: z.string(),
  namespace: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  metricType: z.string().optional(),
  until: z.number(),
  why: z.string().min(1),
  subject: z.string(),
  createdAt: z.number(),
});
export type Mute = Readonly<z.infer<typeof Mute>>;

/** A setting changed at run time; survives a restart. */
export const Setting = z.object({ ...documentFields, value: z.any(), subject: z.string(), at: z.number() });
export type Setting = Readonly<z.infer<typeof Setting>>;

export const Mode = z.enum(['MANUAL', 'AUTO']);
export type Mode = z.infer<typeof Mode>;
