import type { KubeObject } from '../runtime.ts';
import { writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { covers, matchesNode } from './fit.ts';
import { controllerKey, isControlledBy } from './owners.ts';
import { createPod, deletePod, isActive, isFinished, isReady, isTerminating, podFrom } from './pods.ts';
import { currentRevision, revisionLabel, trimRevisions } from './revisions.ts';

/** One pod on every node that fits. */
export const startDaemonSets = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'daemonset',
    watches: [
      ['DaemonSet', itself],
      ['Pod', controllerKey('DaemonSet')],
      ['Node', (_node, desk) => desk.of('DaemonSet').list().flatMap(itself)],
      ['ControllerRevision', () => []],
    ],
    reconcile,
  });

const nodeTaints = [
  'not-ready NoExecute',
  'unreachable NoExecute',
  'disk-pressure NoSchedule',
  'memory-pressure NoSchedule',
  'pid-pressure NoSchedule',
  'unschedulable NoSchedule',
];

/** Daemons stay on ailing nodes. */
const tolerations = nodeTaints.map((text) => {
  const [key, effect] = text.split(' ');
  return { key: `node.kubernetes.io/${key}`, operator: 'Exists', effect };
});

async function reconcile(key: string, desk: Desk): Promise<undefined> {
  const set = desk.of('DaemonSet').get(key);
  if (!set || isTerminating(set)) return;
  const revision = (await currentRevision(desk, set))['metadata'] as KubeObject;
  const hash = revision['labels'][revisionLabel] as string;
  const nodes = desk
    .of('Node')
    .list()
    .filter((node) => wants(set, node));
  for (const node of nodes) await ensure(desk, set, node, hash);
  for (const pod of podsOf(desk, set)) {
    const node = nodeNameOf(pod);
    const stray = !nodes.some((one) => one['metadata'].name === node);
    if ((stray || isFinished(pod)) && !isTerminating(pod)) await deletePod(desk, set, pod);
  }
  if (set['spec'].updateStrategy?.type !== 'OnDelete') await replaceOld(desk, set, nodes, hash);
  await report(desk, set, nodes, hash);
  await trimRevisions(desk, set, new Set([revision['name']]));
}

const podsOf = (desk: Desk, set: KubeObject): readonly KubeObject[] =>
  desk
    .of('Pod')
    .list(set['metadata'].namespace)
    .filter((pod) => isControlledBy(pod, set));

/** The node a daemon pod is meant for, also before the scheduler has put it there. */
const nodeNameOf = (pod: KubeObject): string =>
  pod['spec'].nodeName ??
  pod['spec'].affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]
    ?.matchFields?.[0]?.values[0];

function wants(set: KubeObject, node: KubeObject): boolean {
  const spec = set['spec'].template.spec as KubeObject;
  const tolerated = [...tolerations, ...((spec['tolerations'] ?? []) as KubeObject[])];
  const taints = ((node['spec'].taints ?? []) as KubeObject[]).filter((one) => one['effect'] !== 'PreferNoSchedule');
  return matchesNode({ spec }, node) && taints.every((taint) => tolerated.some((one) => covers(one, taint)));
}

async function ensure(desk: Desk, set: KubeObject, node: KubeObject, hash: string): Promise<void> {
  const name = node['metadata'].name as string;
  if (podsOf(desk, set).some((pod) => nodeNameOf(pod) === name)) return;
  const pod = podFrom(set['spec'].template, set);
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] };
  const affinity = {
    ...pod['spec'].affinity,
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  };
  await createPod(desk, set, {
    ...pod,
    metadata: {
      ...pod['metadata'],
      generateName: `${set['metadata'].name}-`,
      labels: { ...pod['metadata'].labels, [revisionLabel]: hash },
    },
    spec: {
      ...pod['spec'],
      affinity,
      tolerations: [...((pod['spec'].tolerations ?? []) as KubeObject[]), ...tolerations],
    },
  });
}

/** Old pods go one by one (maxUnavailable); those that do not work anyway go first. */
async function replaceOld(desk: Desk, set: KubeObject, nodes: readonly KubeObject[], hash: string): Promise<void> {
  const text = String(set['spec'].updateStrategy?.rollingUpdate?.maxUnavailable ?? 1);
  const limit = text.endsWith('%') ? Math.ceil((Number.parseFloat(text) / 100) * nodes.length) : Number(text);
  const pods = podsOf(desk, set);
  let unavailable = nodes.length - pods.filter((pod) => isActive(pod) && isReady(pod)).length;
  const old = pods.filter((pod) => isActive(pod) && pod['metadata'].labels?.[revisionLabel] !== hash);
  for (const pod of [...old].sort((a, b) => Number(isReady(a)) - Number(isReady(b)))) {
    if (isReady(pod) && unavailable >= limit) return;
    await deletePod(desk, set, pod);
    if (isReady(pod)) unavailable += 1;
  }
}

async function report(desk: Desk, set: KubeObject, nodes: readonly KubeObject[], hash: string): Promise<void> {
  const names = new Set(nodes.map((node) => node['metadata'].name as string));
  const placed = podsOf(desk, set).filter((pod) => isActive(pod) && names.has(nodeNameOf(pod)));
  const ready = placed.filter(isReady).length;
  await writeStatus(desk.client, 'DaemonSet', set, {
    observedGeneration: set['metadata'].generation,
    desiredNumberScheduled: nodes.length,
    currentNumberScheduled: placed.length,
    numberMisscheduled: 0,
    numberReady: ready,
    numberAvailable: ready || null,
    numberUnavailable: nodes.length - ready || null,
    updatedNumberScheduled: placed.filter((pod) => pod['metadata'].labels?.[revisionLabel] === hash).length || null,
  });
}
