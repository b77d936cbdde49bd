import { isNodeReady, number, targetName, type PodView, type Target } from '../../../model/index.ts';
import { recentRelease, workloadFacts } from '../facts.ts';
import type { CauseRule, Facts, Symptoms } from '../symptoms.ts';

/** How long a pod may be not ready, or terminating past its grace, before it counts as stuck (s). */
const patience = 90;

const podTarget = ({ suspect }: Symptoms, pod: PodView): Target => ({
  ...{ cluster: suspect.cluster, kind: 'Pod', namespace: pod.namespace, name: pod.name },
});

const podFacts = (symptoms: Symptoms, pod: PodView, terminating: boolean): Facts => ({
  ...workloadFacts(symptoms),
  ...{ pod: pod.name, podUid: pod.uid, node: pod.node, terminating },
});

/** On a node that does not answer nobody knows how a pod is, nor can end it: that is the node's trouble. */
function isOnLostNode({ suspect, around }: Symptoms, pod: PodView): boolean {
  const node = around.objects.object({ cluster: suspect.cluster, kind: 'Node', namespace: '', name: pod.node });
  return node !== undefined && !isNodeReady(node);
}

const hangs = (symptoms: Symptoms, pod: PodView): boolean =>
  pod.phase === 'Running' &&
  !pod.ready &&
  pod.deletedAt === undefined &&
  symptoms.now - Math.max(pod.createdAt, pod.readySince || 0) > patience &&
  pod.containers.every((container) => container.waiting === '') &&
  !isOnLostNode(symptoms, pod);

/** A pod is long past its time to go (its deletion stamp includes the grace period) and does not go. */
export const stuckTerminating: CauseRule = {
  class: 'StuckTerminating',
  judge(symptoms) {
    const { state, now } = symptoms;
    const leaving = state.pods.find((pod) => pod.deletedAt !== undefined && now - pod.deletedAt > patience);
    if (!leaving || isOnLostNode(symptoms, leaving)) return undefined;
    return {
      score: 0.9,
      message: `pod ${leaving.name} of ${targetName(symptoms.suspect)} does not finish terminating`,
      evidence: [`${leaving.name} on node ${leaving.node} should have been gone`],
      facts: podFacts(symptoms, leaving, true),
      target: podTarget(symptoms, leaving),
    };
  },
};

/** Half or more of the members of a clustered store hang: no majority, no writes. */
export const quorumLost: CauseRule = {
  class: 'QuorumLost',
  judge(symptoms) {
    const { suspect, state } = symptoms;
    const members = number(state.live, 'spec', 'replicas');
    if (suspect.kind !== 'StatefulSet' || members < 3) return undefined;
    const hanging = state.pods.filter((pod) => hangs(symptoms, pod));
    const ready = state.pods.filter((pod) => pod.ready).length;
    const [pod, second] = hanging;
    if (!pod || ready * 2 > members) return undefined;
    return {
      score: 0.95,
      message: `${targetName(suspect)} has lost its majority: ${ready} of ${members} members are ready`,
      evidence: hanging.slice(0, 4).map((one) => `${one.name} runs but is not ready`),
      facts: {
        ...podFacts(symptoms, pod, false),
        ...(second && { secondPod: second.name, secondPodUid: second.uid }),
      },
    };
  },
};

/** One pod hangs while its siblings are well: replace it. */
export const stuckPod: CauseRule = {
  class: 'StuckPod',
  judge(symptoms) {
    const { state } = symptoms;
    const hanging = state.pods.filter((pod) => hangs(symptoms, pod));
    const [pod] = hanging;
    if (!pod || recentRelease(symptoms)) return undefined;
    const siblings = state.pods.filter((other) => other.ready).length;
    return {
      score: siblings > 0 ? 0.85 : 0.6,
      message: `pod ${pod.name} of ${targetName(symptoms.suspect)} runs but is not ready`,
      evidence: hanging.slice(0, 3).map((one) => `${one.name} on node ${one.node} runs but is not ready`),
      facts: podFacts(symptoms, pod, false),
    };
  },
};
