import type { KubeObject } from '../runtime.ts';
import { lowOnDisk, lowOnMemory } from '../workloads/hosts.ts';
import type { Life, Profile } from '../workloads/index.ts';
import type { Ground } from './ground.ts';
import { workloadOf, podsOf, restartsOf } from './lookup.ts';

type Measuring = (ground: Ground, of: string) => number;

const livesOf = ({ world }: Ground, role: string): readonly Life[] =>
  [...world.lives.values()].filter((life) => life.view.profile?.role === role && !life.ended);
const worst = (lives: readonly Life[], of: (life: Life) => number): number => Math.max(0, ...lives.map(of));
const mean = (lives: readonly Life[], of: (life: Life) => number): number =>
  lives.length === 0 ? 0 : lives.reduce((sum, life) => sum + of(life), 0) / lives.length;

/** Share of the replicas asked for that are of the newest template and ready. */
function readyShare(ground: Ground, role: string): number {
  const profile = ground.world.shop.byRole(role);
  const status: KubeObject = workloadOf(ground, profile)?.['status'] ?? {};
  const spec: KubeObject = workloadOf(ground, profile)?.['spec'] ?? {};
  if (profile.kind === 'DaemonSet')
    return (status['numberReady'] ?? 0) / Math.max(1, status['desiredNumberScheduled'] ?? 1);
  const wanted = spec['replicas'] ?? 1;
  const ready = Math.min(status['readyReplicas'] ?? 0, status['updatedReplicas'] ?? 0);
  return wanted === 0 ? 0 : ready / wanted;
}

const waitingOf = (pods: readonly KubeObject[]): number =>
  pods.flatMap((pod) => (pod['status']?.containerStatuses ?? []) as KubeObject[]).filter((one) => one['state']?.waiting)
    .length;

/** Seconds since a container of the workload was last started again; a long time when none was. */
function secondsSinceRestart(ground: Ground, role: string): number {
  const starts = [...ground.world.lives.values()]
    .filter((life) => life.view.profile?.role === role && life.attempt > 0)
    .map((life) => ground.clock.now() - life.startedAt);
  return Math.min(1e6, ...starts);
}

const nodeOf = ({ cluster }: Ground, name: string): KubeObject | undefined =>
  cluster.list('Node').find((one) => one['metadata'].name === name);
const conditionOf = (node: KubeObject | undefined, type: string): string =>
  ((node?.['status']?.conditions ?? []) as KubeObject[]).find((one) => one['type'] === type)?.['status'] ?? '';

function volumeShare(ground: Ground, role: string): number {
  const profile: Profile = ground.world.shop.byRole(role);
  const disks = [...ground.world.disks.all.values()].filter((disk) => disk.profile === profile);
  return Math.max(0, ...disks.map((disk) => disk.used / disk.capacity));
}

/** Every number that recovery can be stated in. Each is read from live objects or from the model, never from KubeWise. */
export const measures = {
  /** Share of the wanted replicas that are ready and of the newest template. */
  ReadyShare: readyShare,
  /** Containers that wait (crash back-off, image pull, configuration). */
  WaitingContainers: (ground, role) => waitingOf(podsOf(ground, role)),
  PendingPods: (ground, role) => podsOf(ground, role).filter((pod) => !pod['spec'].nodeName).length,
  TerminatingPods: (ground, role) => podsOf(ground, role).filter((pod) => pod['metadata'].deletionTimestamp).length,
  SecondsSinceRestart: secondsSinceRestart,
  Restarts: (ground, role) => podsOf(ground, role).reduce((sum, pod) => sum + restartsOf(pod), 0),
  ErrorShare: ({ world }, role) => world.services().get(role)?.errors ?? 1,
  /** Median seconds of a request. */
  Latency: ({ world }, role) => world.services().get(role)?.latency ?? Infinity,
  /** Share of CFS periods throttled, mean over its pods. */
  Throttling: (ground, role) =>
    mean(livesOf(ground, role), (life) => life.signals.throttled / Math.max(1, life.signals.periods)),
  /** Share of its memory limit that the fullest pod uses. */
  MemoryShare: (ground, role) => worst(livesOf(ground, role), (life) => life.signals.memory / life.view.memoryLimit),
  /** Share of the CPU that its pods want and do not get from their nodes. */
  CpuStarved: (ground, role) => mean(livesOf(ground, role), (life) => 1 - life.nodeShare),
  QueueLength: ({ world }, role) => world.queues.waiting.get(role) ?? 0,
  VolumeShare: volumeShare,
  NodeReady: (ground, node) => Number(conditionOf(nodeOf(ground, node), 'Ready') === 'True'),
  NodePressure: ({ world }, node) => {
    const host = world.hosts.get(node);
    return host ? Number(lowOnDisk(host) || lowOnMemory(host)) : 0;
  },
  ActiveJobs: ({ cluster, world }, role) => {
    const profile = world.shop.byRole(role);
    return cluster
      .list('Job')
      .filter(
        (job) =>
          job['metadata'].namespace === profile.namespace && String(job['metadata'].name).startsWith(profile.name),
      )
      .filter((job) => (job['status']?.active ?? 0) > 0).length;
  },
} satisfies Record<string, Measuring>;

export type Measure = keyof typeof measures;

export const measured = (ground: Ground, measure: Measure, of: string): number => measures[measure](ground, of);
