import {
  answerTo,
  isNodeReady,
  list,
  number,
  object,
  pressuresOf,
  quantity,
  targetName,
  text,
  type JsonObject,
  type PodView,
  type Query,
  type Target,
} from '../../../model/index.ts';
import { meets, podSpecOf } from '../call-graph.ts';
import { gitOpsOwner, workloadFacts } from '../facts.ts';
import {
  anomaliesAround,
  anomaliesOf,
  eventsOf,
  raised,
  type CauseRule,
  type Facts,
  type Noticed,
  type Symptoms,
} from '../symptoms.ts';

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
    node: symptoms.suspect.name,
    cordoned: symptoms.state.live?.['spec'] ? isCordoned(symptoms.state.live) : false,
    ...(pod && { pod: pod.name, podUid: pod.uid, podNamespace: pod.namespace }),
  };
}
const isCordoned = (node: JsonObject): boolean => (node['spec'] as JsonObject)['unschedulable'] === true;

/** The kubelet reports memory, disk or PID pressure. */
export const nodePressure: CauseRule = {
  class: 'NodePressure',
  judge(symptoms) {
    if (symptoms.suspect.kind !== 'Node') return undefined;
    const pressures = pressuresOf(symptoms.state.live).filter((one) => one.endsWith('Pressure'));
    if (pressures.length === 0) return undefined;
    return {
      score: 0.9,
      message: `node ${symptoms.suspect.name} reports ${pressures.join(' and ')}`,
      evidence: pressures.map((pressure) => `condition ${pressure} is True`),
      facts: { ...nodeFacts(symptoms), pressure: pressures[0] ?? '' },
    };
  },
};

const isNode = ({ suspect }: Noticed): boolean => suspect.kind === 'Node';

/** node_exporter runs beside the kubelet: when it still answers, the machine and its network are there. */
const exporters: Query = { kind: 'Metric', promql: 'count by (instance) (node_memory_MemTotal_bytes)' };
/** undefined: no node's exporter is known, so that silence says nothing. */
function exporterAnswers({ suspect, evidence }: Symptoms): boolean | undefined {
  const known = answerTo(evidence, exporters)?.values ?? [];
  if (known.length === 0) return undefined;
  return known.some(({ labels }) => (labels['instance'] ?? '').replace(/:\d+$/, '') === suspect.name);
}

const holdsClaim = (pod: PodView): boolean =>
  list(pod.object, 'spec', 'volumes').some((volume) => volume['persistentVolumeClaim'] !== undefined);

/**
 * A pod that its node cannot bring to an end and whose controller must not start it a second time before. Those without a
 * volume first: to free one with data while its node may run it is for people to decide (`delete_pod`).
 */
function strandedPod({ state }: Symptoms): PodView | undefined {
  return state.pods
    .filter((pod) => owned(pod) === 'StatefulSet' && pod.deletedAt !== undefined)
    .sort((a, b) => Number(holdsClaim(a)) - Number(holdsClaim(b)))[0];
}

const strandedFacts = (symptoms: Symptoms): Facts => {
  const pod = strandedPod(symptoms);
  return {
    ...nodeFacts(symptoms),
    stranded: pod !== undefined,
    ...(pod && { strandedPod: pod.name, strandedUid: pod.uid, strandedNamespace: pod.namespace }),
  };
};

const isDown = (symptoms: Symptoms): boolean =>
  isNode(symptoms) && symptoms.state.live !== undefined && !isNodeReady(symptoms.state.live);

/** The kubelet stopped answering, or says itself that it is not ready; the machine is there. */
export const nodeNotReady: CauseRule = {
  class: 'NodeNotReady',
  needs: (noticed) => (isNode(noticed) ? [exporters] : []),
  judge(symptoms) {
    if (!isDown(symptoms)) return undefined;
    const answers = exporterAnswers(symptoms) === true;
    return {
      score: answers ? 0.95 : 0.9,
      message: `node ${symptoms.suspect.name} is not ready`,
      evidence: ['condition Ready is not True', ...(answers ? ['its node_exporter still answers'] : [])],
      facts: strandedFacts(symptoms),
    };
  },
};

/** Neither the kubelet nor anything else on the node answers: the network ends before it. */
export const networkPartition: CauseRule = {
  class: 'NetworkPartition',
  needs: (noticed) => (isNode(noticed) ? [exporters] : []),
  judge(symptoms) {
    if (!isDown(symptoms) || exporterAnswers(symptoms) !== false) return undefined;
    return {
      score: 0.94,
      message: `node ${symptoms.suspect.name} cannot be reached at all`,
      evidence: ['condition Ready is not True', 'its node_exporter does not answer either'],
      facts: strandedFacts(symptoms),
    };
  },
};

