import { selfHealing, twoFaults } from './compound.ts';
import { apiLatency, etcdSlow, gitopsRevert, leaderFlapping } from './control-plane.ts';
import { autoscaling, goodRollout, humanRestart, nightlyBatch, plannedDrain, trafficPeak } from './controls.ts';
import { certificateExpiring, pullSecretExpired, secretRotated } from './credentials.ts';
import { dnsFailure, primaryFailure, quorumLoss } from './data-stores.ts';
import { deletePod, person, restart, restartOf, rollback } from './families.ts';
import { family, type FaultFamily } from './family.ts';
import type { FaultKind } from './fault.ts';
import { cronPileUp, debugLogs, denyingPolicy, noisyNeighbour } from './neighbours.ts';
import { fixedAutoscaler, lowCpuLimit, poolTooBig, queueBacklog, scaledDown } from './scaling.ts';
import {
  blockingBudget,
  forgottenCordon,
  hugeRequest,
  impossibleAffinity,
  quotaTooSmall,
  schedulerStuck,
  stuckTerminating,
  taintedNodes,
} from './scheduling.ts';

/** Too much, too little, and the wrong size. */
export const scalingFamilies: readonly FaultFamily[] = [
  family({
    fault: scaledDown,
    defaults: { role: 'search' },
    anomalies: ['workload-errors'],
    cure: ({ role, wanted }) => [{ action: 'scale_deployment', of: role, replicas: wanted }],
    harm: restart,
  }),
  family({
    fault: lowCpuLimit,
    defaults: { role: 'search' },
    anomalies: ['workload-throttling', 'workload-latency'],
    cure: ({ role }) => [{ action: 'increase_resources', of: role, cpuFactor: 4 }],
    harm: restart,
    alsoAcceptable: ['rollback_deployment'],
  }),
  family({
    fault: fixedAutoscaler,
    defaults: { role: 'frontend' },
    anomalies: ['workload-throttling', 'hpa-headroom'],
    cure: ({ role }) => [{ action: 'update_hpa', of: role, max: 9 }],
    harm: ({ role }) => [{ action: 'scale_deployment', of: role, replicas: 8 }],
    alsoAcceptable: ['increase_resources'],
  }),
  family({
    fault: poolTooBig,
    defaults: { role: 'catalog' },
    anomalies: ['workload-errors'],
    cure: rollback,
    harm: ({ role }) => [{ action: 'scale_deployment', of: role, replicas: 5 }],
  }),
  family({
    fault: queueBacklog,
    defaults: { role: 'fulfilment' },
    anomalies: ['workload-cpu'],
    cure: ({ role }) => [{ action: 'scale_deployment', of: role, replicas: 8 }],
    harm: restart,
    curedWithin: 1200,
  }),
];

/** Pods without a place, and pods that do not leave theirs. */
export const schedulingFamilies: readonly FaultFamily[] = [
  family({
    fault: quotaTooSmall,
    defaults: { role: 'search' },
    anomalies: ['deployment-replica-gap'],
    cure: person,
    harm: deletePod,
  }),
  family({
    fault: taintedNodes,
    defaults: { role: 'search' },
    anomalies: ['deployment-replica-gap', 'scheduler-pending'],
    cure: person,
    harm: deletePod,
  }),
  family({
    fault: forgottenCordon,
    defaults: { role: 'search' },
    anomalies: ['deployment-replica-gap', 'scheduler-pending'],
    cure: () => [{ action: 'uncordon_node', of: '@cause' }],
    harm: deletePod,
  }),
  family({
    fault: impossibleAffinity,
    defaults: { role: 'accounts' },
    anomalies: ['deployment-replica-gap', 'scheduler-pending'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: hugeRequest,
    defaults: { role: 'cart' },
    anomalies: ['deployment-replica-gap', 'scheduler-pending'],
    cure: rollback,
    harm: restart,
  }),
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
    harm: () => [{ action: 'restart_deployment', of: 'search' }],
    alsoAcceptable: ['restart_deployment', 'notify_only'],
  }),
  family({
    fault: schedulerStuck,
    defaults: { role: 'search' },
    anomalies: ['deployment-replica-gap', 'scheduler-pending'],
    cure: person,
    harm: deletePod,
  }),
];

