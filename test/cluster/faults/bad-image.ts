import { z } from 'zod';
import { defineFault, role } from './fault.ts';
import { editContainer, imageOf, subjectOf } from './lookup.ts';
import { nextImage } from './releases.ts';

/** A rollout to a tag that nobody pushed: ErrImagePull, ImagePullBackOff. */
export const badImage = defineFault({
  kind: 'bad-image',
  class: 'ImagePull',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const before = imageOf(ground, profile);
    await editContainer(ground, profile, { image: `${nextImage(ground, before)}-rc1` });
    return { rootCause: subjectOf(profile), end: () => editContainer(ground, profile, { image: before }) };
  },
  recovery: ({ role }) => [
    { what: 'ReadyShare', of: role, atLeast: 1 },
    { what: 'WaitingContainers', of: role, below: 1 },
  ],
});