/** The node's network card or cable damages packets. */
export const packetLoss: CauseRule = {
  class: 'PacketLoss',
  judge(symptoms) {
    const [errors] = raised(symptoms, 'network');
    if (!isNode(symptoms) || !errors) return undefined;
    return {
      score: 0.92,
      message: `packets to and from node ${symptoms.suspect.name} are lost`,
      evidence: [errors.sentence],
      facts: nodeFacts(symptoms),
    };
  },
};

const topPods = ({ suspect }: Noticed): Query => ({
  kind: 'Metric',
  promql: `topk(5, sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{node="${suspect.name}",container!=""}[5m])))`,
});
const isFull = (noticed: Noticed): boolean => isNode(noticed) && raised(noticed, 'node_cpu').length > 0;
const cpuRequest = (pod: PodView): number =>
  list(pod.object, 'spec', 'containers').reduce(
    (sum, container) => sum + (quantity(text(container, 'resources', 'requests', 'cpu')) || 0),
    0,
  );

/** One workload without a limit takes the CPU of the node that it shares. */
export const noisyNeighbour: CauseRule = {
  class: 'NoisyNeighbour',
  needs: (noticed) => (isFull(noticed) ? [topPods(noticed)] : []),
  judge(symptoms) {
    if (!isFull(symptoms)) return undefined;
    const loud = (answerTo(symptoms.evidence, topPods(symptoms))?.values ?? [])
      .flatMap(({ labels, value }) => {
        const pod = symptoms.state.pods.find(
          (one) => one.name === labels['pod'] && one.namespace === labels['namespace'],
        );
        return pod ? [{ pod, value, beyond: value - cpuRequest(pod) }] : [];
      })
      .sort((a, b) => b.beyond - a.beyond)[0];
    if (!loud || loud.beyond < 0.5) return undefined;
    const { pod } = loud;
    const owner = symptoms.around.ownerOf('Pod', pod.namespace, pod.name) ?? symptoms.suspect;
    return {
      score: 0.93,
      message: `${targetName(owner)} takes ${loud.value.toFixed(1)} cores of node ${symptoms.suspect.name}, far more than it asked for`,
      evidence: raised(symptoms, 'node_cpu').map((anomaly) => anomaly.sentence),
      facts: {
        ...nodeFacts(symptoms),
        ...{ kind: owner.kind, name: owner.name, ns: owner.namespace, cores: Number(loud.value.toFixed(2)) },
      },
      target: owner,
    };
  },
};

/** The workload on the node that writes more than it ever did. */
function writerOn(symptoms: Symptoms): Target | undefined {
  const owners = symptoms.state.pods.flatMap((pod) => symptoms.around.ownerOf('Pod', pod.namespace, pod.name) ?? []);
  const amount = (target: Target): number =>
    Math.max(0, ...anomaliesAround(symptoms, target, 'disk_writes').map((one) => one.value));
  return owners.filter((owner) => amount(owner) > 0).sort((a, b) => amount(b) - amount(a))[0];
}

/** A node's disk fills, and one workload on it writes far more than before. */
export const logFloodOnNode: CauseRule = {
  class: 'LogFlood',
  judge(symptoms) {
    if (!isNode(symptoms) || raised(symptoms, 'node_disk').length === 0) return undefined;
    const writer = writerOn(symptoms);
    if (!writer) return undefined;
    const changed = symptoms.around.changes.some(
      (one) =>
        one.kind === 'Rollout' &&
        !one.byUs &&
        one.target.name === writer.name &&
        one.target.namespace === writer.namespace &&
        one.at >= symptoms.incident.startedAt - 1800,
    );
    return {
      score: 0.95,
      message: `${targetName(writer)} fills the disk of node ${symptoms.suspect.name}`,
      evidence: anomaliesAround(symptoms, writer, 'disk_writes').map((one) => one.sentence),
      facts: {
        ...{ kind: writer.kind, name: writer.name, ns: writer.namespace },
        ...{ recentRollout: changed, hasPreviousRevision: changed, gitOps: false },
      },
      target: writer,
    };
  },
};

const budgets: Query = { kind: 'List', of: 'PodDisruptionBudget', namespace: '', limit: 200 };
const isDraining = (noticed: Noticed): boolean => isNode(noticed) && anomaliesOf(noticed, 'drain').length > 0;

