import { ApiError, resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { reportDeployment } from './deployment-status.ts';
import { claim, controllerKey, ownerReference } from './owners.ts';
import { isTerminating, seconds } from './pods.ts';
import { rollingTargets, type Target } from './rollout.ts';
import { hashLabel, sameTemplate, templateHash } from './template.ts';

const revisionKey = 'deployment.kubernetes.io/revision';
const historyKey = 'deployment.kubernetes.io/revision-history';
const notCopied = new Set(['kubectl.kubernetes.io/last-applied-configuration', revisionKey, historyKey]);

/** Rolls a Deployment's template out over ReplicaSets, as fast as maxSurge and maxUnavailable allow. */
export const startDeployments = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'deployment',
    watches: [
      ['Deployment', itself],
      ['ReplicaSet', controllerKey('Deployment')],
      ['Pod', () => []],
    ],
    reconcile,
  });

async function reconcile(key: string, desk: Desk): Promise<number | undefined> {
  const deployment = desk.of('Deployment').get(key);
  if (!deployment) return undefined;
  const candidates = desk.of('ReplicaSet').list(deployment['metadata'].namespace);
  const sets = await claim(desk.client, deployment, 'ReplicaSet', candidates);
  if (isTerminating(deployment)) return undefined;
  const paused = deployment['spec'].paused === true;
  const existing = sets.find((one) => sameTemplate(one['spec'].template, deployment['spec'].template));
  const current = existing ?? (paused ? undefined : await createSet(desk, deployment, sets));
  const all = current && !existing ? [...sets, current] : sets;
  const revised = current && !paused ? await revise(desk, deployment, current, sets) : current;
  const latest = all.map((one) => (one === current && revised ? revised : one));
  const changed = await rollOut(desk, deployment, revised, latest);
  await trim(
    desk,
    deployment,
    changed.filter((one) => one['metadata'].uid !== revised?.['metadata'].uid),
  );
  return reportDeployment(
    desk,
    deployment,
    revised && changed.find((one) => one['metadata'].uid === revised['metadata'].uid),
    changed,
  );
}

const revisionOf = (object: KubeObject): number => Number(object['metadata'].annotations?.[revisionKey] ?? 0);

function annotationsFor(deployment: KubeObject): Record<string, string> {
  const own = Object.entries((deployment['metadata'].annotations ?? {}) as Record<string, string>);
  return Object.fromEntries(own.filter(([key]) => !notCopied.has(key)));
}

async function createSet(desk: Desk, deployment: KubeObject, sets: readonly KubeObject[]): Promise<KubeObject> {
  const { name, namespace } = deployment['metadata'];
  const template = deployment['spec'].template as KubeObject;
  const hash = templateHash(template, Number(deployment['status']?.collisionCount ?? 0));
  const labels = { ...template['metadata']?.labels, [hashLabel]: hash };
  const selector = deployment['spec'].selector as KubeObject;
  const revision = Math.max(0, ...sets.map(revisionOf)) + 1;
  const set = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { ...annotationsFor(deployment), [revisionKey]: String(revision) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: 0,
      minReadySeconds: deployment['spec'].minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector['matchLabels'], [hashLabel]: hash } },
      template: { ...template, metadata: { ...template['metadata'], labels } },
    },
  };
  try {
    return await desk.client.create(resourceOf('ReplicaSet'), set);
  } catch (error) {
    if (ApiError.is(error, 409)) await countCollision(desk, deployment);
    throw error;
  }
}

/** Another template has this hash: the count goes into the next one. */
async function countCollision(desk: Desk, deployment: KubeObject): Promise<void> {
  const { namespace, name } = deployment['metadata'];
  const status = { collisionCount: Number(deployment['status']?.collisionCount ?? 0) + 1 };
  await desk.client.patch(resourceOf('Deployment'), { namespace, name, subresource: 'status' }, 'merge-patch', {
    status,
  });
}

/** The current ReplicaSet has the highest revision: one that a rollback brought back gets a new one and keeps its old. */
async function revise(
  desk: Desk,
  deployment: KubeObject,
  current: KubeObject,
  sets: readonly KubeObject[],
): Promise<KubeObject> {
  const highest = Math.max(0, ...sets.filter((one) => one['metadata'].uid !== current['metadata'].uid).map(revisionOf));
  const mine = revisionOf(current);
  const { namespace, name } = current['metadata'];
  let set = current;
  if (mine <= highest) {
    const history = [current['metadata'].annotations?.[historyKey], mine].filter(Boolean).join(',');
    const annotations = { ...annotationsFor(deployment), [revisionKey]: String(highest + 1), [historyKey]: history };
    set = await desk.client.patch(resourceOf('ReplicaSet'), { namespace, name }, 'merge-patch', {
      metadata: { annotations },
    });
  }
  if (deployment['metadata'].annotations?.[revisionKey] !== String(revisionOf(set))) {
    const annotations = { [revisionKey]: String(revisionOf(set)) };
    const ref = { namespace, name: deployment['metadata'].name };
    await desk.client.patch(resourceOf('Deployment'), ref, 'merge-patch', { metadata: { annotations } });
  }
  return set;
}

/** Moves replicas between ReplicaSets by one allowed step; the ReplicaSets as they are afterwards. */
async function rollOut(
  desk: Desk,
  deployment: KubeObject,
  current: KubeObject | undefined,
  sets: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const pods = desk.of('Pod').list(deployment['metadata'].namespace);
  const targets = rollingTargets(deployment, current, sets, pods);
  const after: KubeObject[] = [];
  for (const set of sets) {
    const target = targets.find((one) => one.set === set);
    after.push(target ? await resize(desk, deployment, target) : set);
  }
  return after;
}

async function resize(desk: Desk, deployment: KubeObject, { set, replicas }: Target): Promise<KubeObject> {
  const { namespace, name } = set['metadata'];
  const before = Number(set['spec'].replicas);
  const scaled = await desk.client.patch(resourceOf('ReplicaSet'), { namespace, name }, 'merge-patch', {
    spec: { replicas },
  });
  const direction = replicas > before ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`;
  await desk.recorder.record({ about: deployment, type: 'Normal', reason: 'ScalingReplicaSet', message });
  return scaled;
}

/** Forgets the oldest ReplicaSets beyond revisionHistoryLimit. */
async function trim(desk: Desk, deployment: KubeObject, old: readonly KubeObject[]): Promise<void> {
  const limit = Number(deployment['spec'].revisionHistoryLimit ?? 10);
  const idle = old.filter(
    (one) => one['spec'].replicas === 0 && (one['status']?.replicas ?? 0) === 0 && !isTerminating(one),
  );
  const order = (one: KubeObject): number => revisionOf(one) || seconds(one['metadata'].creationTimestamp);
  const surplus = [...idle].sort((a, b) => order(a) - order(b)).slice(0, Math.max(0, idle.length - limit));
  for (const { metadata } of surplus as { metadata: KubeObject }[]) {
    const { namespace, name, uid } = metadata as { namespace: string; name: string; uid: string };
    await desk.client.remove(resourceOf('ReplicaSet'), { namespace, name }, { uid });
  }
}
