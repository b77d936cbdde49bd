import { z } from 'zod';
import { defineFault, role } from './fault.ts';
import { befall, ofRole, subjectOf } from './lookup.ts';

/**
 * Requests of one kind lose their database connection instead of giving it back. When they stop coming the pool stays
 * empty until the service is started anew.
 */
export const connectionLeak = defineFault({
  kind: 'connection-leak',
  class: 'ConnectionPoolExhausted',
  params: z.strictObject({
    role,
    perSecond: z.number().positive().default(0.05),
    /** Minutes after which these requests stop coming. */
    minutes: z.number().positive().default(10),
  }),
  async inject(ground, { role, perSecond, minutes }) {
    const until = ground.clock.now() + minutes * 60;
    const end = befall(ground, {
      touches: ofRole(role),
      traits: (_pod, now) => (now < until ? { connectionLeak: perSecond } : {}),
    });
    return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.05 },
    { what: 'FreeConnections', of: role, atLeast: 8 },
  ],
});
