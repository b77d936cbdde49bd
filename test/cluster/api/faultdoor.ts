import { z } from 'zod';
import { ApiError, badRequest } from './status.ts';
import type { User } from './authorization.ts';
import type { Fault, FaultBook } from './faults.ts';
import type { Answer } from './context.ts';

const match = z
  .strictObject({
    verb: z.string(),
    resource: z.string(),
    subresource: z.string(),
    namespace: z.string(),
    name: z.string(),
    user: z.string(),
  })
  .partial();
const common = { match: match.optional(), times: z.number().int().positive().optional() };
const fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    code: z.number().int().min(400).max(599),
    retryAfter: z.number().optional(),
    message: z.string().optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal('delay'), seconds: z.number().nonnegative(), ...common }),
  z.strictObject({ kind: z.literal('late'), seconds: z.number().nonnegative().optional(), ...common }),
  z.strictObject({ kind: z.literal('reset'), ...common }),
  z.strictObject({ kind: z.literal('webhook'), webhook: z.string(), message: z.string().optional(), ...common }),
  z.strictObject({ kind: z.literal('quota'), quota: z.string(), ...common }),
]);
const order = z.union([
  z.strictObject({ set: z.string(), fault }),
  z.strictObject({ clear: z.union([z.string(), z.literal(true)]) }),
  z.strictObject({ dropWatches: z.literal(true) }),
  z.strictObject({ expire: z.literal(true) }),
]);

/** `POST /sim/faults`: `{set: id, fault}`, `{clear: id | true}`, `{dropWatches: true}` or `{expire: true}`; for admins. */
export function handleFaultRequest(faults: FaultBook, path: string, text: string, user: User): Answer {
  if (!user.groups.includes('system:masters')) throw new ApiError(403, 'Forbidden', 'faults are for system:masters');
  if (path !== '/sim/faults') throw new ApiError(404, 'NotFound', `no such path ${path}`);
  if (text.trim() === '') return { code: 200, body: faults.active() };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw badRequest('the body must be JSON');
  }
  const wanted = order.safeParse(parsed);
  if (!wanted.success) throw badRequest(z.prettifyError(wanted.error));
  obey(faults, wanted.data);
  return { code: 200, body: faults.active() };
}

function obey(faults: FaultBook, wanted: z.infer<typeof order>): void {
  if ('set' in wanted) faults.set(wanted.set, wanted.fault as Fault);
  else if ('clear' in wanted) faults.clear(wanted.clear === true ? undefined : wanted.clear);
  else if ('dropWatches' in wanted) faults.dropWatches();
  else faults.expire();
}
