import { z } from 'zod';
import { defineFault, role } from './fault.ts';
import { befall, ofRole, podsOf, startedBefore, subjectOf } from './lookup.ts';

/** Two of three members hang in a disk wait and answer nobody: no majority, no writes. A restart frees each. */
export const quorumLoss = defineFault({
  kind: 'quorum-loss',
  class: 'QuorumLost',
  params: z.strictObject({ role, members: z.number().int().positive().default(2) }),
  async inject(ground, { role, members }) {
    const hung = podsOf(ground, role).slice(-members);
    const uids = new Set(hung.map((pod) => pod['metadata'].uid as string));
    const before = startedBefore(ground, ground.clock.now());
    const end = befall(ground, {
      touches: (pod) => uids.has(pod.uid) && before(pod),
      traits: () => ({ unready: 'dial tcp: i/o timeout' }),
    });
    return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.02 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/** The primary lost its write-ahead log but holds the lease: all pods are ready, every write fails. */
export const primaryFailure = defineFault({
  kind: 'database-primary-failure',
  class: 'DatabasePrimaryFailed',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const [primary] = podsOf(ground, role);
    if (!primary) throw new Error(`no pod of the role "${role}" runs`);
    const { uid, namespace, name } = primary['metadata'];
    const { broken } = ground.world.around;
    const before = startedBefore(ground, ground.clock.now());
    // Another member takes over when this one is gone or has begun anew.
    broken.set(role, () => before({ uid }));
    const end = async (): Promise<void> => void broken.delete(role);
    return { rootCause: { kind: 'Pod', namespace, name }, end };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.02 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/** The name servers answer most lookups with SERVFAIL, from a cache that went bad; they are ready all the time. */
export const dnsFailure = defineFault({
  kind: 'dns-failure',
  class: 'DnsFailure',
  params: z.strictObject({ share: z.number().min(0).max(1).default(0.7) }),
  async inject(ground, { share }) {
    const is = ofRole('coredns');
    const before = startedBefore(ground, ground.clock.now());
    const end = befall(ground, {
      touches: (pod) => is(pod) && before(pod),
      traits: () => ({ errorShare: share }),
    });
    return { rootCause: subjectOf(ground.world.shop.byRole('coredns')), end };
  },
  recovery: () => [
    { what: 'ErrorShare', of: 'frontend', below: 0.05 },
    { what: 'ReadyShare', of: 'coredns', atLeast: 1 },
  ],
});
