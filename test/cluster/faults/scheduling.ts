import { z } from 'zod';
import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { defineFault, role } from './fault.ts';
import { planeOf, type Ground, type Injected, type Subject } from './ground.ts';
import { holderOf, holdLease } from './leases.ts';
import {
  befall,
  deletePods,
  edit,
  editContainer,
  every,
  nodeOf,
  nodeSubject,
  person,
  podsOf,
  subjectOf,
} from './lookup.ts';
import { drain } from './perform.ts';
import type { Recovery } from './recovery.ts';

const allReady = ({ role }: { readonly role: string }): readonly Recovery[] => [
  { what: 'ReadyShare', of: role, atLeast: 1 },
  { what: 'PendingPods', of: role, below: 1 },
];
const nodesOf = ({ cluster }: Ground): readonly string[] =>
  cluster.list('Node').map((node) => node['metadata'].name as string);

/** Every node is as wrong as the others; the first is where the pod was. */
const allNodes = (ground: Ground, first: string): Pick<Injected, 'rootCause' | 'others'> => ({
  rootCause: nodeSubject(first),
  others: nodesOf(ground)
    .filter((name) => name !== first)
    .map(nodeSubject),
});

/** A quota of as many pods as run: what is deleted does not come back. */
export const quotaTooSmall = defineFault({
  kind: 'unschedulable-quota',
  class: 'QuotaExceeded',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const { namespace } = profile;
    const pods = ground.cluster.list('Pod').filter((pod) => pod['metadata'].namespace === namespace).length;
    const quota = { kind: 'ResourceQuota', namespace, name: 'pods' };
    const body = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { namespace, name: 'pods' },
      spec: { hard: { pods: String(pods - 1) } },
    };
    await ground.client.create(resourceOf('ResourceQuota'), body, person);
    await deletePods(ground, role);
    return { rootCause: quota, end: () => ground.client.remove(resourceOf('ResourceQuota'), quota) };
  },
  recovery: (params) => allReady(params),
});

/** All nodes are kept for something else by a taint; what moves finds no place. */
export const taintedNodes = defineFault({
  kind: 'unschedulable-taint',
  class: 'Unschedulable',
  params: z.strictObject({ role, key: z.string().default('dedicated'), value: z.string().default('batch') }),
  async inject(ground, { role, key, value }) {
    const first = nodeOf(ground, role);
    const set = async (taints: readonly KubeObject[]): Promise<void> => {
      for (const name of nodesOf(ground)) await edit(ground, nodeSubject(name), { spec: { taints } });
    };
    await set([{ key, value, effect: 'NoSchedule' }]);
    await deletePods(ground, role);
    return { ...allNodes(ground, first), end: () => set([]) };
  },
  recovery: (params) => allReady(params),
});

/** Every node is still cordoned after maintenance. */
export const forgottenCordon = defineFault({
  kind: 'unschedulable-cordon',
  class: 'Unschedulable',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const first = nodeOf(ground, role);
    const set = async (unschedulable: boolean): Promise<void> => {
      for (const name of nodesOf(ground)) await edit(ground, nodeSubject(name), { spec: { unschedulable } });
    };
    await set(true);
    await deletePods(ground, role);
    return { ...allNodes(ground, first), end: () => set(false) };
  },
  recovery: (params) => allReady(params),
});

/** A node selector that no node meets. */
export const impossibleAffinity = defineFault({
  kind: 'unschedulable-affinity',
  class: 'Unschedulable',
  params: z.strictObject({ role, label: z.string().default('disktype'), value: z.string().default('nvme') }),
  async inject(ground, { role, label, value }) {
    const subject = subjectOf(ground.world.shop.byRole(role));
    const set = (nodeSelector: KubeObject | null): Promise<void> =>
      edit(ground, subject, { spec: { template: { spec: { nodeSelector } } } });
    await set({ [label]: value });
    return { rootCause: subject, end: () => set(null) };
  },
  recovery: (params) => allReady(params),
});

/** A request that is larger than any node. */
export const hugeRequest = defineFault({
  kind: 'unschedulable-resources',
  class: 'Unschedulable',
  params: z.strictObject({ role, cpu: z.string().default('24') }),
  async inject(ground, { role, cpu }) {
    const profile = ground.world.shop.byRole(role);
    await editContainer(ground, profile, { resources: { requests: { cpu }, limits: { cpu } } });
    const { requests, limits } = profile;
    const before = { requests: { cpu: requests.cpu }, limits: { cpu: limits.cpu } };
    return { rootCause: subjectOf(profile), end: () => editContainer(ground, profile, { resources: before }) };
  },
  recovery: (params) => allReady(params),
});

const podSubject = (pod: KubeObject | undefined): Subject => ({
  kind: 'Pod',
  namespace: pod?.['metadata'].namespace ?? '',
  name: pod?.['metadata'].name ?? '',
});

/** A process in uninterruptible sleep: the pod of a stateful set does not end, and so its successor cannot begin. */
export const stuckTerminating = defineFault({
  kind: 'stuck-terminating',
  class: 'StuckTerminating',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const [pod] = podsOf(ground, role);
    const uid: unknown = pod?.['metadata'].uid;
    const end = befall(ground, { touches: (one) => one.uid === uid, traits: () => ({ unkillable: true }) });
    await deletePods(ground, role);
    return { rootCause: podSubject(pod), end };
  },
  recovery: ({ role }) => [
    { what: 'TerminatingPods', of: role, below: 1 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/** A budget that wants as many pods as there are: an operator drains a node and gets nowhere. */
export const blockingBudget = defineFault({
  kind: 'pdb-blocks',
  class: 'DisruptionBlocked',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const budget = { ...subjectOf(profile), kind: 'PodDisruptionBudget' };
    const before = profile.disruption ?? 1;
    await edit(ground, budget, { spec: { minAvailable: profile.replicas } });
    await ground.clock.sleep(30);
    const node = nodeOf(ground, role);
    const stop = every(ground, 60, () => drainOnce(ground, node));
    const end = async (): Promise<void> => {
      await edit(ground, budget, { spec: { minAvailable: before } });
      await ground.clock.sleep(90);
      stop();
    };
    return { rootCause: budget, end };
  },
  recovery: ({ role }) => [
    { what: 'CordonedNodes', atLeast: 1, of: '' },
    { what: 'CordonedPods', below: 1, of: '' },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

const drainOnce = (ground: Ground, node: string): Promise<void> => drain(ground, node, 1);

export const schedulerLease = { kind: 'Lease', namespace: 'kube-system', name: 'kube-scheduler' } as const;

/**
 * The scheduler that leads hangs, but its lease is renewed: new pods wait, no event says why, and the one that stands by
 * may not take over before the lease is free.
 */
export const schedulerStuck = defineFault({
  kind: 'scheduler-stuck',
  class: 'SchedulerStuck',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const plane = planeOf(ground);
    const [hung, standby] = ['control-plane-1', 'control-plane-2'];
    await holdLease(ground, schedulerLease, hung);
    plane.pause('scheduler');
    const takeOver = async (): Promise<void> => {
      stop();
      await holdLease(ground, schedulerLease, standby);
      plane.resume('scheduler');
    };
    const stop = every(ground, 10, async () => {
      if ((await holderOf(ground, schedulerLease)) === hung) await holdLease(ground, schedulerLease, hung);
      else await takeOver();
    });
    await deletePods(ground, role);
    const rootCause = { kind: 'Component', namespace: '', name: 'kube-scheduler' };
    return { rootCause, end: takeOver };
  },
  recovery: (params) => allReady(params),
});
