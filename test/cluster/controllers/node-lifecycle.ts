import { resourceOf, time } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { covers } from './fit.ts';
import { conditionOf, isFinished, isReady, isTerminating, seconds } from './pods.ts';

/** kube-controller-manager's defaults: looks each 5 s; a node that is silent for 40 s is not there. */
const monitorSeconds = 5;
const graceSeconds = 40;
const defaultTolerationSeconds = 300;

const taintPrefix = 'node.kubernetes.io/';
const conditionTaints = {
  MemoryPressure: 'memory-pressure',
  DiskPressure: 'disk-pressure',
  PIDPressure: 'pid-pressure',
  NetworkUnavailable: 'network-unavailable',
} as const;

/** Notices silent nodes, turns conditions into taints, and moves pods off nodes that do not come back. */
export function startNodeLifecycle(context: ControllerContext): Controller {
  // When each node was last heard of, by this controller's own clock: the node's own may be wrong.
  const marked = new Set<string>();
  const heard = new Map<string, { readonly sign: string; readonly at: number }>();

  function listen(node: string, sign: string): readonly string[] {
    if (heard.get(node)?.sign !== sign) heard.set(node, { sign, at: context.clock.now() });
    return [];
  }

  return startController(context, {
    name: 'node-lifecycle',
    component: 'node-controller',
    rank: 20,
    watches: [
      ['Node', itself],
      [
        'Lease',
        (lease) =>
          lease['metadata'].namespace === 'kube-node-lease'
            ? listen(lease['metadata'].name, lease['spec'].renewTime)
            : [],
      ],
      ['Pod', (pod) => (pod['spec'].nodeName ? [pod['spec'].nodeName as string] : [])],
    ],
    async reconcile(name, desk) {
      const node = desk.of('Node').get(name);
      if (!node) return sweep(desk, name);
      const silent = desk.clock.now() - (heard.get(name)?.at ?? seconds(node['metadata'].creationTimestamp));
      const judged = silent > graceSeconds ? await markUnknown(desk, node) : node;
      const tainted = await taint(desk, judged);
      // Once per outage: a kubelet that is back may say otherwise before its node's status does.
      if (conditionOf(judged, 'Ready')?.['status'] === 'True') marked.delete(name);
      else if (!marked.has(name)) {
        await markPods(desk, judged);
        marked.add(name);
      }
      await evict(desk, tainted);
      return monitorSeconds;
    },
  });
}

const podsOn = (desk: Desk, node: string): readonly KubeObject[] =>
  desk
    .of('Pod')
    .list()
    .filter((pod) => pod['spec'].nodeName === node);

/** The node is gone for good: nobody is left who could end its pods. */
async function sweep(desk: Desk, name: string): Promise<undefined> {
  for (const pod of podsOn(desk, name)) {
    const { namespace, name: podName, uid } = pod['metadata'];
    await desk.client.remove(resourceOf('Pod'), { namespace, name: podName }, { uid, gracePeriodSeconds: 0 });
  }
}

async function markUnknown(desk: Desk, node: KubeObject): Promise<KubeObject> {
  const before = (node['status']?.conditions ?? []) as KubeObject[];
  const wasKnown = conditionOf(node, 'Ready')?.['status'] !== 'Unknown';
  const unknown = {
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  } as const;
  const conditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].reduce<KubeObject[]>(
    (all, type) => withCondition(all, { type, ...unknown }, desk.clock.now()),
    before,
  );
  const after = await writeStatus(desk.client, 'Node', node, { conditions });
  if (wasKnown) {
    const message = `Node ${node['metadata'].name} status is now: NodeNotReady`;
    await desk.recorder.record({ about: node, type: 'Normal', reason: 'NodeNotReady', message });
  }
  return after;
}

function wantedTaints(node: KubeObject): readonly KubeObject[] {
  const ready = conditionOf(node, 'Ready')?.['status'];
  const taints: KubeObject[] = [];
  const key = ready === 'Unknown' ? 'unreachable' : ready === 'True' ? undefined : 'not-ready';
  if (key) for (const effect of ['NoSchedule', 'NoExecute']) taints.push({ key: taintPrefix + key, effect });
  for (const [type, suffix] of Object.entries(conditionTaints)) {
    if (conditionOf(node, type)?.['status'] === 'True')
      taints.push({ key: taintPrefix + suffix, effect: 'NoSchedule' });
  }
  if (node['spec'].unschedulable === true) taints.push({ key: `${taintPrefix}unschedulable`, effect: 'NoSchedule' });
  return taints;
}

const ours = new Set(
  ['not-ready', 'unreachable', 'unschedulable', ...Object.values(conditionTaints)].map((one) => taintPrefix + one),
);

async function taint(desk: Desk, node: KubeObject): Promise<KubeObject> {
  const before = (node['spec'].taints ?? []) as KubeObject[];
  const same = (a: KubeObject, b: KubeObject): boolean => a['key'] === b['key'] && a['effect'] === b['effect'];
  const wanted = wantedTaints(node).map(
    (one) => before.find((old) => same(old, one)) ?? { ...one, timeAdded: time(desk.clock.now()) },
  );
  const after = [...before.filter((one) => !ours.has(one['key'])), ...wanted];
  const unchanged = after.length === before.length && after.every((one) => before.some((old) => same(old, one)));
  if (unchanged) return node;
  const { name, resourceVersion } = node['metadata'];
  const body = { metadata: { resourceVersion }, spec: { taints: after.length > 0 ? after : null } };
  return desk.client.patch(resourceOf('Node'), { name }, 'merge-patch', body);
}

/** Pods on a node that is not ready are not ready either, so that no traffic goes there. */
async function markPods(desk: Desk, node: KubeObject): Promise<void> {
  for (const pod of podsOn(desk, node['metadata'].name)) {
    if (!isReady(pod) || isFinished(pod)) continue;
    const condition = {
      ...conditionOf(pod, 'Ready'),
      type: 'Ready',
      status: 'False',
      reason: 'NodeNotReady',
      message: '',
    } as const;
    const conditions = withCondition(pod['status'].conditions, condition, desk.clock.now());
    await writeStatus(desk.client, 'Pod', pod, { conditions });
    await desk.recorder.record({ about: pod, type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
  }
}

/** Taint-based eviction: when the toleration of a NoExecute taint has run out. */
async function evict(desk: Desk, node: KubeObject): Promise<void> {
  const taints = ((node['spec'].taints ?? []) as KubeObject[]).filter((one) => one['effect'] === 'NoExecute');
  if (taints.length === 0) return;
  const now = desk.clock.now();
  for (const pod of podsOn(desk, node['metadata'].name)) {
    if (isTerminating(pod) || isFinished(pod)) continue;
    if (!taints.some((one) => now >= seconds(one['timeAdded']) + toleratedSeconds(pod, one))) continue;
    const { namespace, name, uid } = pod['metadata'];
    await desk.client.remove(resourceOf('Pod'), { namespace, name }, { uid });
    const message = `Marking for deletion Pod ${namespace}/${name}`;
    await desk.recorder.record({ about: pod, type: 'Normal', reason: 'TaintManagerEviction', message });
  }
}

/** Admission gives every pod 300 s for not-ready and unreachable; a server that does not is treated as if it did. */
function toleratedSeconds(pod: KubeObject, taint: KubeObject): number {
  const all = ((pod['spec'].tolerations ?? []) as KubeObject[]).filter((one) => covers(one, taint));
  if (all.length === 0) return ours.has(taint['key']) ? defaultTolerationSeconds : 0;
  return Math.min(...all.map((one) => Number(one['tolerationSeconds'] ?? Infinity)));
}
