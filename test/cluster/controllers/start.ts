import { startAutoscaler } from './autoscaler.ts';
import { startBackups } from './backups.ts';
import { startCertificates, type IssuerProblem } from './certificates.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { startCronJobs } from './cronjob.ts';
import { startDaemonSets } from './daemonset.ts';
import { startDatabases } from './databases.ts';
import { startDeployments } from './deployment.ts';
import { startDisruptionBudgets } from './disruption.ts';
import { startEndpoints } from './endpoints.ts';
import { startJobs } from './job.ts';
import { startNodeLifecycle } from './node-lifecycle.ts';
import { startReplicaSets } from './replicaset.ts';
import { startScheduler } from './scheduler.ts';
import { startSnapshots } from './snapshots.ts';
import { startStatefulSets } from './statefulset.ts';
import { startVolumes, type StorageProblem } from './volumes.ts';

/** What the world outside the cluster does to the controllers that depend on it. */
export interface Surroundings {
  readonly storage?: StorageProblem;
  readonly issuer?: IssuerProblem;
}

type Start = (context: ControllerContext, around: Surroundings) => Controller;

const starters = {
  deployment: startDeployments,
  replicaset: startReplicaSets,
  statefulset: startStatefulSets,
  daemonset: startDaemonSets,
  job: startJobs,
  cronjob: startCronJobs,
  disruption: startDisruptionBudgets,
  autoscaler: startAutoscaler,
  'node-lifecycle': startNodeLifecycle,
  scheduler: startScheduler,
  endpoints: startEndpoints,
  volumes: (context, around) => startVolumes(context, around.storage),
  snapshots: (context, around) => startSnapshots(context, around.storage),
  certificates: (context, around) => startCertificates(context, around.issuer),
  databases: startDatabases,
  backups: startBackups,
} as const satisfies Readonly<Record<string, Start>>;

export type ControllerName = keyof typeof starters;

export const controllerNames = Object.keys(starters) as readonly ControllerName[];

/** Those that no kube-controller-manager or kube-scheduler brings: what is to be started beside a real control plane. */
export const besidesRealControlPlane: readonly ControllerName[] = [
  'volumes',
  'snapshots',
  'certificates',
  'databases',
  'backups',
];

/** Starts the named controllers (default all); a real control plane brings most of them itself. */
export const startControllers = (
  context: ControllerContext,
  names: readonly ControllerName[] = controllerNames,
  around: Surroundings = {},
): ReadonlyMap<ControllerName, Controller> => new Map(names.map((name) => [name, starters[name](context, around)]));
