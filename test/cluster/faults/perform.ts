import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { quantity, type Profile } from '../workloads/index.ts';
import type { Ground, Injected, Subject } from './ground.ts';
import { edit, nodeSubject, podsOf, subjectOf, workloadOf } from './lookup.ts';
import type { Step } from './steps.ts';

type StepOf<A extends Step['action']> = Extract<Step, { readonly action: A }>;
type Doing<A extends Step['action']> = (ground: Ground, step: StepOf<A>, cause: Subject) => Promise<void>;

const profileOf = ({ world }: Ground, role: string): Profile => world.shop.byRole(role);
const workload = (ground: Ground, of: string, cause: Subject): Subject =>
  of === '@cause' ? cause : subjectOf(profileOf(ground, of));
const isReady = (pod: KubeObject): boolean =>
  ((pod['status']?.conditions ?? []) as KubeObject[]).some(
    (one) => one['type'] === 'Ready' && one['status'] === 'True',
  );
const remove = (ground: Ground, pod: KubeObject, force = false): Promise<void> =>
  ground.client.remove(resourceOf('Pod'), pod['metadata'], {
    uid: pod['metadata'].uid,
    ...(force && { gracePeriodSeconds: 0 }),
  });

/** As `kubectl rollout restart`, of any workload. */
async function restart(ground: Ground, { of }: { readonly of: string }, cause: Subject): Promise<void> {
  const at = new Date(ground.clock.now() * 1000).toISOString();
  const annotations = { 'kubectl.kubernetes.io/restartedAt': at };
  await edit(ground, workload(ground, of, cause), { spec: { template: { metadata: { annotations } } } });
}

/** As `kubectl rollout undo`. */
async function rollback(ground: Ground, { of }: StepOf<'rollback_deployment'>): Promise<void> {
  const profile = profileOf(ground, of);
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
  { of, cpuFactor, memoryFactor }: StepOf<'increase_resources'>,
  cause: Subject,
): Promise<void> {
  const subject = workload(ground, of, cause);
  const container = (await ground.client.get(resourceOf(subject.kind), subject))?.['spec'].template.spec.containers[0];
  const now = container?.resources?.limits ?? {};
  const limits = {
    ...(cpuFactor && { cpu: `${Math.round(quantity(now.cpu) * cpuFactor * 1000)}m` }),
    ...(memoryFactor && { memory: String(Math.round(quantity(now.memory) * memoryFactor)) }),
  };
  const containers = [{ name: container?.name, resources: { limits } }];
  const body = { spec: { template: { spec: { containers } } } };
  await ground.client.patch(resourceOf(subject.kind), subject, 'strategic-merge-patch', body);
}

async function deletePods(ground: Ground, step: StepOf<'delete_pod'>): Promise<void> {
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
  edit(ground, nodeSubject(node), { spec: { unschedulable } });

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
async function expand(ground: Ground, { of, factor }: StepOf<'expand_pvc'>): Promise<void> {
  const profile = profileOf(ground, of);
  for (const disk of ground.world.disks.all.values()) {
    if (disk.profile !== profile) continue;
    const storage = `${Math.ceil((disk.capacity * factor) / 2 ** 30)}Gi`;
    const claim = { kind: 'PersistentVolumeClaim', namespace: disk.namespace, name: disk.claim };
    await edit(ground, claim, { spec: { resources: { requests: { storage } } } });
  }
}

/** As `cmctl renew`: the issuer is told by a condition that a new certificate is wanted. */
async function renew(ground: Ground, cause: Subject): Promise<void> {
  const certificate = await ground.client.get(resourceOf('Certificate'), cause);
  const others = ((certificate?.['status']?.conditions ?? []) as KubeObject[]).filter(
    (one) => one['type'] !== 'Issuing',
  );
  const wanted = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'Certificate re-issuance manually triggered',
    lastTransitionTime: new Date(ground.clock.now() * 1000).toISOString(),
  };
  const ref = { ...cause, subresource: 'status' };
  await ground.client.patch(resourceOf('Certificate'), ref, 'merge-patch', {
    status: { conditions: [...others, wanted] },
  });
}

/** A pod in the node's own namespaces with its root file system; critical, because a node in need takes no other. */
function shellOn(node: string, script: string): KubeObject {
  const image = 'busybox:1.37';
  const container = {
    name: 'debugger',
    image,
    command: ['chroot', '/host', 'sh', '-c', script],
    securityContext: { privileged: true },
    volumeMounts: [{ name: 'host-root', mountPath: '/host' }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'kube-system', name: `node-debugger-${node}` },
    spec: {
      nodeName: node,
      hostPID: true,
      hostNetwork: true,
      restartPolicy: 'Never',
      priorityClassName: 'system-node-critical',
      tolerations: [{ operator: 'Exists' }],
      containers: [container],
      volumes: [{ name: 'host-root', hostPath: { path: '/' } }],
    },
  };
}

async function deleteLabelled({ client, world }: Ground, step: StepOf<'delete_labelled'>): Promise<void> {
  const { namespace } = world.shop.byRole(step.near);
  const resource = resourceOf(step.kind);
  const { items } = await client.list(resource, { namespace, labelSelector: step.label });
  for (const { metadata } of items) await client.remove(resource, { namespace, name: metadata.name });
}

const named = (of: '@cause' | Subject, cause: Subject): Subject => (of === '@cause' ? cause : of);

const doings: { readonly [A in Step['action']]: Doing<A> } = {
  scale_deployment: (ground, { of, replicas }, cause) =>
    edit(ground, workload(ground, of, cause), { spec: { replicas } }),
  restart_deployment: restart,
  restart_statefulset: restart,
  restart_daemonset: restart,
  rollback_deployment: rollback,
  increase_resources: increase,
  delete_pod: deletePods,
  cordon_node: (ground, _step, cause) => setUnschedulable(ground, cause.name, true),
  uncordon_node: (ground, _step, cause) => setUnschedulable(ground, cause.name, false),
  drain_node: (ground, _step, cause) => drain(ground, cause.name),
  update_hpa: (ground, { of, max }) =>
    edit(
      ground,
      { ...subjectOf(profileOf(ground, of)), kind: 'HorizontalPodAutoscaler' },
      { spec: { maxReplicas: max } },
    ),
  expand_pvc: expand,
  rotate_secrets: (ground, _step, cause) => renew(ground, cause),
  notify_only: async () => undefined,
  patch_object: (ground, { kind, body }, cause) => edit(ground, { ...cause, ...(kind && { kind }) }, body),
  delete_object: ({ client }, { of }, cause) => {
    const { kind, namespace, name } = named(of, cause);
    return client.remove(resourceOf(kind), { namespace, name });
  },
  delete_labelled: deleteLabelled,
  debug_node: async ({ client }, { script }, cause) => {
    await client.create(resourceOf('Pod'), shellOn(cause.name, script));
  },
};

/** Does what a step says, with a person's rights and without asking KubeWise. */
export async function perform(ground: Ground, step: Step, injected: Injected): Promise<void> {
  const doing = doings[step.action] as Doing<Step['action']>;
  await doing(ground, step, injected.rootCause);
}
