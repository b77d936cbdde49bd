export { startCluster, type Cluster, type ClusterOptions } from './cluster.ts';
export { createSimClock, type SimClock } from './clock.ts';
export {
  steadyRuntime,
  type ContainerState,
  type KubeObject,
  type NodeHealth,
  type Runtime,
  type StartProblem,
} from './runtime.ts';
export { nodeSpecs, type NodeSpec } from './nodes/index.ts';
export * from './client/index.ts';
export type { ControllerName } from './controllers/index.ts';
export { startShopCluster, type ShopCluster, type ShopClusterOptions } from './shop-cluster.ts';
export { demoFaults, type DemoFault, type DemoTimes } from './faults/index.ts';
