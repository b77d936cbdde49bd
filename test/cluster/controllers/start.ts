import type { Controller, ControllerContext } from './controller.ts';
import { startDeployments } from './deployment.ts';
import { startEndpoints } from './endpoints.ts';
import { startReplicaSets } from './replicaset.ts';
import { startScheduler } from './scheduler.ts';

const starters = {
  deployment: startDeployments,
  replicaset: startReplicaSets,
  scheduler: startScheduler,
  endpoints: startEndpoints,
} as const;

export type ControllerName = keyof typeof starters;

export const controllerNames = Object.keys(starters) as readonly ControllerName[];

/** Starts the named controllers (default all); a real control plane brings most of them itself. */
export const startControllers = (
  context: ControllerContext,
  names: readonly ControllerName[] = controllerNames,
): ReadonlyMap<ControllerName, Controller> => new Map(names.map((name) => [name, starters[name](context)]));
