import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { controllerKey, isControlledBy } from './owners.ts';
import { isFinished, isReady, isTerminating, podFrom, untilAvailable } from './pods.ts';
import { currentRevision, revisionLabel, revisionsOf, trimRevisions } from './revisions.ts';

/** Numbered pods with claims of their own, made and replaced one after the other. */
export const startStatefulSets = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'statefulset',
    watches: [
      ['StatefulSet', itself],
      ['Pod', controllerKey('StatefulSet')],
      ['ControllerRevision', () => []],
      ['PersistentVolumeClaim', () => []],
    ],
    reconcile,
  });

const ordinalOf = (pod: KubeObject): number => Number(/-(\d+)$/.exec(pod['metadata'].name)?.[1] ?? -1);

const isHealthy = (pod: KubeObject): boolean =>
  isReady(pod) && pod['status']?.phase === 'Running' && !isTerminating(pod);

interface Work {
  readonly desk: Desk;
  readonly set: KubeObject;
  /** By ordinal. */
  readonly pods: ReadonlyMap<number, KubeObject>;
  readonly current: string;
  readonly update: string;
}

async function reconcile(key: string, desk: Desk): Promise<number | undefined> {
  const set = desk.of('StatefulSet').get(key);
  if (!set || isTerminating(set)) return undefined;
  const revision = await currentRevision(desk, set);
  const update = revision['metadata'].name as string;
  const known = set['status']?.currentRevision as string | undefined;
  const current = known && revisionsOf(desk, set).some((one) => one['metadata'].name === known) ? known : update;
  const work = { desk, set, pods: podsOf(desk, set), current, update };
  await step(work);
  const after = { ...work, pods: podsOf(desk, set) };
  const again = await report(after);
  const used = [...after.pods.values()].map(
    (pod) => `${set['metadata'].name}-${pod['metadata'].labels?.[revisionLabel]}`,
  );
  await trimRevisions(desk, set, new Set([...used, current, update]));
  return again;
}

const podsOf = (desk: Desk, set: KubeObject): ReadonlyMap<number, KubeObject> =>
  new Map(
    desk
      .of('Pod')
      .list(set['metadata'].namespace)
      .filter((one) => isControlledBy(one, set))
      .map((one) => [ordinalOf(one), one]),
  );

/** One move: make what is missing, in order; take away what is too much, from the end; replace what is old. */
async function step(work: Work): Promise<void> {
  const { set, pods } = work;
  const replicas = Number(set['spec'].replicas ?? 1);
  const ordered = set['spec'].podManagementPolicy !== 'Parallel';
  for (let ordinal = 0; ordinal < replicas; ordinal += 1) {
    const pod = pods.get(ordinal);
    if (pod && isFinished(pod) && !isTerminating(pod)) await remove(work, pod);
    else if (!pod) await make(work, ordinal);
    // A pod that never gets ready holds up everything after it, also the roll-back of what broke it: as in Kubernetes.
    if (ordered && !(pod && isHealthy(pod))) return;
  }
  const surplus = [...pods].filter(([ordinal]) => ordinal >= replicas).sort(([a], [b]) => b - a);
  for (const [, pod] of surplus) {
    if (!isTerminating(pod)) await remove(work, pod);
    if (ordered) return;
  }
  if (set['spec'].updateStrategy?.type !== 'OnDelete') await replaceOld(work, replicas);
}

async function replaceOld(work: Work, replicas: number): Promise<void> {
  const { set, pods, update } = work;
  const from = Number(set['spec'].updateStrategy?.rollingUpdate?.partition ?? 0);
  for (let ordinal = replicas - 1; ordinal >= from; ordinal -= 1) {
    const pod = pods.get(ordinal);
    if (!pod) return;
    if (revisionName(set, pod) !== update && !isTerminating(pod)) return remove(work, pod);
    if (!isHealthy(pod)) return;
  }
}

const revisionName = (set: KubeObject, pod: KubeObject): string =>
  `${set['metadata'].name}-${pod['metadata'].labels?.[revisionLabel] ?? ''}`;

async function remove({ desk, set }: Work, pod: KubeObject): Promise<void> {
  const { namespace, name, uid } = pod['metadata'];
  await desk.client.remove(resourceOf('Pod'), { namespace, name }, { uid });
  await say(desk, set, 'SuccessfulDelete', `delete Pod ${name} in StatefulSet ${set['metadata'].name} successful`);
}

