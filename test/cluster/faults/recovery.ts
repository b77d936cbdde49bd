import { z } from 'zod';
import { measured, measures, type Measure } from './measures.ts';
import { role } from './role.ts';
import type { Ground } from './ground.ts';

const names = Object.keys(measures) as [Measure, ...Measure[]];

const ofNodes: ReadonlySet<Measure> = new Set(['NodeReady', 'NodePressure', 'MovablePods', 'PressuredPods']);
const ofCluster: ReadonlySet<Measure> = new Set(['CordonedPods', 'CordonedNodes', 'ApiDelay', 'FsyncDelay', 'Always']);

/** One condition of being well: a measure of a workload (by role), a node or the cluster, below or at least a number. */
export const Recovery = z
  .strictObject({
    what: z.enum(names),
    /** A role, a node's name, `@cause` for the root cause's name, or nothing for what belongs to the whole cluster. */
    of: z.string().default(''),
    below: z.number().optional(),
    atLeast: z.number().optional(),
  })
  .refine(({ what, of }) => ofNodes.has(what) || ofCluster.has(what) || role.safeParse(of).success, {
    path: ['of'],
    message: `is a workload by its role: ${role.options.join(', ')}`,
  })
  .refine((one) => (one.below === undefined) !== (one.atLeast === undefined), 'says either `below` or `atLeast`');
export type Recovery = z.infer<typeof Recovery>;

export interface Verdict {
  readonly met: boolean;
  /** `ErrorShare of search is 0.34, must be below 0.02`. */
  readonly says: string;
}

export function judge(ground: Ground, one: Recovery, cause = ''): Verdict {
  const of = one.of === '@cause' ? cause : one.of;
  const value = measured(ground, one.what, of);
  const met = one.below !== undefined ? value < one.below : value >= (one.atLeast ?? 0);
  const bound = one.below !== undefined ? `below ${one.below}` : `at least ${one.atLeast}`;
  return { met, says: `${one.what}${of && ` of ${of}`} is ${Number(value.toFixed(4))}, must be ${bound}` };
}
