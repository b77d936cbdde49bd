import { microTime, resourceOf } from '../client/index.ts';
import type { Ground, Subject } from './ground.ts';

const leases = resourceOf('Lease');

/** Who holds a lease now; undefined = nobody, or there is none. */
export const holderOf = async ({ client }: Ground, lease: Subject): Promise<string | undefined> =>
  (await client.get(leases, lease))?.['spec']?.holderIdentity as string | undefined;

/** Takes or renews a lease as client-go's leader election does: another holder is one more transition. */
export async function holdLease(ground: Ground, lease: Subject, holder: string): Promise<void> {
  const { client, clock } = ground;
  const renewTime = microTime(clock.now());
  const taken = { holderIdentity: holder, acquireTime: renewTime, renewTime };
  const found = await client.get(leases, lease);
  if (!found) {
    const spec = { ...taken, leaseDurationSeconds: 15, leaseTransitions: 0 };
    const { namespace, name } = lease;
    await client.create(leases, { apiVersion: leases.apiVersion, kind: 'Lease', metadata: { namespace, name }, spec });
    return;
  }
  const leaseTransitions = Number(found['spec'].leaseTransitions ?? 0) + 1;
  const spec = found['spec'].holderIdentity === holder ? { renewTime } : { ...taken, leaseTransitions };
  await client.patch(leases, lease, 'merge-patch', { spec });
}