/** Secrets, data stores, names. */
export const dataFamilies: readonly FaultFamily[] = [
  family({
    fault: pullSecretExpired,
    defaults: { role: 'shipping' },
    anomalies: ['workload-waiting', 'deployment-replica-gap'],
    cure: () => [{ action: 'rotate_secrets', of: '@cause' }],
    harm: restart,
    alsoAcceptable: ['rollback_deployment', 'notify_only'],
  }),
  family({
    fault: certificateExpiring,
    defaults: { role: 'payment' },
    anomalies: ['workload-errors'],
    cure: () => [{ action: 'rotate_secrets', of: '@cause' }],
    harm: restart,
    alsoAcceptable: ['notify_only'],
  }),
  family({
    fault: secretRotated,
    defaults: { role: 'catalog' },
    anomalies: ['workload-errors'],
    cure: restart,
    harm: ({ role }) => [{ action: 'scale_deployment', of: role, replicas: 3 }],
  }),
  family({
    fault: quorumLoss,
    defaults: { role: 'orders-db' },
    anomalies: ['statefulset-replica-gap', 'workload-errors'],
    cure: ({ role }) => [{ action: 'delete_pod', of: role, which: 'Unready' }],
    harm: restartOf('checkout'),
    alsoAcceptable: ['restart_pod'],
  }),
  family({
    fault: primaryFailure,
    defaults: { role: 'orders-db' },
    anomalies: ['workload-errors'],
    cure: ({ role }) => [{ action: 'delete_pod', of: role, which: 'First' }],
    harm: ({ role }) => [{ action: 'delete_pod', of: role, which: 'Last' }],
    alsoAcceptable: ['restart_pod'],
  }),
  family({
    fault: dnsFailure,
    defaults: {},
    anomalies: ['workload-errors', 'workload-latency'],
    cure: restartOf('coredns'),
    harm: restartOf('frontend'),
  }),
];

/** What others do to a workload: neighbours, jobs, policies, the control plane. */
export const surroundingFamilies: readonly FaultFamily[] = [
  family({
    fault: noisyNeighbour,
    defaults: { near: 'catalog' },
    anomalies: ['node-cpu'],
    cure: person,
    // A pod that is put elsewhere is well again; more of them beside it are not.
    harm: ({ near }) => [{ action: 'scale_deployment', of: near, replicas: 4 }],
    alsoAcceptable: ['cordon_node', 'restart_deployment', 'restart_pod'],
  }),
  family({
    fault: cronPileUp,
    defaults: { role: 'report' },
    anomalies: ['workload-cpu'],
    cure: ({ role }) => [{ action: 'call_a_person' }, { action: 'delete_pod', of: role, which: 'All' }],
    harm: ({ role }) => [{ action: 'delete_pod', of: role, which: 'First' }],
    showsAfter: 600,
  }),
  family({
    fault: debugLogs,
    defaults: { role: 'recommendations' },
    anomalies: ['node-disk'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: denyingPolicy,
    defaults: { role: 'catalog-db' },
    anomalies: ['workload-errors'],
    cure: person,
    harm: restartOf('catalog'),
  }),
  family({
    fault: apiLatency,
    defaults: { role: 'notifications' },
    anomalies: ['apiserver-latency'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: etcdSlow,
    defaults: { near: 'report' },
    anomalies: ['etcd-fsync', 'apiserver-latency'],
    cure: person,
    harm: restartOf('frontend'),
  }),
  family({
    fault: gitopsRevert,
    defaults: { role: 'cart' },
    anomalies: ['workload-oom', 'workload-restarts', 'workload-waiting'],
    cure: person,
    harm: rollback,
  }),
  family({
    fault: leaderFlapping,
    defaults: { role: 'fulfilment' },
    anomalies: ['workload-errors', 'workload-latency'],
    cure: rollback,
    harm: restart,
  }),
  family({
    fault: twoFaults,
    defaults: { role: 'accounts', other: 'search' },
    anomalies: ['workload-waiting', 'workload-throttling'],
    cure: ({ role, other }) => [
      { action: 'rollback_deployment', of: role },
      { action: 'scale_deployment', of: other, replicas: 6 },
    ],
    harm: ({ other }) => restart({ role: other }),
  }),
  family({
    fault: selfHealing,
    defaults: { role: 'shipping' },
    anomalies: ['workload-latency'],
    cure: () => [],
    harm: restart,
    healsItself: true,
  }),
];

const leftAlone = (fault: FaultKind<{ role: string }>, role: string): FaultFamily =>
  family({ fault, defaults: { role }, anomalies: [], cure: () => [], harm: () => [] });

/** Nothing is wrong. */
export const controls: readonly FaultFamily[] = [
  leftAlone(goodRollout, 'search'),
  leftAlone(autoscaling, 'frontend'),
  leftAlone(nightlyBatch, 'nightly-export'),
  leftAlone(plannedDrain, 'search'),
  leftAlone(trafficPeak, 'search'),
  leftAlone(humanRestart, 'cart'),
];
