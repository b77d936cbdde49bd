import { z } from 'zod';
import { defineFault, role } from './fault.ts';
import { editContainer, subjectOf, workloadOf } from './lookup.ts';
import { nextImage } from './releases.ts';

/** A release that dies while it starts, rolled out as a person does it: CrashLoopBackOff of the new pods. */
export const badRelease = defineFault({
  kind: 'bad-release',
  class: 'BadRollout',
  params: z.strictObject({
    role,
    /** Seconds from start to death, and what it says then. */
    after: z.number().positive().default(3),
    message: z.string().default('panic: migration 0042 not applied: column "currency" does not exist'),
  }),
  async inject(ground, { role, after, message }) {
    const profile = ground.world.shop.byRole(role);
    const before: string = workloadOf(ground, profile)?.['spec'].template.spec.containers[0].image;
    const image = nextImage(ground, before);
    ground.world.around.registry.releases.set(image, { crash: { after, exitCode: 2, message } });
    await editContainer(ground, profile, { image });
    const end = async (): Promise<void> => {
      const now: string | undefined = workloadOf(ground, profile)?.['spec'].template.spec.containers[0].image;
      if (now === image) await editContainer(ground, profile, { image: before });
    };
    return { rootCause: subjectOf(profile), end };
  },
  recovery: ({ role }) => [
    { what: 'ReadyShare', of: role, atLeast: 1 },
    { what: 'WaitingContainers', of: role, below: 1 },
    { what: 'SecondsSinceRestart', of: role, atLeast: 60 },
  ],
});
