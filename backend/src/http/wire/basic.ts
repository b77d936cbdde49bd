import { z } from 'zod';
import { Phase, Severity, Verdict } from '../../model/index.ts';

/** Times travel as RFC 3339 in UTC (`2026-11-25T03:40:00.000Z`); inside they are Unix seconds. */
export const Time = z.iso.datetime();
export const WirePhase = Phase.meta({ id: 'Phase' });
export const WireSeverity = Severity.meta({ id: 'Severity' });
export const WireVerdict = Verdict.meta({ id: 'Verdict' });

export const WireTarget = z
  .object({
    cluster: z.string(),
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    /** The words a person reads: `Deployment shop/web`. */
    label: z.string(),
  })
  .meta({ id: 'Target' });
export type WireTarget = Readonly<z.infer<typeof WireTarget>>;

/**
 * RFC 9457. `reason` is one PascalCase word for machines, `detail` a sentence for people with the remedy in it; `errors`
 * name each field of the request that is wrong.
 */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    reason: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = Readonly<z.infer<typeof Problem>>;

/** A page: `next` is the cursor of the page after it, absent on the last one. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().optional() });
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** Any JSON value, shown as it is. */
export const AnyJson = z.unknown();
/** An object whose fields are not ours to name. */
export const AnyObject = z.record(z.string(), z.unknown());
