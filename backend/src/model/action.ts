import { z } from 'zod';
import { Command } from './actions/catalogue.ts';
import { JsonObject } from './json.ts';
import { KubernetesRequest } from './kubernetes.ts';
import { DryRun } from './plan.ts';

export const ActionState = z.enum(['Pending', 'Sent', 'Applied', 'Verified', 'Undoing', 'Undone', 'Failed']);
export type ActionState = z.infer<typeof ActionState>;

/**
 * One step as executed. `Sent` means that the request is saved and may have been sent: whoever finds it looks at the
 * cluster first. `id` is stamped on the object (`kubewise.io/action-id`) and is the idempotency key.
 */
export const Action = z.object({
  id: z.string(),
  stepId: z.string(),
  command: Command,
  state: ActionState,
  request: KubernetesRequest.optional(),
  preImage: JsonObject.default({}),
  dryRun: DryRun.optional(),
  /** What the API server answered: status, and what a later check needs. */
  answer: z.object({ status: z.int(), reason: z.string().default(''), message: z.string().default('') }).optional(),
  undoRequest: KubernetesRequest.optional(),
  tries: z.int().nonnegative().default(0),
  approvedBy: z.string().default(''),
  startedAt: z.number(),
  appliedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  message: z.string().default(''),
});
export type Action = Readonly<z.infer<typeof Action>>;
