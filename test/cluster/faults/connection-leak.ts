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
  params: z.strictObject({ role, perSecond: z.number().positive().default(0.05) }),
  async inject(ground, { role, perSecond }) {
    const end = befall(ground, { touches: ofRole(role), traits: () => ({ connectionLeak: perSecond }) });
    return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.05 },
    { what: 'FreeConnections', of: role, atLeast: 8 },
  ],
});
