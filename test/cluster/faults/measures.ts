import type { KubeObject } from '../runtime.ts';
import { validUntil } from '../workloads/certificates.ts';
import { poolOf } from '../workloads/configuration.ts';
import { strainOf } from '../workloads/circumstances.ts';
import { lowOnDisk, lowOnMemory } from '../workloads/hosts.ts';
import type { Life, Profile } from '../workloads/index.ts';
import type { Ground } from './ground.ts';
import { workloadOf, podsOf, restartsOf } from './lookup.ts';

export type Measure =
  | 'ReadyShare'
  | 'WaitingContainers'
  | 'PendingPods'
  | 'TerminatingPods'
  | 'SecondsSinceRestart'
  | 'Restarts'
  | 'ErrorShare'
  | 'Latency'
  | 'Throttling'
  | 'MemoryShare'
  | 'CpuStarved'
  | 'QueueLength'
  | 'VolumeShare'
  | 'NodeReady'
  | 'NodePressure'
  | 'ReadyReplicas'
  | 'CordonedPods'
  | 'CordonedNodes'
  | 'Crowding'
  | 'LogRate'
  | 'MovablePods'
  | 'PressuredPods'
  | 'FreeConnections'
  | 'ApiDelay'
  | 'FsyncDelay'
  | 'CertificateSeconds'
  | 'Always'
  | 'ActiveJobs';

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

const isMovable = (pod: KubeObject): boolean =>
  ((pod['metadata'].ownerReferences ?? []) as KubeObject[]).every((one) => one['kind'] !== 'DaemonSet') &&
  !['Succeeded', 'Failed'].includes(pod['status']?.phase);

/** Every number that recovery can be stated in. Each is read from live objects or from the model, never from KubeWise. */
export const measures: Readonly<Record<Measure, Measuring>> = {
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
  ReadyReplicas: (ground, role) => workloadOf(ground, ground.world.shop.byRole(role))?.['status']?.readyReplicas ?? 0,
  /** Pods on cordoned nodes that a drain would have moved. */
  CordonedPods: ({ cluster }) => {
    const cordoned = new Set(
      cluster
        .list('Node')
        .filter((node) => node['spec']?.unschedulable)
        .map((node) => node['metadata'].name),
    );
    return cluster.list('Pod').filter((pod) => cordoned.has(pod['spec'].nodeName) && isMovable(pod)).length;
  },
  CordonedNodes: ({ cluster }) => cluster.list('Node').filter((node) => node['spec']?.unschedulable).length,
  /** How much more CPU is asked of its nodes than they have, as a share, where it is worst. */
  Crowding: (ground, role) => worst(livesOf(ground, role), (life) => life.crowding),
  /** Bytes of log per second, of its pods together. */
  LogRate: (ground, role) => livesOf(ground, role).reduce((sum, life) => sum + life.signals.logBytes, 0),
  /** Pods of people on a node: none on one that is to be left alone. */
  MovablePods: ({ cluster }, node) =>
    cluster.list('Pod').filter((pod) => pod['spec'].nodeName === node && isMovable(pod)).length,
  /** The same, counted only while the node is under pressure. */
  PressuredPods: (ground, node) => (measures.NodePressure(ground, node) === 0 ? 0 : measures.MovablePods(ground, node)),
  /** Connections that the emptiest pod of the role has left in its pool. */
  FreeConnections: (ground, role) =>
    Math.min(1e6, ...livesOf(ground, role).map((life) => poolOf(life.view) - life.connections)),
  /** Seconds that the API server answers later than it should, and etcd's fsync. */
  ApiDelay: ({ world }) => strainOf(world.around).apiDelay,
  FsyncDelay: ({ world }) => strainOf(world.around).fsyncDelay,
  /** Seconds for which the certificate that the role serves is still valid. */
  CertificateSeconds: ({ cluster, clock, world }, role) => {
    const { certificate, namespace } = world.shop.byRole(role);
    const secret = cluster
      .list('Secret')
      .find((one) => one['metadata'].name === certificate && one['metadata'].namespace === namespace);
    return validUntil(secret) - clock.now();
  },
  /** Nothing to wait for: what a control says. */
  Always: () => 1,
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
};

export const measured = (ground: Ground, measure: Measure, of: string): number => measures[measure](ground, of);