/** A cordoned node does not get empty, because a PodDisruptionBudget allows no pod on it to go. */
export const disruptionBlocked: CauseRule = {
  class: 'DisruptionBlocked',
  needs: (noticed) => (isDraining(noticed) ? [budgets] : []),
  judge(symptoms) {
    if (!isDraining(symptoms)) return undefined;
    const blocking = (answerTo(symptoms.evidence, budgets)?.objects ?? []).find(
      (budget) =>
        number(budget, 'status', 'disruptionsAllowed') === 0 &&
        symptoms.state.pods.some(
          (pod) =>
            pod.namespace === text(budget, 'metadata', 'namespace') &&
            meets(object(pod.object, 'metadata', 'labels'), object(budget, 'spec', 'selector', 'matchLabels')),
        ),
    );
    if (!blocking) return undefined;
    const [name, namespace] = [text(blocking, 'metadata', 'name'), text(blocking, 'metadata', 'namespace')];
    const healthy = number(blocking, 'status', 'currentHealthy');
    return {
      score: 0.95,
      message: `PodDisruptionBudget ${namespace}/${name} allows no pod to be moved from node ${symptoms.suspect.name}`,
      evidence: [
        `${healthy} healthy pods, ${number(blocking, 'status', 'desiredHealthy')} wanted by the budget`,
        ...anomaliesOf(symptoms, 'drain').map((anomaly) => anomaly.sentence),
      ],
      facts: { ...nodeFacts(symptoms), ...blockedFacts(symptoms, blocking), budget: name, ns: namespace },
      target: { cluster: symptoms.suspect.cluster, kind: 'PodDisruptionBudget', namespace, name },
    };
  },
};

/** The workload that the budget guards, and one replica more, which would give it room. */
function blockedFacts({ state, around }: Symptoms, budget: JsonObject): Facts {
  const pod = state.pods.find((one) =>
    meets(object(one.object, 'metadata', 'labels'), object(budget, 'spec', 'selector', 'matchLabels')),
  );
  const owner = pod && around.ownerOf('Pod', pod.namespace, pod.name);
  const replicas = owner ? number(around.objects.object(owner), 'spec', 'replicas') : 0;
  return owner
    ? {
        ...{ kind: owner.kind, name: owner.name, replicas, replicasWanted: replicas + 1 },
        gitOps: gitOpsOwner(around.objects.object(owner)) !== '',
      }
    : {};
}

/** Network plug-ins by what they are called; all run as a DaemonSet. */
const networkAgents = /\bcni\b|cni-|-cni|calico|cilium|flannel|weave|kindnet|antrea|kube-router|aws-node|azure-npm/i;

function networkAgent({ around }: Symptoms): Target | undefined {
  return around.objects.targets().find((target) => {
    if (target.kind !== 'DaemonSet') return false;
    const live = around.objects.object(target);
    const said = [
      target.name,
      ...Object.values(object(live, 'metadata', 'labels')).map(String),
      ...list(podSpecOf(live), 'containers').map((container) => text(container, 'image')),
    ];
    return said.some((word) => networkAgents.test(word));
  });
}

/** Pods are placed and get no network: their sandbox cannot be made, all on one node. */
export const cniFailure: CauseRule = {
  class: 'CniFailure',
  judge(symptoms) {
    const said = eventsOf(symptoms, 'FailedCreatePodSandBox');
    const unavailable = isNode(symptoms) && pressuresOf(symptoms.state.live).includes('NetworkUnavailable');
    if (said.length === 0 && !unavailable) return undefined;
    const stuck = symptoms.state.pods.filter(
      (pod) => !pod.ready && pod.node !== '' && said.some((event) => event.involved.name === pod.name),
    );
    const node = isNode(symptoms) ? symptoms.suspect.name : stuck[0]?.node;
    if (!node) return undefined;
    const agent = networkAgent(symptoms);
    return {
      score: 0.98,
      message: `new pods on node ${node} get no network`,
      evidence: [
        ...(unavailable ? ['condition NetworkUnavailable is True'] : []),
        ...said.slice(0, 3).map((event) => event.message.slice(0, 200)),
      ],
      facts: {
        ...workloadFacts(symptoms),
        node,
        ...(agent && { agent: agent.name, agentNamespace: agent.namespace }),
      },
      target: { cluster: symptoms.suspect.cluster, kind: 'Node', namespace: '', name: node },
    };
  },
};
