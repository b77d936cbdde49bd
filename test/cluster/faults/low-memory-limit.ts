import { z } from 'zod';
import { quantity } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import { editContainer, subjectOf, workloadOf } from './lookup.ts';

/** Somebody saves memory: the limit is set below what the service needs to start with. */
export const lowMemoryLimit = defineFault({
  kind: 'low-memory-limit',
  class: 'OutOfMemory',
  params: z.strictObject({ role, share: z.number().positive().default(0.35) }),
  async inject(ground, { role, share }) {
    const profile = ground.world.shop.byRole(role);
    const before = workloadOf(ground, profile)?.['spec'].template.spec.containers[0].resources;
    const memory = `${Math.floor((quantity(before?.limits?.memory) * share) / 2 ** 20)}Mi`;
    await editContainer(ground, profile, { resources: { requests: { memory }, limits: { memory } } });
    return { rootCause: subjectOf(profile), end: () => editContainer(ground, profile, { resources: before }) };
  },
  recovery: ({ role }) => [
    { what: 'ReadyShare', of: role, atLeast: 1 },
    { what: 'WaitingContainers', of: role, below: 1 },
    { what: 'SecondsSinceRestart', of: role, atLeast: 120 },
  ],
});
