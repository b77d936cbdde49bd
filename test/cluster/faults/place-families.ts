import { family, type FaultFamily } from './family.ts';
import {
  cniFailure,
  nodeCutOff,
  nodeDiskFill,
  nodeMemory,
  nodeSilent,
  packetLoss,
  stopCoreDumps,
  stopHoarder,
} from './node-trouble.ts';
import { badChange, deleteFirst, restart, restartOf } from './plans.ts';
import {
  blockingBudget,
  forgottenCordon,
  hugeRequest,
  impossibleAffinity,
  quotaTooSmall,
  schedulerLease,
  schedulerStuck,
  stuckTerminating,
  taintedNodes,
} from './scheduling.ts';
import { on } from './steps.ts';

const unplaced = ['deployment-replica-gap', 'scheduler-pending'];
/** Not enough by itself, but right: no more pods go there. */
const keptFree = () => on('@cause', 'cordon_node');

/** Nodes and their network. */
export const nodeFamilies: readonly FaultFamily[] = [
  family({
    fault: nodeDiskFill,
    defaults: { near: 'search' },
    anomalies: ['node-disk', 'node-pressure'],
    cure: () => [{ action: 'debug_node', of: '@cause', script: stopCoreDumps }],
    harm: ({ near }) => deleteFirst({ role: near }),
    alsoAcceptable: keptFree,
    impact: () => [{ what: 'NodePressure', of: '@cause', below: 1 }],
    showsAfter: 600,
  }),
  family({
    fault: nodeMemory,
    defaults: { near: 'search' },
    anomalies: ['node-memory', 'node-pressure'],
    cure: () => [{ action: 'debug_node', of: '@cause', script: stopHoarder }],
    harm: ({ near }) => restart({ role: near }),
    alsoAcceptable: keptFree,
  }),
  family({
    fault: nodeSilent,
    defaults: { near: 'catalog-db' },
    anomalies: ['node-pressure', 'statefulset-replica-gap'],
    cure: ({ near }) => [{ action: 'delete_pod', of: near, which: 'All', force: true }],
    harm: restartOf('catalog'),
    alsoAcceptable: keptFree,
  }),
  family({
    fault: nodeCutOff,
    defaults: { near: 'cart-cache' },
    anomalies: ['node-pressure', 'workload-errors'],
    cure: ({ near }) => [{ action: 'delete_pod', of: near, which: 'All', force: true }],
    harm: restartOf('cart'),
    alsoAcceptable: keptFree,
  }),
  family({
    fault: packetLoss,
    defaults: { near: 'catalog' },
    anomalies: ['node-network-errors'],
    cure: () => [{ action: 'drain_node', of: '@cause' }],
    harm: restartOf('frontend'),
    alsoAcceptable: keptFree,
  }),
  family({
    fault: cniFailure,
    defaults: { near: 'node-exporter' },
    anomalies: ['daemonset-replica-gap', 'node-pressure'],
    cure: () => [{ action: 'restart_daemonset', of: 'cni-agent' }],
    harm: ({ near }) => deleteFirst({ role: near }),
    alsoAcceptable: () => [...on('cni-agent', 'restart_pod', 'delete_pod'), ...on('@cause', 'cordon_node')],
  }),
];

/** Pods without a place, and pods that do not leave theirs. */
export const schedulingFamilies: readonly FaultFamily[] = [
  family({
    fault: quotaTooSmall,
    defaults: { role: 'search' },
    anomalies: ['deployment-replica-gap'],
    cure: () => [{ action: 'patch_object', of: '@cause', body: { spec: { hard: { pods: '200' } } } }],
    harm: deleteFirst,
  }),
  family({
    fault: taintedNodes,
    defaults: { role: 'search' },
    anomalies: unplaced,
    cure: () => [{ action: 'patch_object', of: '@cause', body: { spec: { taints: null } } }],
    harm: deleteFirst,
  }),
  family({
    fault: forgottenCordon,
    defaults: { role: 'search' },
    anomalies: unplaced,
    cure: () => [{ action: 'uncordon_node', of: '@cause' }],
    harm: deleteFirst,
  }),
  badChange(impossibleAffinity, 'accounts', unplaced),
  badChange(hugeRequest, 'cart', unplaced),
  family({
    fault: stuckTerminating,
    defaults: { role: 'cart-cache' },
    anomalies: ['statefulset-replica-gap', 'workload-errors'],
    cure: ({ role }) => [{ action: 'delete_pod', of: role, which: 'Unready', force: true }],
    harm: restartOf('cart'),
  }),
  family({
    fault: blockingBudget,
    defaults: { role: 'catalog' },
    anomalies: [],
    cure: ({ role }) => [{ action: 'scale_deployment', of: role, replicas: 3 }],
    harm: restartOf('search'),
    alsoAcceptable: ({ role }) => [...on(role, 'restart_deployment'), { action: 'notify_only' }],
  }),
  family({
    fault: schedulerStuck,
    defaults: { role: 'search' },
    anomalies: unplaced,
    cure: () => [{ action: 'delete_object', of: schedulerLease }],
    harm: deleteFirst,
  }),
];
