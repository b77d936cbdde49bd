import { z } from 'zod';
import { addressVariable } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import { editContainer, subjectOf } from './lookup.ts';

/** A typing error in the environment: the address of something it calls, or a number that is none. */
export const badConfig = defineFault({
  kind: 'bad-config',
  class: 'BadRollout',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const [call] = profile.calls;
    const peer = call && ground.world.shop.byRole(call.to);
    const wrong =
      call && peer
        ? { name: addressVariable(call.to), value: `${peer.name}.${peer.namespace}x:${peer.port}` }
        : { name: 'DB_POOL_SIZE', value: 'many' };
    const right = call && peer ? `${peer.name}.${peer.namespace}:${peer.port}` : '10';
    await editContainer(ground, profile, { env: [wrong] });
    const end = (): Promise<void> => editContainer(ground, profile, { env: [{ name: wrong.name, value: right }] });
    return { rootCause: subjectOf(profile), end };
  },
  recovery: ({ role }) => [
    { what: 'ReadyShare', of: role, atLeast: 1 },
    { what: 'WaitingContainers', of: role, below: 1 },
    { what: 'SecondsSinceRestart', of: role, atLeast: 60 },
  ],
});
