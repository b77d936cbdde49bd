import { z } from 'zod';
import { defineFault, role } from './fault.ts';

/** Something writes to the volumes of a database much faster than ever; when one is full it cannot write any more. */
export const volumeFill = defineFault({
  kind: 'volume-fill',
  class: 'VolumeFull',
  params: z.strictObject({
    role,
    /** Minutes until the volumes are full. */
    minutes: z.number().positive().default(15),
    /** It stops when it has written this many times the free space there was; then all is said. */
    times: z.number().positive().default(1.15),
  }),
  async inject(ground, { role, minutes, times }) {
    const { disks, around, shop } = ground.world;
    const profile = shop.byRole(role);
    const mine = [...disks.all.entries()].filter(([, disk]) => disk.profile === profile);
    const began = ground.clock.now();
    for (const [key, disk] of mine) {
      const rate = (disk.capacity - disk.used) / (minutes * 60);
      around.volumeFill.set(key, () => (ground.clock.now() - began < minutes * 60 * times ? rate : 0));
    }
    const end = async (): Promise<void> => mine.forEach(([key]) => around.volumeFill.delete(key));
    const [first] = mine;
    const name = first?.[1].claim ?? profile.name;
    return { rootCause: { kind: 'PersistentVolumeClaim', namespace: profile.namespace, name }, end };
  },
  recovery: ({ role }) => [
    { what: 'VolumeShare', of: role, below: 0.92 },
    { what: 'ErrorShare', of: role, below: 0.02 },
  ],
});
