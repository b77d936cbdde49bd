import { z } from 'zod';
import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { manifestsOf, quantity } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import { planeOf, type Ground } from './ground.ts';
import { editContainer, every, imageOf, person, subjectOf } from './lookup.ts';
import { nextImage } from './releases.ts';

const runsImage = ({ world }: Ground, image: string): number =>
  [...world.lives.values()].filter((life) => life.view.image === image && !life.ended).length;

/** A release that lists every pod in a loop: the API server answers everybody late while it runs. */
export const apiLatency = defineFault({
  kind: 'api-latency',
  class: 'ApiServerSlow',
  params: z.strictObject({ role, perPod: z.number().positive().default(0.4) }),
  async inject(ground, { role, perPod }) {
    const profile = ground.world.shop.byRole(role);
    const before = imageOf(ground, profile);
    const image = nextImage(ground, before);
    ground.world.around.registry.releases.set(image, { cpuExtra: 0.05 });
    ground.world.around.strains.add(() => ({ apiDelay: runsImage(ground, image) * perPod }));
    await editContainer(ground, profile, { image });
    return { rootCause: subjectOf(profile), end: () => editContainer(ground, profile, { image: before }) };
  },
  recovery: ({ role }) => [
    { what: 'ApiDelay', of: '', below: 0.05 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

const floodLabel = 'example.com/flood';

/** A runaway exporter leaves thousands of objects (here dozens of large ones): every fsync of etcd takes longer. */
export const etcdSlow = defineFault({
  kind: 'etcd-slow',
  class: 'EtcdSlow',
  params: z.strictObject({ near: role, objects: z.number().int().positive().default(40) }),
  async inject(ground, { near, objects }) {
    const { namespace } = ground.world.shop.byRole(near);
    let stored = 0;
    for (; stored < objects; stored += 1)
      await ground.client.create(resourceOf('ConfigMap'), dump(namespace, stored), person);
    ground.world.around.strains.add(() => ({ fsyncDelay: stored * 0.01, apiDelay: stored * 0.004 }));
    const end = async (): Promise<void> => {
      for (; stored > 0; stored -= 1)
        await ground.client.remove(resourceOf('ConfigMap'), { namespace, name: `dump-${stored - 1}` });
    };
    return { rootCause: { kind: 'Component', namespace: 'kube-system', name: 'etcd' }, end };
  },
  recovery: () => [{ what: 'FsyncDelay', of: '', below: 0.02 }],
});

const dump = (namespace: string, index: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name: `dump-${index}`, labels: { [floodLabel]: 'true' } },
  data: { dump: 'x'.repeat(2_000) },
});

/** The mistake is in Git: whoever repairs the live object is put back by the GitOps agent. */
export const gitopsRevert = defineFault({
  kind: 'gitops-revert',
  class: 'BadRollout',
  params: z.strictObject({ role, share: z.number().positive().default(0.35) }),
  async inject(ground, { role, share }) {
    const profile = ground.world.shop.byRole(role);
    const good = manifestsOf(ground.world.shop).find(
      (one) => one['kind'] === profile.kind && one['metadata'].name === profile.name,
    ) as KubeObject;
    const bad = structuredClone(good);
    const memory = `${Math.floor((quantity(profile.limits.memory) * share) / 2 ** 20)}Mi`;
    Object.assign(bad['spec'].template.spec.containers[0].resources, {
      requests: { ...profile.requests, memory },
      limits: { ...profile.limits, memory },
    });
    const agent = planeOf(ground).reconcileFromGit(profile.name, [bad]);
    return { rootCause: subjectOf(profile), end: async () => agent.commit([good]) };
  },
  recovery: ({ role }) => [
    { what: 'ReadyShare', of: role, atLeast: 1 },
    { what: 'WaitingContainers', of: role, below: 1 },
    { what: 'SecondsSinceRestart', of: role, atLeast: 60 },
  ],
});

/** A release renews its lease later than the lease lasts: the leader changes every few seconds, work is dropped. */
export const leaderFlapping = defineFault({
  kind: 'leader-flapping',
  class: 'LeaderFlapping',
  params: z.strictObject({ role, seconds: z.number().positive().default(15) }),
  async inject(ground, { role, seconds }) {
    const profile = ground.world.shop.byRole(role);
    const before = imageOf(ground, profile);
    const image = nextImage(ground, before);
    ground.world.around.registry.releases.set(image, { latencyFactor: 4, errorShare: 0.3 });
    await ground.client.create(resourceOf('Lease'), lease(profile.namespace, profile.name), person);
    let transitions = 0;
    const stop = every(ground, seconds, async () => {
      if (runsImage(ground, image) === 0) return;
      transitions += 1;
      const spec = { holderIdentity: `${profile.name}-${transitions % 2}`, leaseTransitions: transitions };
      await ground.client.patch(resourceOf('Lease'), profile, 'merge-patch', { spec });
    });
    await editContainer(ground, profile, { image });
    const end = async (): Promise<void> => {
      stop();
      if (imageOf(ground, profile) === image) await editContainer(ground, profile, { image: before });
    };
    return { rootCause: subjectOf(profile), end };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.05 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

const lease = (namespace: string, name: string): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { namespace, name },
  spec: { holderIdentity: `${name}-0`, leaseDurationSeconds: 5, leaseTransitions: 0 },
});
