import { targetName, type PodView } from '../../../model/index.ts';
import { workloadFacts } from '../facts.ts';
import { recentRollout } from '../facts.ts';
import type { CauseRule, Symptoms } from '../symptoms.ts';

/** How long a pod may be not ready, or terminating past its grace, before it counts as stuck (s). */
const patience = 90;

const hangs = (pod: PodView, now: number): boolean =>
  pod.phase === 'Running' &&
  !pod.ready &&
  pod.deletedAt === undefined &&
  now - Math.max(pod.createdAt, pod.readySince || 0) > patience &&
  pod.containers.every((container) => container.waiting === '');

function judgement(symptoms: Symptoms, pod: PodView, what: string, score: number, terminating: boolean) {
  return {
    score,
    message: `pod ${pod.name} of ${targetName(symptoms.incident.target)} ${what}`,
    evidence: [`${pod.name} on node ${pod.node} ${what}`],
    facts: { ...workloadFacts(symptoms), pod: pod.name, podUid: pod.uid, node: pod.node, terminating },
  };
}

/** One pod hangs while its siblings are well: replace it. */
export const stuckPod: CauseRule = {
  class: 'StuckPod',
  judge(symptoms) {
    const { state, now } = symptoms;
    const leaving = state.pods.find((pod) => pod.deletedAt !== undefined && now - pod.deletedAt > patience);
    if (leaving) return judgement(symptoms, leaving, 'does not finish terminating', 0.8, true);
    const hanging = state.pods.filter((pod) => hangs(pod, now));
    const [pod] = hanging;
    if (!pod || recentRollout(symptoms)) return undefined;
    const siblings = state.pods.filter((other) => other.ready).length;
    return judgement(symptoms, pod, 'runs but is not ready', siblings > 0 ? 0.75 : 0.5, false);
  },
};

/** Nothing can take the pod: quota, taints, affinity, or no node with room. */
export const unschedulable: CauseRule = {
  class: 'Unschedulable',
  judge(symptoms) {
    const waiting = symptoms.state.pods.filter((pod) => pod.unschedulable !== '');
    const [first] = waiting;
    if (!first) return undefined;
    return {
      score: 0.85,
      message: `pods of ${targetName(symptoms.incident.target)} cannot be scheduled: ${first.unschedulable.slice(0, 200)}`,
      evidence: waiting.slice(0, 3).map((pod) => `${pod.name}: ${pod.unschedulable.slice(0, 200)}`),
      facts: workloadFacts(symptoms),
    };
  },
};
