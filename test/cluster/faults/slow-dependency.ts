import { z } from 'zod';
import { defineFault, role } from './fault.ts';
import { befall, ofRole, startedBefore, subjectOf } from './lookup.ts';

/** A transaction that never ends holds its locks: the database is slow, then its callers, then theirs. */
export const slowDependency = defineFault({
  kind: 'slow-dependency',
  class: 'SlowDependency',
  params: z.strictObject({ role, factor: z.number().positive().default(120) }),
  async inject(ground, { role, factor }) {
    const is = ofRole(role);
    const before = startedBefore(ground, ground.clock.now());
    const end = befall(ground, {
      touches: (pod) => is(pod) && before(pod),
      traits: () => ({ latencyFactor: factor }),
    });
    return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
  },
  recovery: ({ role }) => [
    { what: 'Latency', of: role, below: 0.05 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});
