import { z } from 'zod';
import { defineFault, role } from './fault.ts';
import type { Ground } from './ground.ts';
import { subjectOf } from './lookup.ts';

/** How much more traffic brings a pod of the role to `saturation` × its CPU limit. */
function factorFor({ world }: Ground, of: string, saturation: number): number {
  const { physics } = world.shop.byRole(of);
  const lives = [...world.lives.values()].filter((life) => life.view.profile?.role === of && !life.ended);
  const limit = lives[0]?.view.cpuLimit ?? 1;
  const serving = lives.filter((life) => life.signals.rate > 0);
  const rate = serving.reduce((sum, life) => sum + life.signals.rate, 0) / Math.max(1, serving.length);
  return Math.max(1, (saturation * limit - physics.cpuIdle) / Math.max(1e-6, rate * physics.cpuPerRequest));
}

/** A campaign, a crawler: one service is asked for far more than its pods have CPU for, and is throttled. */
export const trafficSpike = defineFault({
  kind: 'traffic-spike',
  class: 'CpuSaturation',
  params: z.strictObject({
    role,
    /** CPU wanted by each pod in relation to its limit, with the replicas there are now. */
    saturation: z.number().positive().default(1.5),
    /** Or: traffic in relation to normal. */
    factor: z.number().positive().optional(),
  }),
  async inject(ground, { role, saturation, factor }) {
    const { traffic } = ground.world.around;
    const before = traffic.get(role) ?? 1;
    traffic.set(role, before * (factor ?? factorFor(ground, role, saturation)));
    const end = async (): Promise<void> => void traffic.set(role, before);
    return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
  },
  recovery: ({ role }) => [
    { what: 'Throttling', of: role, below: 0.25 },
    { what: 'ErrorShare', of: role, below: 0.02 },
    { what: 'ReadyShare', of: role, atLeast: 0.99 },
  ],
});
