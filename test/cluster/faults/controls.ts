import { z } from 'zod';
import { resourceOf } from '../client/index.ts';
import { defineFault, role, type FaultKind } from './fault.ts';
import type { Ground, Injected } from './ground.ts';
import { edit, editContainer, imageOf, nodeOf, nodeSubject, person, subjectOf, workloadOf } from './lookup.ts';
import { drain } from './perform.ts';
import { nextImage } from './releases.ts';

type Inject = (ground: Ground, of: string) => Promise<Injected['end']>;
const nothing = async (): Promise<void> => undefined;

/** Something that people and machines do every day. Nothing is wrong, and nothing is to be done. */
const control = (kind: string, act: Inject): FaultKind<{ role: string }> =>
  defineFault({
    kind,
    class: 'None',
    params: z.strictObject({ role }),
    async inject(ground, { role }) {
      const end = await act(ground, role);
      return { rootCause: subjectOf(ground.world.shop.byRole(role)), end };
    },
    recovery: () => [{ what: 'Always', of: '', atLeast: 1 }],
  });

export const goodRollout = control('control-rollout', async (ground, of) => {
  const profile = ground.world.shop.byRole(of);
  const image = nextImage(ground, imageOf(ground, profile));
  ground.world.around.registry.releases.set(image, {});
  await editContainer(ground, profile, { image });
  return nothing;
});

const moreTraffic =
  (factor: number): Inject =>
  async ({ world }, of) => {
    world.around.traffic.set(of, factor);
    return async () => void world.around.traffic.delete(of);
  };

/** The autoscaler has room and uses it. */
export const autoscaling = control('control-hpa-scale-up', moreTraffic(1.6));
/** Busier than usual, with CPU to spare. */
export const trafficPeak = control('control-traffic-peak', moreTraffic(1.2));

/** The nightly job runs, as its schedule says. */
export const nightlyBatch = control('control-nightly-batch', async (ground, of) => {
  const profile = ground.world.shop.byRole(of);
  const spec: unknown = workloadOf(ground, profile)?.['spec'].jobTemplate.spec;
  const { namespace, name } = profile;
  const metadata = { namespace, name: `${name}-tonight`, labels: { 'app.kubernetes.io/name': name } };
  await ground.client.create(resourceOf('Job'), { apiVersion: 'batch/v1', kind: 'Job', metadata, spec }, person);
  return nothing;
});

/** An operator drains a node for maintenance and lets it back. */
export const plannedDrain = control('control-node-drain', async (ground, of) => {
  const node = nodeOf(ground, of);
  await drain(ground, node);
  return () => edit(ground, nodeSubject(node), { spec: { unschedulable: false } });
});

export const humanRestart = control('control-restart', async (ground, of) => {
  const at = new Date(ground.clock.now() * 1000).toISOString();
  const annotations = { 'kubectl.kubernetes.io/restartedAt': at };
  await edit(ground, subjectOf(ground.world.shop.byRole(of)), { spec: { template: { metadata: { annotations } } } });
  return nothing;
});
