import { z } from 'zod';
import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { manifestsOf, quantity } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import { planeOf, type Ground } from './ground.ts';
import { holdLease } from './leases.ts';
import { befall, editContainer, every, imageOf, ofRole, person, podsOf, subjectOf } from './lookup.ts';
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

/** Marks what the runaway exporter left, as its own label would. */
export const floodLabel = 'app.kubernetes.io/managed-by=dump-exporter';
const [floodKey = '', floodValue = ''] = floodLabel.split('=');

/** A runaway exporter leaves thousands of objects (here dozens of large ones): every fsync of etcd takes longer. */
export const etcdSlow = defineFault({
  kind: 'etcd-slow',
  class: 'EtcdSlow',
  params: z.strictObject({ near: role, objects: z.number().int().positive().default(40) }),
  async inject(ground, { near, objects }) {
    const { client, cluster, world } = ground;
    const { namespace } = world.shop.byRole(near);
    const stored = (): number =>
      cluster.list('ConfigMap').filter((one) => one['metadata'].labels?.[floodKey] === floodValue).length;
    for (let index = 0; index < objects; index += 1)
      await client.create(resourceOf('ConfigMap'), dump(namespace, index), person);
    world.around.strains.add(() => {
      const weight = stored();
      return { fsyncDelay: weight * 0.01, apiDelay: weight * 0.004 };
    });
    const end = async (): Promise<void> => {
      for (let index = 0; index < objects; index += 1)
        await client.remove(resourceOf('ConfigMap'), { namespace, name: `dump-${index}` });
    };
    return { rootCause: { kind: 'Component', namespace: '', name: 'etcd' }, end };
  },
  recovery: () => [{ what: 'FsyncDelay', of: '', below: 0.02 }],
});

const dump = (namespace: string, index: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name: `dump-${index}`, labels: { [floodKey]: floodValue } },
  data: { dump: 'x'.repeat(2_000) },
});

/** Where an Argo CD application gets its manifests from: the branch as it is, and the commit before. */
const revisions = { head: 'main', before: 'main~1' } as const;

const application = (name: string, namespace: string): KubeObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { namespace, name },
  spec: {
    project: 'default',
    source: { repoURL: 'https://git.example/shop.git', path: name, targetRevision: revisions.head },
    destination: { server: 'https://kubernetes.default.svc', namespace },
    syncPolicy: { automated: { selfHeal: true } },
  },
});

/** `argocd app set --revision`: what a person does until the mistake is reverted on the branch. */
export const revertInGit = { spec: { source: { targetRevision: revisions.before } } };

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
    const resource = resourceOf('Application');
    await ground.client.create(resource, application(profile.name, profile.namespace), person);
    const agent = planeOf(ground).reconcileFromGit(profile.name, [bad]);
    let revision: string = revisions.head;
    const stop = every(ground, 15, async () => {
      const wanted = (await ground.client.get(resource, profile))?.['spec'].source.targetRevision as string | undefined;
      if (wanted === undefined || wanted === revision) return;
      revision = wanted;
      agent.commit([wanted === revisions.before ? good : bad]);
    });
    const end = async (): Promise<void> => {
      stop();
      agent.commit([good]);
    };
    return { rootCause: subjectOf(profile), end };
  },
  recovery: ({ role }) => [
    { what: 'ReadyShare', of: role, atLeast: 1 },
    { what: 'WaitingContainers', of: role, below: 1 },
    { what: 'SecondsSinceRestart', of: role, atLeast: 60 },
  ],
});

/** A new leader reads the whole queue before it works: for so many seconds much is dropped. */
const takeover = 20;

/** A release renews its lease too late: another pod takes it over every few seconds, and none gets to work. */
export const leaderFlapping = defineFault({
  kind: 'leader-flapping',
  class: 'LeaderFlapping',
  params: z.strictObject({ role, seconds: z.number().positive().max(takeover).default(15) }),
  async inject(ground, { role, seconds }) {
    const profile = ground.world.shop.byRole(role);
    const lease = { ...subjectOf(profile), kind: 'Lease' };
    const before = imageOf(ground, profile);
    const image = nextImage(ground, before);
    ground.world.around.registry.releases.set(image, {});
    const pods = (): readonly string[] => podsOf(ground, role).map((pod) => pod['metadata'].name as string);
    let [leader, terms, since] = ['', 0, -Infinity];
    /** A pod that lost the lease ends and begins anew: even when it is the only one its identity is another one then. */
    const lead = async (): Promise<void> => {
      const candidates = pods();
      const isLate = runsImage(ground, image) > 0;
      if (isLate || !candidates.includes(leader)) {
        leader = candidates.find((one) => one !== leader) ?? candidates[0] ?? '';
        terms += 1;
        if (terms > 1) since = ground.clock.now();
      }
      if (leader) await holdLease(ground, lease, `${leader}_${terms}`);
    };
    await lead();
    const stopLeading = every(ground, seconds, lead);
    const undo = befall(ground, {
      touches: ofRole(role),
      traits: (_pod, now) => (now - since < takeover ? { errorShare: 0.3, latencyFactor: 4 } : {}),
    });
    await editContainer(ground, profile, { image });
    const end = async (): Promise<void> => {
      if (imageOf(ground, profile) === image) await editContainer(ground, profile, { image: before });
      stopLeading();
      await undo();
    };
    return { rootCause: subjectOf(profile), end };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.05 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});
