import { z } from 'zod';
import { defineFault, role } from './fault.ts';
import { befall, podsOf, startedBefore, subjectOf } from './lookup.ts';

/** A deadlock: some pods answer no probe of readiness any more and do not notice it themselves. A restart frees them. */
export const hungPod = defineFault({
  kind: 'hung-pod',
  class: 'StuckPod',
  params: z.strictObject({ role, pods: z.number().int().positive().default(1) }),
  async inject(ground, { role, pods }) {
    const hung = new Set(
      podsOf(ground, role)
        .slice(0, pods)
        .map((pod) => pod['metadata'].uid as string),
    );
    const before = startedBefore(ground, ground.clock.now());
    const end = befall(ground, {
      touches: (pod) => hung.has(pod.uid) && before(pod),
      traits: () => ({ unready: 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' }),
    });
    return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
  },
  recovery: ({ role }) => [{ what: 'ReadyShare', of: role, atLeast: 1 }],
});
