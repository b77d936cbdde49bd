import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { obstacles, requestsOf, usedOn, type Scene } from './fit.ts';
import { controllerOf } from './owners.ts';
import { isFinished } from './pods.ts';
import { quantity } from '../quantity.ts';

/** Seconds after which a pod that found no node is tried again, whatever happened. */
const retrySeconds = 30;

/** Gives each new pod a node, or says why there is none for it. */
export const startScheduler = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'scheduler',
    component: 'default-scheduler',
    rank: 50,
    watches: [
      [
        'Pod',
        (pod, desk, change) =>
          waits(pod) && change.type !== 'Deleted'
            ? itself(pod)
            : freed(desk, change.type === 'Deleted' || isFinished(pod)),
      ],
      ['Node', (_node, desk) => freed(desk, true)],
      ['PersistentVolumeClaim', (_claim, desk) => freed(desk, true)],
    ],
    reconcile,
  });

const waits = (pod: KubeObject): boolean =>
  !pod['spec'].nodeName &&
  !isFinished(pod) &&
  !pod['metadata'].deletionTimestamp &&
  (pod['spec'].schedulerName ?? 'default-scheduler') === 'default-scheduler' &&
  ((pod['spec'].schedulingGates ?? []) as unknown[]).length === 0;

/** Room may have come free: every pod that waits is due. */
const freed = (desk: Desk, room: boolean): readonly string[] =>
  room ? desk.of('Pod').list().filter(waits).flatMap(itself) : [];

async function reconcile(key: string, desk: Desk): Promise<number | undefined> {
  const pod = desk.of('Pod').get(key);
  if (!pod || !waits(pod)) return undefined;
  const unbound = unboundClaim(pod, desk);
  if (unbound) return refuse(desk, pod, [unbound]);
  const placed = desk
    .of('Pod')
    .list()
    .filter((one) => one['spec'].nodeName && !isFinished(one));
  const scene: Scene = { nodes: desk.of('Node').list(), placed };
  const why = scene.nodes.map((node) => ({ node, obstacles: obstacles(pod, node, scene) }));
  const able = why.filter((one) => one.obstacles.length === 0).map((one) => one.node);
  const best = [...able].sort((a, b) => score(pod, b, scene) - score(pod, a, scene))[0];
  if (!best)
    return refuse(
      desk,
      pod,
      why.flatMap((one) => one.obstacles),
    );
  await bind(desk, pod, best['metadata'].name);
  return undefined;
}

/** A claim that nobody has bound; one that waits for its first consumer is bound by being scheduled. */
function unboundClaim(pod: KubeObject, desk: Desk): string | undefined {
  for (const volume of (pod['spec'].volumes ?? []) as KubeObject[]) {
    const name = volume['persistentVolumeClaim']?.claimName as string | undefined;
    if (name === undefined) continue;
    const claim = desk.of('PersistentVolumeClaim').get(`${pod['metadata'].namespace}/${name}`);
    if (!claim) return `persistentvolumeclaim "${name}" not found`;
    if (claim['status']?.phase !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims';
  }
  return undefined;
}

/** Least requested first, and siblings apart. */
function score(pod: KubeObject, node: KubeObject, scene: Scene): number {
  const used = usedOn(node, scene);
  const asked = requestsOf(pod);
  const free = ['cpu', 'memory'].map((name) => {
    const all = quantity(node['status']?.allocatable?.[name]);
    return all > 0 ? 1 - ((used[name] ?? 0) + (asked[name] ?? 0)) / all : 0;
  });
  const owner = controllerOf(pod)?.['uid'] as string | undefined;
  const siblings = scene.placed.filter(
    (one) =>
      owner !== undefined && one['spec'].nodeName === node['metadata'].name && controllerOf(one)?.['uid'] === owner,
  );
  const soft = ((node['spec'].taints ?? []) as KubeObject[]).some((one) => one['effect'] === 'PreferNoSchedule');
  return (free[0] ?? 0) + (free[1] ?? 0) - siblings.length - (soft ? 10 : 0);
}

async function bind(desk: Desk, pod: KubeObject, node: string): Promise<void> {
  const { namespace, name, uid } = pod['metadata'];
  await desk.client.post(
    resourceOf('Pod'),
    { namespace, name, subresource: 'binding' },
    {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    },
  );
  // The binding answers with a Status: the next decision must already count this pod, even if the watch is slow.
  const bound = await desk.client.get(resourceOf('Pod'), { namespace, name });
  if (bound) desk.of('Pod').observe(bound);
  const message = `Successfully assigned ${namespace}/${name} to ${node}`;
  await desk.recorder.record({ about: pod, type: 'Normal', reason: 'Scheduled', message });
}

async function refuse(desk: Desk, pod: KubeObject, reasons: readonly string[]): Promise<number> {
  const nodes = desk.of('Node').list().length;
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const all = [...counts]
    .map(([reason, count]) => (reasons.length > 1 || nodes === 1 ? `${count} ${reason}` : reason))
    .sort();
  const message = `0/${nodes} nodes are available: ${all.join(', ')}.`;
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const;
  const conditions = withCondition(pod['status']?.conditions, condition, desk.clock.now());
  await writeStatus(desk.client, 'Pod', pod, { conditions });
  await desk.recorder.record({ about: pod, type: 'Warning', reason: 'FailedScheduling', message });
  return retrySeconds;
}
