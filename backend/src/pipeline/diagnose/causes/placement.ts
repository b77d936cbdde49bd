import { list, targetName, text, type JsonObject, type Target } from '../../../model/index.ts';
import { recentRelease, workloadFacts } from '../facts.ts';
import { eventsOf, type CauseRule, type Symptoms } from '../symptoms.ts';

/** A scheduler that works says within seconds whether it found a place (s). */
const schedulerPatience = 60;

const nodeTarget = ({ suspect }: Symptoms, name: string): Target => ({
  ...{ cluster: suspect.cluster, kind: 'Node', namespace: '', name },
});
const nameOf = (node: JsonObject | undefined): string => text(node, 'metadata', 'name');
const isCordoned = (node: JsonObject): boolean => (node['spec'] as JsonObject | undefined)?.['unschedulable'] === true;

/** The API server refuses more pods: a ResourceQuota is used up. More replicas, or other pods, change nothing. */
export const quotaExceeded: CauseRule = {
  class: 'QuotaExceeded',
  judge(symptoms) {
    const said = eventsOf(symptoms, 'FailedCreate').find((event) => event.message.includes('exceeded quota'));
    const quota = /exceeded quota: ([^,\s]+)/.exec(said?.message ?? '')?.[1];
    if (!said || !quota) return undefined;
    const { cluster, namespace } = symptoms.suspect;
    return {
      score: 0.97,
      message: `ResourceQuota ${namespace}/${quota} is used up: pods of ${targetName(symptoms.suspect)} cannot be created`,
      evidence: [said.message.slice(0, 300)],
      facts: { ...workloadFacts(symptoms), quota },
      target: { cluster, kind: 'ResourceQuota', namespace, name: quota },
    };
  },
};

/** Pods wait for a node and nobody says why: the scheduler itself does not work. */
export const schedulerStuck: CauseRule = {
  class: 'SchedulerStuck',
  judge(symptoms) {
    const { state, suspect, now } = symptoms;
    const waiting = state.pods.filter(
      (pod) =>
        !pod.scheduled &&
        pod.unschedulable === '' &&
        pod.deletedAt === undefined &&
        now - pod.createdAt > schedulerPatience,
    );
    if (waiting.length === 0) return undefined;
    return {
      score: 0.96,
      message: `pods of ${targetName(suspect)} wait for a node and the scheduler says nothing about them`,
      evidence: waiting
        .slice(0, 3)
        .map((pod) => `${pod.name} has no node and no reason since ${Math.round(now - pod.createdAt)} s`),
      facts: workloadFacts(symptoms),
      target: { cluster: suspect.cluster, kind: 'Component', namespace: '', name: 'kube-scheduler' },
    };
  },
};

/** The node to blame when nodes are closed rather than full: all cordoned, or all tainted. */
function closedNode(
  symptoms: Symptoms,
  message: string,
): { readonly node: JsonObject; readonly why: string } | undefined {
  const { nodes } = symptoms.state;
  const cordoned = nodes.filter(isCordoned);
  const [first] = cordoned;
  if (first && /were unschedulable/.test(message)) return { node: first, why: 'cordoned' };
  const tainted = nodes.find((node) => list(node, 'spec', 'taints').some((taint) => taint['effect'] === 'NoSchedule'));
  if (tainted && /untolerated taint|had taint/.test(message)) return { node: tainted, why: 'tainted' };
  return undefined;
}

/** Nothing can take the pod: closed nodes, a selector that none meets, or no node with room. */
export const unschedulable: CauseRule = {
  class: 'Unschedulable',
  judge(symptoms) {
    const waiting = symptoms.state.pods.filter((pod) => pod.unschedulable !== '' && pod.deletedAt === undefined);
    const [first] = waiting;
    if (!first) return undefined;
    const release = recentRelease(symptoms);
    const byRelease = release !== undefined && (release.diff.placement || release.diff.resources);
    const closed = byRelease ? undefined : closedNode(symptoms, first.unschedulable);
    return {
      score: byRelease || closed ? 0.93 : 0.85,
      message: `pods of ${targetName(symptoms.suspect)} cannot be scheduled: ${first.unschedulable.slice(0, 200)}`,
      evidence: waiting.slice(0, 3).map((pod) => `${pod.name}: ${pod.unschedulable.slice(0, 200)}`),
      facts: {
        ...workloadFacts(symptoms),
        placementChanged: byRelease,
        allCordoned: closed?.why === 'cordoned',
        ...(closed && { node: nameOf(closed.node) }),
      },
      ...(closed && { target: nodeTarget(symptoms, nameOf(closed.node)) }),
    };
  },
};
