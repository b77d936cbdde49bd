import { targetName } from '../../../model/index.ts';
import { workloadFacts } from '../facts.ts';
import { anomaliesOf, type CauseRule } from '../symptoms.ts';

/** More replicas in proportion to what CPU use grew by, at least one and at most twice as many more. */
function replicasWanted(replicas: number, growth: number): number {
  const wanted = Math.ceil(replicas * Math.min(3, Math.max(1, growth)) - 1e-9);
  return Math.min(Math.max(wanted, replicas + 1), replicas * 3);
}

/** Throttled at its CPU limit while it wants more than it used to. */
export const cpuSaturation: CauseRule = {
  class: 'CpuSaturation',
  judge(symptoms) {
    const [throttling] = anomaliesOf(symptoms, 'throttling');
    const [cpu] = anomaliesOf(symptoms, 'cpu').filter((anomaly) => anomaly.value > anomaly.expected);
    const [latency] = anomaliesOf(symptoms, 'latency');
    // More work alone saturates nothing: that shows when the kernel holds back what was wanted.
    if (!throttling || throttling.value < throttling.expected) return undefined;
    const facts = workloadFacts(symptoms);
    const replicas = Number(facts['replicas']);
    // Throttling hides demand: what is throttled away was wanted too.
    const held = 1 / Math.max(0.4, 1 - throttling.value);
    const growth = (cpu ? cpu.value / Math.max(cpu.expected, 1e-3) : 1) * held;
    return {
      score: cpu ? 0.85 : 0.6,
      message: `${targetName(symptoms.incident.target)} wants more CPU than its limit gives`,
      evidence: [cpu, throttling, latency].flatMap((anomaly) => (anomaly ? [anomaly.sentence] : [])),
      facts: { ...facts, replicasWanted: replicasWanted(replicas, growth), growth: Number(growth.toFixed(2)) },
    };
  },
};
