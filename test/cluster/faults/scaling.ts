import { z } from 'zod';
import { quantity } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import { edit, editContainer, subjectOf, workloadOf } from './lookup.ts';

/** Somebody scales a workload away and forgets it: nothing is broken, it is only not there. */
export const scaledDown = defineFault({
  kind: 'replica-mismatch',
  class: 'ReplicaMismatch',
  params: z.strictObject({ role, replicas: z.number().int().min(0).default(0), wanted: z.number().int().default(2) }),
  async inject(ground, { role, replicas, wanted }) {
    const subject = subjectOf(ground.world.shop.byRole(role));
    await edit(ground, subject, { spec: { replicas } });
    return { rootCause: subject, end: () => edit(ground, subject, { spec: { replicas: wanted } }) };
  },
  recovery: ({ role, wanted }) => [{ what: 'ReadyReplicas', of: role, atLeast: wanted }],
});

/** The CPU limit is set far below what the load needs: throttled while the node idles. */
export const lowCpuLimit = defineFault({
  kind: 'low-cpu-limit',
  class: 'CpuThrottling',
  params: z.strictObject({ role, share: z.number().positive().default(0.25) }),
  async inject(ground, { role, share }) {
    const profile = ground.world.shop.byRole(role);
    const before = workloadOf(ground, profile)?.['spec'].template.spec.containers[0].resources;
    const cpu = `${Math.floor(quantity(before?.limits?.cpu) * share * 1000)}m`;
    await editContainer(ground, profile, { resources: { requests: { cpu }, limits: { cpu } } });
    return { rootCause: subjectOf(profile), end: () => editContainer(ground, profile, { resources: before }) };
  },
  recovery: ({ role }) => [
    { what: 'Throttling', of: role, below: 0.3 },
    { what: 'ErrorShare', of: role, below: 0.03 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/** The autoscaler may not do anything (min = max) when the load doubles. */
export const fixedAutoscaler = defineFault({
  kind: 'hpa-misconfigured',
  class: 'AutoscalerMisconfigured',
  params: z.strictObject({ role, traffic: z.number().positive().default(3.2) }),
  async inject(ground, { role, traffic }) {
    const subject = { ...subjectOf(ground.world.shop.byRole(role)), kind: 'HorizontalPodAutoscaler' };
    const { autoscale } = ground.world.shop.byRole(role);
    if (!autoscale) throw new Error(`no autoscaler stands over the role "${role}"`);
    await edit(ground, subject, { spec: { minReplicas: autoscale.min, maxReplicas: autoscale.min } });
    const { traffic: factors } = ground.world.around;
    factors.set(role, traffic);
    const end = async (): Promise<void> => {
      await edit(ground, subject, { spec: { maxReplicas: autoscale.max } });
      factors.delete(role);
    };
    return { rootCause: subject, end };
  },
  recovery: ({ role }) => [
    { what: 'Throttling', of: role, below: 0.2 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/**
 * Each pod may hold so many connections that together they want more than the database gives. It looks like too few
 * pods; every further pod takes connections away from the others.
 */
export const poolTooBig = defineFault({
  kind: 'obvious-fix-worse',
  class: 'ConnectionPoolExhausted',
  params: z.strictObject({ role, connections: z.number().int().positive().default(90) }),
  async inject(ground, { role, connections }) {
    const profile = ground.world.shop.byRole(role);
    const set = (value: string): Promise<void> =>
      editContainer(ground, profile, { env: [{ name: 'DB_POOL_SIZE', value }] });
    await set(String(connections));
    return { rootCause: subjectOf(profile), end: () => set(profile.env['DB_POOL_SIZE'] ?? '20') };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.02 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/** Another producer publishes several times as much as the consumers can take. */
export const queueBacklog = defineFault({
  kind: 'queue-backlog',
  class: 'QueueBacklog',
  params: z.strictObject({ role, factor: z.number().positive().default(3.5), waiting: z.number().default(300) }),
  async inject(ground, { role, factor }) {
    const { traffic } = ground.world.around;
    const { consumes } = ground.world.shop.byRole(role);
    if (!consumes) throw new Error(`the role "${role}" takes from no queue`);
    traffic.set(consumes.queue, factor);
    const end = async (): Promise<void> => void traffic.delete(consumes.queue);
    return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
  },
  recovery: ({ waiting }) => [{ what: 'QueueLength', of: 'orders-queue', below: waiting }],
});
