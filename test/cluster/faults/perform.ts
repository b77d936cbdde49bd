import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { quantity, type Profile } from '../workloads/index.ts';
import type { Ground, Injected } from './ground.ts';
import { edit, editContainer, podsOf, subjectOf, workloadOf } from './lookup.ts';
import type { Step } from './steps.ts';

type Doing<A extends Step['action']> = (
  ground: Ground,
  step: Extract<Step, { readonly action: A }>,
  cause: string,
  injected: Injected,
) => Promise<void>;

const profileOf = ({ world }: Ground, role: string): Profile => world.shop.byRole(role);
const isReady = (pod: KubeObject): boolean =>
  ((pod['status']?.conditions ?? []) as KubeObject[]).some(
    (one) => one['type'] === 'Ready' && one['status'] === 'True',
  );
const remove = (ground: Ground, pod: KubeObject, force = false): Promise<void> =>
  ground.client.remove(resourceOf('Pod'), pod['metadata'], {
    uid: pod['metadata'].uid,
    ...(force && { gracePeriodSeconds: 0 }),
  });

async function restart(ground: Ground, role: string): Promise<void> {
  const at = new Date(ground.clock.now() * 1000).toISOString();
  const annotations = { 'kubectl.kubernetes.io/restartedAt': at };
  await edit(ground, subjectOf(profileOf(ground, role)), { spec: { template: { metadata: { annotations } } } });
}

/** As `kubectl rollout undo`. */
async function rollback(ground: Ground, role: string): Promise<void> {
  const profile = profileOf(ground, role);
  const deployment = workloadOf(ground, profile);
  const revisionOf = (one: KubeObject): number =>
    Number(one['metadata'].annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const today = JSON.stringify(deployment?.['spec'].template.spec);
  // A restart makes a revision too: the one to go back to is another pod spec.
  const previous = ground.cluster
    .list('ReplicaSet')
    .filter((one) => one['metadata'].ownerReferences?.[0]?.uid === deployment?.['metadata'].uid)
    .sort((a, b) => revisionOf(b) - revisionOf(a))
    .find((one) => JSON.stringify(one['spec'].template.spec) !== today);
  if (!previous) throw new Error(`${profile.name} has no earlier revision`);
  const template = structuredClone(previous['spec'].template) as KubeObject;
  delete template['metadata'].labels['pod-template-hash'];
  const body = [{ op: 'replace', path: '/spec/template', value: template }];
  await ground.client.patch(resourceOf('Deployment'), profile, 'json-patch', body);
}

async function increase(
  ground: Ground,
  { of, cpuFactor, memoryFactor }: Extract<Step, { action: 'increase_resources' }>,
): Promise<void> {
  const profile = profileOf(ground, of);
  const limits = workloadOf(ground, profile)?.['spec'].template.spec.containers[0].resources?.limits ?? {};
  const cpu = cpuFactor && `${Math.round(quantity(limits.cpu) * cpuFactor * 1000)}m`;
  const memory = memoryFactor && String(Math.round(quantity(limits.memory) * memoryFactor));
  const bigger = { ...(cpu && { cpu }), ...(memory && { memory }) };
  await editContainer(ground, profile, { resources: { limits: bigger } });
}

async function deletePods(ground: Ground, step: Extract<Step, { action: 'delete_pod' }>): Promise<void> {
  const pods = podsOf(ground, step.of);
  const chosen = {
    First: pods.slice(0, 1),
    Last: pods.slice(-1),
    Unready: pods.filter((pod) => !isReady(pod) || pod['metadata'].deletionTimestamp),
    All: pods,
  }[step.which];
  for (const pod of chosen) await remove(ground, pod, step.force);
}

const setUnschedulable = (ground: Ground, node: string, unschedulable: boolean): Promise<void> =>
  edit(ground, { kind: 'Node', namespace: '', name: node }, { spec: { unschedulable } });

/** Cordons, then evicts what may be evicted; a budget that says no is asked again for ten minutes. */
export async function drain(ground: Ground, node: string, rounds = 40): Promise<void> {
  await setUnschedulable(ground, node, true);
  const left = (): readonly KubeObject[] =>
    ground.cluster
      .list('Pod')
      .filter((pod) => pod['spec'].nodeName === node && !pod['metadata'].deletionTimestamp)
      .filter((pod) => pod['metadata'].ownerReferences?.[0]?.kind !== 'DaemonSet');
  for (let round = 0; round < rounds && left().length > 0; round += 1) {
    for (const pod of left()) {
      const { namespace, name, uid } = pod['metadata'];
      await ground.client.evict(namespace, name, uid);
    }
    await ground.clock.sleep(15);
  }
}

/** Grows every claim of the role. */
async function expand(ground: Ground, role: string, factor: number): Promise<void> {
  const profile = profileOf(ground, role);
  for (const disk of ground.world.disks.all.values()) {
    if (disk.profile !== profile) continue;
    const storage = `${Math.ceil((disk.capacity * factor) / 2 ** 30)}Gi`;
    const claim = { kind: 'PersistentVolumeClaim', namespace: disk.namespace, name: disk.claim };
    await edit(ground, claim, { spec: { resources: { requests: { storage } } } });
  }
}

const doings: { readonly [A in Step['action']]: Doing<A> } = {
  scale_deployment: (ground, { of, replicas }) =>
    edit(ground, subjectOf(profileOf(ground, of)), { spec: { replicas } }),
  restart_deployment: (ground, { of }) => restart(ground, of),
  restart_daemonset: (ground, { of }) => restart(ground, of),
  rollback_deployment: (ground, { of }) => rollback(ground, of),
  increase_resources: increase,
  delete_pod: deletePods,
  cordon_node: (ground, _step, cause) => setUnschedulable(ground, cause, true),
  uncordon_node: (ground, _step, cause) => setUnschedulable(ground, cause, false),
  drain_node: (ground, _step, cause) => drain(ground, cause),
  update_hpa: (ground, { of, max }) =>
    edit(
      ground,
      { ...subjectOf(profileOf(ground, of)), kind: 'HorizontalPodAutoscaler' },
      { spec: { maxReplicas: max } },
    ),
  expand_pvc: (ground, { of, factor }) => expand(ground, of, factor),
  rotate_secrets: (_ground, _step, _cause, injected) => injected.end(),
  notify_only: async () => undefined,
  call_a_person: (_ground, _step, _cause, injected) => injected.end(),
};

/** Does what a step says, with a person's rights and without asking KubeWise. */
export async function perform(ground: Ground, step: Step, injected: Injected): Promise<void> {
  const doing = doings[step.action] as Doing<Step['action']>;
  const of = 'of' in step && step.of !== '@cause' ? step.of : undefined;
  const isNode = step.action.endsWith('_node');
  await doing(ground, step, isNode && of !== undefined ? of : injected.rootCause.name, injected);
}