const say = (desk: Desk, about: KubeObject, reason: string, message: string): Promise<void> =>
  desk.recorder.record({ about, type: reason.startsWith('Failed') ? 'Warning' : 'Normal', reason, message });

/** Ordinals below the partition stay with the old template. */
async function make(work: Work, ordinal: number): Promise<void> {
  const { desk, set, current, update } = work;
  const partition = Number(set['spec'].updateStrategy?.rollingUpdate?.partition ?? 0);
  const revision = ordinal < partition ? current : update;
  const old = revisionsOf(desk, set).find((one) => one['metadata'].name === revision);
  const template = (old?.['data'].spec.template ?? set['spec'].template) as KubeObject;
  const name = `${set['metadata'].name}-${ordinal}`;
  for (const claim of claimsOf(set, name)) await ensureClaim(desk, set, claim, name);
  const hash = revision.slice(String(set['metadata'].name).length + 1);
  try {
    await desk.client.create(resourceOf('Pod'), podOf(set, template, name, ordinal, hash));
  } catch (error) {
    await say(
      desk,
      set,
      'FailedCreate',
      `create Pod ${name} in StatefulSet ${set['metadata'].name} failed error: ${(error as Error).message}`,
    );
    throw error;
  }
  await say(desk, set, 'SuccessfulCreate', `create Pod ${name} in StatefulSet ${set['metadata'].name} successful`);
}

function podOf(set: KubeObject, template: KubeObject, name: string, ordinal: number, hash: string): KubeObject {
  const { $patch: _patch, ...plain } = template;
  const pod = podFrom(plain, set);
  const claims = ((set['spec'].volumeClaimTemplates ?? []) as KubeObject[]).map(({ metadata }) => ({
    name: (metadata as KubeObject)['name'],
    persistentVolumeClaim: { claimName: `${(metadata as KubeObject)['name']}-${name}` },
  }));
  const others = ((plain['spec'].volumes ?? []) as KubeObject[]).filter(
    (one) => !claims.some((claim) => claim.name === one['name']),
  );
  const labels = {
    ...plain['metadata']?.labels,
    [revisionLabel]: hash,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
  };
  return {
    ...pod,
    metadata: { ...pod['metadata'], name, labels },
    spec: { ...plain['spec'], hostname: name, subdomain: set['spec'].serviceName, volumes: [...claims, ...others] },
  };
}

const claimsOf = (set: KubeObject, pod: string): readonly KubeObject[] =>
  ((set['spec'].volumeClaimTemplates ?? []) as KubeObject[]).map((template) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...template['metadata'],
      name: `${template['metadata'].name}-${pod}`,
      namespace: set['metadata'].namespace,
      labels: { ...template['metadata'].labels, ...set['spec'].selector?.matchLabels },
    },
    spec: template['spec'],
  }));

/** Claims outlive their pods: that is the point of them. */
async function ensureClaim(desk: Desk, set: KubeObject, claim: KubeObject, pod: string): Promise<void> {
  const { namespace, name } = claim['metadata'];
  if (desk.of('PersistentVolumeClaim').get(`${namespace}/${name}`)) return;
  await desk.client.create(resourceOf('PersistentVolumeClaim'), claim);
  const message = `create Claim ${name} Pod ${pod} in StatefulSet ${set['metadata'].name} success`;
  await say(desk, set, 'SuccessfulCreate', message);
}

async function report(work: Work): Promise<number | undefined> {
  const { desk, set, pods, update } = work;
  const replicas = Number(set['spec'].replicas ?? 1);
  const live = [...pods.values()].filter((pod) => !isTerminating(pod) && !isFinished(pod));
  const of = (revision: string): number => live.filter((pod) => revisionName(set, pod) === revision).length;
  const ready = live.filter(isHealthy);
  const waits = live.map((pod) => untilAvailable(pod, Number(set['spec'].minReadySeconds ?? 0), desk.clock.now()));
  const done = of(update) === replicas && ready.length === replicas && live.length === replicas;
  const current = done ? update : work.current;
  await writeStatus(desk.client, 'StatefulSet', set, {
    observedGeneration: set['metadata'].generation,
    replicas: pods.size,
    readyReplicas: ready.length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    currentReplicas: of(current),
    updatedReplicas: of(update),
    currentRevision: current,
    updateRevision: update,
    collisionCount: Number(set['status']?.collisionCount ?? 0),
  });
  const pending = waits.filter((wait): wait is number => wait !== undefined && wait > 0);
  return pending.length > 0 ? Math.min(...pending) : undefined;
}
