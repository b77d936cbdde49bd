import { isNodeReady, pressuresOf, quantity, text, type JsonObject, type PodView } from '../../../model/index.ts';
import type { CauseRule, Facts, Symptoms } from '../symptoms.ts';
import { list } from '../../../model/index.ts';

const memoryRequest = (pod: PodView): number =>
  list(pod.object, 'spec', 'containers').reduce(
    (sum, container) => sum + (quantity(text(container, 'resources', 'requests', 'memory')) || 0),
    0,
  );
const owned = (pod: PodView): string =>
  text(
    list(pod.object, 'metadata', 'ownerReferences').find((reference) => reference['controller'] === true),
    'kind',
  );
/** The pod whose going would help most and hurt least: biggest, replaceable, outside kube-system. */
function heaviest(pods: readonly PodView[]): PodView | undefined {
  return pods
    .filter((pod) => owned(pod) === 'ReplicaSet' && pod.namespace !== 'kube-system' && pod.deletedAt === undefined)
    .sort((a, b) => memoryRequest(b) - memoryRequest(a))[0];
}

function nodeFacts(symptoms: Symptoms): Facts {
  const pod = heaviest(symptoms.state.pods);
  return {
    node: symptoms.incident.target.name,
    cordoned: symptoms.state.live?.['spec'] ? isCordoned(symptoms.state.live) : false,
    ...(pod && { pod: pod.name, podUid: pod.uid, podNamespace: pod.namespace }),
  };
}
const isCordoned = (node: JsonObject): boolean => (node['spec'] as JsonObject)['unschedulable'] === true;

/** The kubelet reports memory, disk or PID pressure. */
export const nodePressure: CauseRule = {
  class: 'NodePressure',
  judge(symptoms) {
    if (symptoms.incident.target.kind !== 'Node') return undefined;
    const pressures = pressuresOf(symptoms.state.live);
    if (pressures.length === 0) return undefined;
    return {
      score: 0.9,
      message: `node ${symptoms.incident.target.name} reports ${pressures.join(' and ')}`,
      evidence: pressures.map((pressure) => `condition ${pressure} is True`),
      facts: { ...nodeFacts(symptoms), pressure: pressures[0] ?? '' },
    };
  },
};

/** The node stopped answering, or says itself that it is not ready. */
export const nodeNotReady: CauseRule = {
  class: 'NodeNotReady',
  judge(symptoms) {
    const { live } = symptoms.state;
    if (symptoms.incident.target.kind !== 'Node' || !live || isNodeReady(live)) return undefined;
    return {
      score: 0.95,
      message: `node ${symptoms.incident.target.name} is not ready`,
      evidence: ['condition Ready is not True'],
      facts: nodeFacts(symptoms),
    };
  },
};

/** A workload whose failing pods all sit on one sick node: the node is the cause. */
export const sickNode: CauseRule = {
  class: 'SickNode',
  judge(symptoms) {
    if (symptoms.incident.target.kind === 'Node') return undefined;
    const failing = symptoms.state.pods.filter((pod) => !pod.ready && pod.node !== '');
    const names = new Set(failing.map((pod) => pod.node));
    const [name] = names;
    const node = symptoms.state.nodes.find((one) => text(one, 'metadata', 'name') === name);
    if (names.size !== 1 || !node || (isNodeReady(node) && pressuresOf(node).length === 0)) return undefined;
    const what = isNodeReady(node) ? pressuresOf(node).join(' and ') : 'not ready';
    return {
      score: 0.97,
      message: `all failing pods are on node ${name}, which is ${what}`,
      evidence: failing.slice(0, 4).map((pod) => `${pod.name} is on ${name}`),
      facts: { node: name ?? '', cordoned: isCordoned(node) },
    };
  },
};
