import { z } from 'zod';
import { hashText } from '../workloads/noise.ts';
import { quantity } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import { befall, ofRole, subjectOf, workloadOf } from './lookup.ts';

/**
 * A cache that is never emptied: every pod of the workload fills up until the kernel kills it, and again after each
 * restart. It stops growing a little above the limit, when the cache holds all there is.
 */
export const memoryLeak = defineFault({
  kind: 'memory-leak',
  class: 'OutOfMemory',
  params: z.strictObject({
    role,
    /** Minutes until the first pod reaches its limit. */
    minutes: z.number().positive().default(8),
    /** How far beyond the limit it would grow, as a share of the limit; large = without end. */
    beyond: z.number().positive().default(0.1),
  }),
  async inject(ground, { role, minutes, beyond }) {
    const profile = ground.world.shop.byRole(role);
    const limits = workloadOf(ground, profile)?.['spec'].template.spec.containers[0]?.resources?.limits;
    const limit = quantity(limits?.memory ?? profile.limits.memory, 256 * 2 ** 20);
    const load = (ground.world.services().get(role)?.rate ?? 0) / Math.max(1, profile.replicas);
    const room = limit - profile.physics.memoryBase - load * profile.physics.memoryPerRate;
    const end = befall(ground, {
      touches: ofRole(role),
      // Pods get unequal shares of the keys, so they do not all die in the same minute.
      traits: (pod) => ({
        leak: (room / (minutes * 60)) * (1 - 0.5 * (hashText(pod.uid) / 2 ** 32)),
        leakCeiling: room + limit * beyond,
      }),
    });
    return { rootCause: subjectOf(profile), end };
  },
  recovery: ({ role, minutes }) => [
    // The slowest pod takes twice as long as the first.
    { what: 'SecondsSinceRestart', of: role, atLeast: minutes * 120 },
    { what: 'MemoryShare', of: role, below: 0.9 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});
