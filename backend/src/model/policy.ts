import { z } from 'zod';
import { actionNames } from './actions/catalogue.ts';
import { Autonomy } from './plan.ts';

const names = z.array(z.string()).min(1);

/** One row of the policy: the first that matches a step decides. An absent matcher matches everything. */
export const PolicyRule = z.strictObject({
  namespaces: names.optional(),
  kinds: names.optional(),
  actions: z.array(z.enum(actionNames as [string, ...string[]])).optional(),
  autonomy: Autonomy,
});

/** Who may approve where. `namespaces` absent = everywhere. */
export const Approver = z.strictObject({
  subject: z.string(),
  issuer: z.string().default('token'),
  namespaces: names.optional(),
});

/** `policy.yaml`. The defaults are safe: people approve, kube-system is not touched. */
export const Policy = z.strictObject({
  defaultAutonomy: Autonomy.default('Approve'),
  rules: z.array(PolicyRule).default([]),
  protectedNamespaces: z.array(z.string()).default(['kube-system']),
  /** Empty = every token with the role approver may approve. */
  approvers: z.array(Approver).default([]),
  cooldownSeconds: z.number().nonnegative().default(600),
  /** Automatic runs per action and hour before people are asked. */
  autoRunsPerHour: z.int().nonnegative().default(3),
  planExpirySeconds: z.number().positive().default(3600),
});
export type Policy = Readonly<z.infer<typeof Policy>>;
