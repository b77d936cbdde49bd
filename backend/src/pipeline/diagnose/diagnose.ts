import { answerTo, stateOf, stateQueries, targetName, type Cause, type Query, type Target } from '../../model/index.ts';
import { cpuSaturation } from './causes/cpu-saturation.ts';
import { badRollout, crashLoop, imagePull, unreadyRollout } from './causes/failing-containers.ts';
import { nodeNotReady, nodePressure, sickNode } from './causes/node.ts';
import { outOfMemory } from './causes/out-of-memory.ts';
import { slowRelease } from './causes/slow-release.ts';
import { stuckPod, unschedulable } from './causes/stuck-pod.ts';
import type { CauseRule, Symptoms } from './symptoms.ts';

const rules: readonly CauseRule[] = [
  sickNode,
  nodeNotReady,
  nodePressure,
  imagePull,
  badRollout,
  unreadyRollout,
  slowRelease,
  outOfMemory,
  unschedulable,
  cpuSaturation,
  stuckPod,
  crashLoop,
];

export type Diagnosis =
  { readonly wants: readonly Query[] } | { readonly wants?: undefined; readonly causes: readonly Cause[] };

/** The node that a workload's cause points to, if it is one. */
function targetOfCause(rule: CauseRule, symptoms: Symptoms, facts: Cause['facts']): Target {
  const { target } = symptoms.incident;
  if (rule !== sickNode) return target;
  return { cluster: target.cluster, kind: 'Node', namespace: '', name: String(facts['node']) };
}

const unknown = (symptoms: Symptoms): Cause => ({
  class: 'Unknown',
  target: symptoms.incident.target,
  score: 0.1,
  message: `no known cause fits what was seen on ${targetName(symptoms.incident.target)}`,
  evidence: symptoms.anomalies.slice(0, 4).map((anomaly) => anomaly.sentence),
  facts: {
    kind: symptoms.incident.target.kind,
    name: symptoms.incident.target.name,
    ns: symptoms.incident.target.namespace,
  },
});

/**
 * Ranks what may have caused an incident, best first, with what speaks for it; asks for the target's state when it is
 * not among the evidence yet. Deterministic: the same incident and evidence give the same ranking.
 */
export function diagnose(given: Omit<Symptoms, 'state'>): Diagnosis {
  const wants = stateQueries(given.incident.target).filter((query) => !answerTo(given.evidence, query));
  if (wants.length > 0) return { wants };
  const symptoms: Symptoms = { ...given, state: stateOf(given.incident.target, given.evidence) };
  const causes = rules.flatMap((rule): Cause[] => {
    const found = rule.judge(symptoms);
    if (!found) return [];
    return [
      {
        class: rule.class,
        target: targetOfCause(rule, symptoms, found.facts),
        score: found.score,
        message: found.message,
        evidence: [...found.evidence],
        facts: found.facts,
      },
    ];
  });
  return { causes: [...causes.sort((a, b) => b.score - a.score), unknown(symptoms)] };
}
