import type { z } from 'zod';
import type { Ground, Injected } from './ground.ts';
import type { Recovery } from './recovery.ts';

/** One mechanism by which something goes wrong. */
export interface FaultKind<Params = unknown> {
  /** As scenario files name it: `memory-leak`. */
  readonly kind: string;
  /** The class that ground truth gives it. */
  readonly class: string;
  readonly params: z.ZodType<Params>;
  inject(ground: Ground, params: Params): Promise<Injected>;
  /** What must hold again for the fault to count as put right, when nothing else is said. */
  recovery(params: Params): readonly Recovery[];
}

/** Keeps the parameter's type together while a fault is written down. */
export const defineFault = <Params>(fault: FaultKind<Params>): FaultKind<Params> => fault;

export { role } from './role.ts';
