import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { controllerKey, isControlledBy, ownerReference } from './owners.ts';
import { createPod, isActive, isFinished, isReady, isTerminating, podFrom } from './pods.ts';

/** Seconds that the primary may be unwell before a replica takes over. */
const failoverSeconds = 10;
const clusterLabel = 'cnpg.io/cluster';
const roleLabel = 'cnpg.io/instanceRole';

/**
 * CloudNativePG-like: `instances` pods with one primary among them. Another one becomes primary when it is not ready
 * for a while, or when somebody sets `status.targetPrimary` (as `kubectl cnpg promote` does).
 */
export function startDatabases(context: ControllerContext): Controller {
  const unwellSince = new Map<string, number>();

  /** Who is to be primary now; undefined = nobody can be. */
  function choose(
    cluster: KubeObject,
    pods: readonly KubeObject[],
    now: number,
  ): { readonly primary?: string; readonly wait?: number } {
    const { uid } = cluster['metadata'];
    const current = cluster['status']?.currentPrimary as string | undefined;
    const target = cluster['status']?.targetPrimary as string | undefined;
    const ready = pods.filter((pod) => isActive(pod) && isReady(pod)).map((pod) => pod['metadata'].name as string);
    if (target !== undefined && target !== current && ready.includes(target)) return { primary: target };
    if (current === undefined) return ready[0] === undefined ? {} : { primary: ready[0] };
    if (ready.includes(current)) {
      unwellSince.delete(uid);
      return { primary: current };
    }
    const since = unwellSince.get(uid) ?? now;
    unwellSince.set(uid, since);
    if (now - since < failoverSeconds) return { primary: current, wait: failoverSeconds - (now - since) };
    return { primary: ready[0] ?? current };
  }

  return startController(context, {
    name: 'databases',
    component: 'cloudnative-pg',
    watches: [
      ['Cluster', itself],
      ['Pod', controllerKey('Cluster')],
      ['Service', () => []],
    ],
    async reconcile(key, desk) {
      const cluster = desk.of('Cluster').get(key);
      if (!cluster || isTerminating(cluster)) return undefined;
      await ensureInstances(desk, cluster);
      await ensureServices(desk, cluster);
      const pods = instancesOf(desk, cluster);
      const { primary, wait } = choose(cluster, pods, desk.clock.now());
      await tellChange(desk, cluster, primary);
      for (const pod of pods) await label(desk, pod, pod['metadata'].name === primary ? 'primary' : 'replica');
      await report(desk, cluster, pods, primary);
      return wait;
    },
  });
}

const instancesOf = (desk: Desk, cluster: KubeObject): readonly KubeObject[] =>
  desk
    .of('Pod')
    .list(cluster['metadata'].namespace)
    .filter((pod) => isControlledBy(pod, cluster));

async function ensureInstances(desk: Desk, cluster: KubeObject): Promise<void> {
  const { namespace, name } = cluster['metadata'];
  const wanted = Number(cluster['spec'].instances ?? 1);
  for (let serial = 1; serial <= wanted; serial += 1) {
    const existing = desk.of('Pod').get(`${namespace}/${name}-${serial}`);
    if (existing && isFinished(existing) && !isTerminating(existing)) await removePod(desk, existing);
    if (!existing) await createPod(desk, cluster, instance(cluster, serial));
  }
  for (const pod of instancesOf(desk, cluster)) {
    const serial = Number(String(pod['metadata'].name).slice(String(name).length + 1));
    if (serial > wanted && !isTerminating(pod)) await removePod(desk, pod);
  }
}

const removePod = (desk: Desk, pod: KubeObject): Promise<void> => {
  const { namespace, name, uid } = pod['metadata'];
  return desk.client.remove(resourceOf('Pod'), { namespace, name }, { uid });
};

function instance(cluster: KubeObject, serial: number): KubeObject {
  const { name } = cluster['metadata'];
  const probe = { exec: { command: ['pg_isready'] }, periodSeconds: 10, failureThreshold: 3 };
  const container = {
    name: 'postgres',
    image: cluster['spec'].imageName ?? 'registry.example/postgresql:17',
    ports: [{ name: 'postgresql', containerPort: 5432 }],
    resources: cluster['spec'].resources ?? {},
    readinessProbe: probe,
  };
  const template = {
    metadata: { labels: { [clusterLabel]: name, 'cnpg.io/instanceName': `${name}-${serial}`, [roleLabel]: 'replica' } },
    spec: { containers: [container] },
  };
  const pod = podFrom(template, cluster);
  return { ...pod, metadata: { ...pod['metadata'], name: `${name}-${serial}` } };
}

async function ensureServices(desk: Desk, cluster: KubeObject): Promise<void> {
  const { namespace, name } = cluster['metadata'];
  for (const [suffix, role] of [
    ['rw', 'primary'],
    ['ro', 'replica'],
  ] as const) {
    if (desk.of('Service').get(`${namespace}/${name}-${suffix}`)) continue;
    await desk.client.create(resourceOf('Service'), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: `${name}-${suffix}`, ownerReferences: [ownerReference(cluster)] },
      spec: {
        selector: { [clusterLabel]: name, [roleLabel]: role },
        ports: [{ name: 'postgres', port: 5432, targetPort: 5432 }],
      },
    });
  }
}

async function tellChange(desk: Desk, cluster: KubeObject, primary: string | undefined): Promise<void> {
  const current = cluster['status']?.currentPrimary as string | undefined;
  if (current === undefined || primary === undefined || primary === current) return;
  const asked = cluster['status'].targetPrimary === primary;
  const message = asked
    ? `Switching over from ${current} to ${primary}`
    : `Current primary isn't healthy, failing over from ${current} to ${primary}`;
  await desk.recorder.record({
    about: cluster,
    type: 'Normal',
    reason: asked ? 'SwitchingOver' : 'FailingOver',
    message,
  });
}

async function label(desk: Desk, pod: KubeObject, role: string): Promise<void> {
  if (pod['metadata'].labels?.[roleLabel] === role || isTerminating(pod)) return;
  const { namespace, name, uid } = pod['metadata'];
  const body = { metadata: { uid, labels: { [roleLabel]: role } } };
  await desk.client.patch(resourceOf('Pod'), { namespace, name }, 'merge-patch', body);
}

async function report(
  desk: Desk,
  cluster: KubeObject,
  pods: readonly KubeObject[],
  primary: string | undefined,
): Promise<void> {
  const ready = pods.filter((pod) => isActive(pod) && isReady(pod)).length;
  const wanted = Number(cluster['spec'].instances ?? 1);
  const healthy = ready === wanted && primary !== undefined;
  const condition = healthy
    ? ({ type: 'Ready', status: 'True', reason: 'ClusterIsReady', message: 'Cluster is Ready' } as const)
    : ({ type: 'Ready', status: 'False', reason: 'ClusterIsNotReady', message: 'Cluster Is Not Ready' } as const);
  await writeStatus(desk.client, 'Cluster', cluster, {
    phase: healthy ? 'Cluster in healthy state' : 'Waiting for the instances to become active',
    instances: pods.length,
    readyInstances: ready,
    ...(primary !== undefined && { currentPrimary: primary, targetPrimary: primary }),
    instanceNames: pods.map((pod) => pod['metadata'].name),
    conditions: withCondition(cluster['status']?.conditions, condition, desk.clock.now()),
  });
}
