import { z } from 'zod';
import type { FaultKind } from './fault.ts';
import { defineFault, role } from './fault.ts';
import type { Traits } from '../workloads/index.ts';
import { editContainer, imageOf, subjectOf } from './lookup.ts';
import type { Recovery } from './recovery.ts';
import { nextImage } from './releases.ts';

interface ReleaseFault<P extends { readonly role: string }> {
  readonly kind: string;
  readonly class: string;
  readonly params: z.ZodType<P>;
  readonly traits: (params: P) => Partial<Traits>;
  readonly recovery: (params: P) => readonly Recovery[];
}

/** A release that starts well and has something wrong with it; going back to the image before cures it. */
function releaseFault<P extends { readonly role: string }>(draft: ReleaseFault<P>): FaultKind<P> {
  return defineFault({
    ...draft,
    async inject(ground, params) {
      const profile = ground.world.shop.byRole(params.role);
      const before = imageOf(ground, profile);
      const image = nextImage(ground, before);
      ground.world.around.registry.releases.set(image, draft.traits(params));
      await editContainer(ground, profile, { image });
      return { rootCause: subjectOf(profile), end: () => editContainer(ground, profile, { image: before }) };
    },
  });
}

/** Leaks without end: neither a restart nor more memory helps for long. */
export const leakingRelease = releaseFault({
  kind: 'leaking-release',
  class: 'OutOfMemory',
  params: z.strictObject({ role, bytesPerSecond: z.number().positive().default(1_500_000) }),
  traits: ({ bytesPerSecond }) => ({ leak: bytesPerSecond }),
  recovery: ({ role }) => [
    { what: 'MemoryShare', of: role, below: 0.75 },
    { what: 'SecondsSinceRestart', of: role, atLeast: 300 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/** A query in a loop: requests take many times as long, and some fail. */
export const slowRelease = releaseFault({
  kind: 'slow-release',
  class: 'SlowRelease',
  params: z.strictObject({
    role,
    factor: z.number().positive().default(12),
    errorShare: z.number().min(0).max(1).default(0.15),
  }),
  traits: ({ factor, errorShare }) => ({ latencyFactor: factor, errorShare }),
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.03 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/** Needs several times the CPU per request: an autoscaler runs to its maximum and it is not enough. */
export const hungryRelease = releaseFault({
  kind: 'hungry-release',
  class: 'AutoscalerAtMax',
  params: z.strictObject({ role, factor: z.number().positive().default(9) }),
  traits: ({ factor }) => ({ cpuFactor: factor }),
  recovery: ({ role }) => [
    { what: 'Throttling', of: role, below: 0.3 },
    { what: 'ErrorShare', of: role, below: 0.03 },
  ],
});
