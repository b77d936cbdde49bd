import { selfHealing, twoFaults } from './compound.ts';
import { apiLatency, etcdSlow, floodLabel, gitopsRevert, leaderFlapping, revertInGit } from './control-plane.ts';
import { autoscaling, goodRollout, humanRestart, nightlyBatch, plannedDrain, trafficPeak } from './controls.ts';
import { certificateExpiring, pullSecretExpired, renewedLogin, secretRotated } from './credentials.ts';
import { dnsFailure, primaryFailure, quorumLoss } from './data-stores.ts';
import { family, type FaultFamily } from './family.ts';
import type { FaultKind } from './fault.ts';
import { cronPileUp, debugLogs, denyingPolicy, noisyNeighbour } from './neighbours.ts';
import { badChange, deleteFirst, ofRole, restart, restartOf, rollback, scaleTo } from './plans.ts';
import { on } from './steps.ts';
/** Secrets, data stores, names. */
export const dataFamilies: readonly FaultFamily[] = [
  family({
    fault: pullSecretExpired,
    defaults: { role: 'shipping' },
    anomalies: ['workload-waiting', 'deployment-replica-gap'],
    cure: () => [{ action: 'patch_object', of: '@cause', body: renewedLogin }],
    harm: restart,
    alsoAcceptable: ({ role }) => [...on('@cause', 'rotate_secrets'), ...on(role, 'rollback_deployment')],
  }),
  family({
    fault: certificateExpiring,
    defaults: { role: 'payment' },
    anomalies: ['workload-errors'],
    cure: () => [{ action: 'rotate_secrets', of: '@cause' }],
    harm: restart,
    alsoAcceptable: () => [{ action: 'notify_only' }],
  }),
  family({
    fault: secretRotated,
    defaults: { role: 'catalog' },
    anomalies: ['workload-errors'],
    cure: restart,
    harm: scaleTo(3),
    alsoAcceptable: ofRole('restart_pod', 'delete_pod'),
  }),
  family({
    fault: quorumLoss,
    defaults: { role: 'orders-db' },
    anomalies: ['statefulset-replica-gap', 'workload-errors'],
    cure: ({ role }) => [{ action: 'delete_pod', of: role, which: 'Unready' }],
    harm: restartOf('checkout'),
    alsoAcceptable: ofRole('restart_pod', 'restart_statefulset'),
  }),
  family({
    fault: primaryFailure,
    defaults: { role: 'orders-db' },
    anomalies: ['workload-errors'],
    cure: deleteFirst,
    harm: ({ role }) => [{ action: 'delete_pod', of: role, which: 'Last' }],
    alsoAcceptable: () => on('@cause', 'delete_pod', 'restart_pod'),
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
    cure: () => [{ action: 'scale_deployment', of: '@cause', replicas: 0 }],
    // A pod that is put elsewhere is well again; more of them beside it are not.
    harm: ({ near }) => scaleTo(4)({ role: near }),
    alsoAcceptable: ({ near }) => [
      ...on('@cause', 'increase_resources', 'delete_pod', 'restart_pod'),
      ...on(near, 'restart_deployment', 'restart_pod'),
      { action: 'notify_only' },
    ],
  }),
  family({
    fault: cronPileUp,
    defaults: { role: 'report' },
    anomalies: ['workload-cpu'],
    cure: () => [{ action: 'patch_object', of: '@cause', body: { spec: { concurrencyPolicy: 'Replace' } } }],
    harm: deleteFirst,
    showsAfter: 600,
  }),
  badChange(debugLogs, 'recommendations', ['node-disk']),
  family({
    fault: denyingPolicy,
    defaults: { role: 'catalog-db' },
    anomalies: ['workload-errors'],
    cure: () => [{ action: 'delete_object', of: '@cause' }],
    harm: restartOf('catalog'),
  }),
  badChange(apiLatency, 'notifications', ['apiserver-latency']),
  family({
    fault: etcdSlow,
    defaults: { near: 'report' },
    anomalies: ['etcd-fsync', 'apiserver-latency'],
    cure: ({ near }) => [{ action: 'delete_labelled', kind: 'ConfigMap', near, label: floodLabel }],
    harm: restartOf('frontend'),
  }),
  family({
    fault: gitopsRevert,
    defaults: { role: 'cart' },
    anomalies: ['workload-oom', 'workload-restarts', 'workload-waiting'],
    cure: () => [{ action: 'patch_object', of: '@cause', kind: 'Application', body: revertInGit }],
    harm: rollback,
  }),
  badChange(leaderFlapping, 'fulfilment', ['workload-errors', 'workload-latency']),
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
