import { badConfig } from './bad-config.ts';
import { badImage } from './bad-image.ts';
import { badRelease } from './bad-release.ts';
import { connectionLeak } from './connection-leak.ts';
import { failingLiveness, failingReadiness } from './failing-probe.ts';
import { family, type FaultFamily } from './family.ts';
import { hungryRelease, leakingRelease, slowRelease } from './faulty-release.ts';
import { hungPod } from './hung-pod.ts';
import { lowMemoryLimit } from './low-memory-limit.ts';
import { memoryLeak } from './memory-leak.ts';
import type { Recovery } from './recovery.ts';
import { badChange, deleteAll, ofRole, restart, restartOf, rollback, scaleTo } from './plans.ts';
import { fixedAutoscaler, lowCpuLimit, poolTooBig, queueBacklog, scaledDown } from './scaling.ts';
import { slowDependency } from './slow-dependency.ts';
import { trafficSpike } from './traffic-spike.ts';
import { volumeFill } from './volume-fill.ts';

const dying = ['workload-restarts', 'workload-waiting', 'deployment-replica-gap'];
const killed = ({ role }: { readonly role: Recovery['of'] }): Recovery[] => [
  { what: 'SecondsSinceRestart', of: role, atLeast: 60 },
];
const refusing = ({ role }: { readonly role: Recovery['of'] }): Recovery[] => [
  { what: 'ErrorShare', of: role, below: 0.05 },
];

/** Workloads that do not behave: their code, their configuration, their limits. */
export const workloadFamilies: readonly FaultFamily[] = [
  family({
    fault: memoryLeak,
    defaults: { role: 'recommendations' },
    anomalies: ['workload-memory', 'workload-oom', 'workload-restarts'],
    cure: ({ role }) => [{ action: 'increase_resources', of: role, memoryFactor: 2 }],
    harm: scaleTo(4),
    impact: killed,
    showsAfter: 900,
  }),
  badChange(leakingRelease, 'accounts', ['workload-memory', 'workload-oom', 'workload-restarts'], { impact: killed }),
  badChange(lowMemoryLimit, 'cart', ['workload-oom', ...dying], { alsoAcceptable: ofRole('increase_resources') }),
  family({
    fault: trafficSpike,
    defaults: { role: 'search' },
    anomalies: ['workload-cpu', 'workload-throttling'],
    cure: scaleTo(6),
    harm: restart,
    alsoAcceptable: ofRole('increase_resources'),
  }),
  badChange(badRelease, 'cart', dying),
  badChange(slowRelease, 'catalog', ['workload-latency', 'workload-errors']),
  badChange(badImage, 'accounts', ['workload-waiting', 'deployment-replica-gap']),
  badChange(badConfig, 'catalog', dying),
  badChange(failingReadiness, 'shipping', ['deployment-replica-gap']),
  badChange(failingLiveness, 'payment', ['workload-restarts', 'deployment-replica-gap']),
  family({
    fault: hungPod,
    defaults: { role: 'search' },
    anomalies: ['deployment-replica-gap', 'workload-throttling'],
    cure: ({ role }) => [{ action: 'delete_pod', of: role, which: 'Unready' }],
    harm: scaleTo(3),
    alsoAcceptable: ofRole('restart_pod', 'restart_deployment'),
  }),
  family({
    fault: slowDependency,
    defaults: { role: 'catalog-db' },
    anomalies: ['workload-latency', 'workload-errors'],
    cure: deleteAll,
    harm: restartOf('catalog'),
    alsoAcceptable: ofRole('restart_pod', 'restart_statefulset'),
  }),
  family({
    fault: connectionLeak,
    defaults: { role: 'catalog' },
    anomalies: ['workload-latency', 'workload-errors'],
    cure: restart,
    harm: restartOf('frontend'),
    alsoAcceptable: ofRole('restart_pod', 'delete_pod'),
    impact: refusing,
    showsAfter: 600,
  }),
  badChange(hungryRelease, 'frontend', ['workload-cpu', 'workload-throttling', 'hpa-headroom'], { showsAfter: 600 }),
  family({
    fault: volumeFill,
    defaults: { role: 'catalog-db' },
    anomalies: ['pvc-usage', 'workload-errors'],
    cure: ({ role }) => [{ action: 'expand_pvc', of: role, factor: 2 }],
    harm: deleteAll,
    impact: refusing,
    showsAfter: 1080,
  }),
];

/** Too much, too little, and the wrong size. */
export const scalingFamilies: readonly FaultFamily[] = [
  family({
    fault: scaledDown,
    defaults: { role: 'search' },
    anomalies: ['workload-errors'],
    cure: ({ role, wanted }) => scaleTo(wanted)({ role }),
    harm: restart,
  }),
  family({
    fault: lowCpuLimit,
    defaults: { role: 'search' },
    anomalies: ['workload-throttling', 'workload-latency'],
    cure: ({ role }) => [{ action: 'increase_resources', of: role, cpuFactor: 4 }],
    harm: restart,
    alsoAcceptable: ofRole('rollback_deployment'),
  }),
  family({
    fault: fixedAutoscaler,
    defaults: { role: 'frontend' },
    anomalies: ['workload-throttling', 'hpa-headroom'],
    cure: ({ role }) => [{ action: 'update_hpa', of: role, max: 9 }],
    harm: scaleTo(8),
    alsoAcceptable: ofRole('increase_resources'),
  }),
  family({
    fault: poolTooBig,
    defaults: { role: 'catalog' },
    anomalies: ['workload-errors'],
    cure: rollback,
    harm: scaleTo(5),
  }),
  family({
    fault: queueBacklog,
    defaults: { role: 'fulfilment' },
    anomalies: ['workload-cpu'],
    cure: scaleTo(8),
    harm: restart,
    curedWithin: 1200,
  }),
];
