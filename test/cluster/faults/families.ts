import { badConfig } from './bad-config.ts';
import { badImage } from './bad-image.ts';
import { badRelease } from './bad-release.ts';
import { cniFailure, nodeCutOff, nodeDiskFill, nodeMemory, nodeSilent, packetLoss } from './node-trouble.ts';
import { connectionLeak } from './connection-leak.ts';
import { failingLiveness, failingReadiness } from './failing-probe.ts';
import { family, type FaultFamily } from './family.ts';
import { hungryRelease, leakingRelease, slowRelease } from './faulty-release.ts';
import { hungPod } from './hung-pod.ts';
import { lowMemoryLimit } from './low-memory-limit.ts';
import { memoryLeak } from './memory-leak.ts';
import { slowDependency } from './slow-dependency.ts';
import type { Step } from './steps.ts';
import { trafficSpike } from './traffic-spike.ts';
import { volumeFill } from './volume-fill.ts';

type Of = { readonly role: string };
export const rollback = ({ role }: Of): Step[] => [{ action: 'rollback_deployment', of: role }];
export const restart = ({ role }: Of): Step[] => [{ action: 'restart_deployment', of: role }];
export const restartOf = (role: string) => (): Step[] => [{ action: 'restart_deployment', of: role }];
export const deletePod = ({ role }: Of): Step[] => [{ action: 'delete_pod', of: role, which: 'First' }];
export const person = (): Step[] => [{ action: 'call_a_person' }];

/** Workloads that do not behave: their code, their configuration, their limits. */
export const workloadFamilies: readonly FaultFamily[] = [
  family({
    fault: memoryLeak,
    defaults: { role: 'recommendations' },
    anomalies: ['workload-memory', 'workload-oom', 'workload-restarts'],
    cure: ({ role }) => [{ action: 'increase_resources', of: role, memoryFactor: 2 }],
    harm: ({ role }) => [{ action: 'scale_deployment', of: role, replicas: 4 }],
    showsAfter: 900,
  }),
  family({
    fault: leakingRelease,
    defaults: { role: 'accounts' },
    anomalies: ['workload-memory', 'workload-oom', 'workload-restarts'],
    cure: rollback,
    harm: restart,
    showsAfter: 300,
  }),
  family({
    fault: lowMemoryLimit,
    defaults: { role: 'cart' },
    anomalies: ['workload-oom', 'workload-restarts', 'workload-waiting', 'deployment-replica-gap'],
    cure: rollback,
    harm: restart,
    alsoAcceptable: ['increase_resources'],
  }),
  family({
    fault: trafficSpike,
    defaults: { role: 'search' },
    anomalies: ['workload-cpu', 'workload-throttling'],
    cure: ({ role }) => [{ action: 'scale_deployment', of: role, replicas: 6 }],
    harm: restart,
    alsoAcceptable: ['increase_resources'],
  }),
  family({
    fault: badRelease,
    defaults: { role: 'cart' },
    anomalies: ['workload-restarts', 'workload-waiting', 'deployment-replica-gap'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: slowRelease,
    defaults: { role: 'catalog' },
    anomalies: ['workload-latency', 'workload-errors'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: badImage,
    defaults: { role: 'accounts' },
    anomalies: ['workload-waiting', 'deployment-replica-gap'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: badConfig,
    defaults: { role: 'catalog' },
    anomalies: ['workload-restarts', 'workload-waiting', 'deployment-replica-gap'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: failingReadiness,
    defaults: { role: 'shipping' },
    anomalies: ['deployment-replica-gap'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: failingLiveness,
    defaults: { role: 'payment' },
    anomalies: ['workload-restarts', 'deployment-replica-gap'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: hungPod,
    defaults: { role: 'search' },
    anomalies: ['deployment-replica-gap', 'workload-throttling'],
    cure: ({ role }) => [{ action: 'delete_pod', of: role, which: 'Unready' }],
    harm: ({ role }) => [{ action: 'scale_deployment', of: role, replicas: 3 }],
    alsoAcceptable: ['restart_pod', 'restart_deployment'],
  }),
  family({
    fault: slowDependency,
    defaults: { role: 'catalog-db' },
    anomalies: ['workload-latency', 'workload-errors'],
    cure: ({ role }) => [{ action: 'delete_pod', of: role, which: 'All' }],
    harm: restartOf('catalog'),
    alsoAcceptable: ['restart_pod'],
  }),
  family({
    fault: connectionLeak,
    defaults: { role: 'catalog' },
    anomalies: ['workload-latency', 'workload-errors'],
    cure: restart,
    harm: restartOf('frontend'),
    showsAfter: 600,
  }),
  family({
    fault: hungryRelease,
    defaults: { role: 'frontend' },
    anomalies: ['workload-cpu', 'workload-throttling', 'hpa-headroom'],
    cure: rollback,
    harm: restart,
    showsAfter: 600,
  }),
  family({
    fault: volumeFill,
    defaults: { role: 'catalog-db' },
    anomalies: ['pvc-usage', 'workload-errors'],
    cure: ({ role }) => [{ action: 'expand_pvc', of: role, factor: 2 }],
    harm: ({ role }) => [{ action: 'delete_pod', of: role, which: 'All' }],
    showsAfter: 1080,
  }),
];

/** Nodes and their network. */
export const nodeFamilies: readonly FaultFamily[] = [
  family({
    fault: nodeDiskFill,
    defaults: { near: 'search' },
    anomalies: ['node-disk', 'node-pressure'],
    cure: person,
    harm: ({ near }) => [{ action: 'delete_pod', of: near, which: 'First' }],
    alsoAcceptable: ['cordon_node'],
    showsAfter: 600,
  }),
  family({
    fault: nodeMemory,
    defaults: { near: 'search' },
    anomalies: ['node-memory', 'node-pressure'],
    cure: person,
    harm: ({ near }) => restart({ role: near }),
    alsoAcceptable: ['cordon_node'],
  }),
  family({
    fault: nodeSilent,
    defaults: { near: 'catalog-db' },
    anomalies: ['node-pressure', 'statefulset-replica-gap'],
    cure: ({ near }) => [{ action: 'delete_pod', of: near, which: 'All', force: true }],
    harm: restartOf('catalog'),
  }),
  family({
    fault: nodeCutOff,
    defaults: { near: 'cart-cache' },
    anomalies: ['node-pressure', 'workload-errors'],
    cure: ({ near }) => [{ action: 'delete_pod', of: near, which: 'All', force: true }],
    harm: restartOf('cart'),
  }),
  family({
    fault: packetLoss,
    defaults: { near: 'catalog' },
    anomalies: ['node-network-errors'],
    cure: () => [{ action: 'drain_node', of: '@cause' }],
    harm: restartOf('frontend'),
    alsoAcceptable: ['cordon_node'],
  }),
  family({
    fault: cniFailure,
    defaults: { near: 'node-exporter' },
    anomalies: ['daemonset-replica-gap', 'node-pressure'],
    cure: () => [{ action: 'restart_daemonset', of: 'cni-agent' }],
    harm: ({ near }) => [{ action: 'delete_pod', of: near, which: 'First' }],
  }),
];
