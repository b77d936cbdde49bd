import { z } from 'zod';
import { badImage } from './bad-image.ts';
import { defineFault, role } from './fault.ts';
import { befall, ofRole, subjectOf } from './lookup.ts';
import { trafficSpike } from './traffic-spike.ts';

/** A release that cannot be pulled while another service gets more traffic than it has CPU for. */
export const twoFaults = defineFault({
  kind: 'two-faults',
  class: badImage.class,
  params: z.strictObject({ role, other: role }),
  async inject(ground, { role, other }) {
    const one = await badImage.inject(ground, { role });
    const two = await trafficSpike.inject(ground, { role: other, saturation: 1.5 });
    const end = async (): Promise<void> => {
      await one.end();
      await two.end();
    };
    return { rootCause: one.rootCause, others: [{ ...two.rootCause, class: trafficSpike.class }], end };
  },
  recovery: ({ role, other }) => [
    ...badImage.recovery({ role }),
    ...trafficSpike.recovery({ role: other, saturation: 1.5 }),
  ],
});

/** A full garbage collection that ends by itself: who waits does best. */
export const selfHealing = defineFault({
  kind: 'heals-itself',
  // That it will end by itself is not to be seen while it lasts.
  class: 'Unknown',
  params: z.strictObject({
    role,
    minutes: z.number().positive().default(6),
    factor: z.number().positive().default(40),
  }),
  async inject(ground, { role, minutes, factor }) {
    const until = ground.clock.now() + minutes * 60;
    const end = befall(ground, {
      touches: ofRole(role),
      traits: (_pod, now) => (now < until ? { latencyFactor: factor, errorShare: 0.1 } : {}),
    });
    return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.02 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});
