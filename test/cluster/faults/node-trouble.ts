import { z } from 'zod';
import type { Life, NodeTrouble } from '../workloads/index.ts';
import { defineFault, role, type FaultKind } from './fault.ts';
import type { Ground, Injected } from './ground.ts';
import { deletePods, nodeOf, nodeSubject } from './lookup.ts';
import type { Recovery } from './recovery.ts';

/** Gives the node of the role's first pod a trouble on top of those it has. */
async function troubleNode(
  ground: Ground,
  near: string,
  trouble: (node: string) => Partial<NodeTrouble>,
): Promise<Injected> {
  const node = nodeOf(ground, near);
  const { nodes } = ground.world.around;
  const before = nodes.get(node);
  nodes.set(node, merged(before, trouble(node)));
  const end = async (): Promise<void> => void (before ? nodes.set(node, before) : nodes.delete(node));
  return { rootCause: nodeSubject(node), end };
}

/** Keeps getters: a trouble may depend on what runs. */
const merged = (before: Partial<NodeTrouble> | undefined, more: Partial<NodeTrouble>): Partial<NodeTrouble> =>
  Object.defineProperties({ ...before }, Object.getOwnPropertyDescriptors(more));

interface NodeFault<P extends { readonly near: string }> {
  readonly kind: string;
  readonly class: string;
  readonly params: z.ZodType<P>;
  readonly trouble: (ground: Ground, params: P, node: string) => Partial<NodeTrouble>;
  readonly recovery: (params: P) => readonly Recovery[];
  /** The process on the node that makes the trouble: whoever kills it ends that. */
  readonly process?: string;
  /** What it leaves behind, and what becomes of the node when somebody removes that. */
  readonly rubbish?: { readonly path: string; readonly remove: (ground: Ground, node: string) => void };
}

const nodeFault = <P extends { readonly near: string }>(draft: NodeFault<P>): FaultKind<P> =>
  defineFault({
    ...draft,
    async inject(ground, params) {
      const injected = await troubleNode(ground, params.near, (node) => draft.trouble(ground, params, node));
      const node = injected.rootCause.name;
      const { shells } = ground.world.around;
      const { process, rubbish } = draft;
      shells.set(node, (command) => {
        if (process && command.includes(`pkill -f ${process}`)) void injected.end();
        if (rubbish && command.includes(`rm -rf ${rubbish.path}`)) rubbish.remove(ground, node);
      });
      const end = async (): Promise<void> => {
        await injected.end();
        rubbish?.remove(ground, node);
        shells.delete(node);
      };
      return { ...injected, end };
    },
  });

/** What the node itself needs: the rest is taken, so that evictions alone do not help. */
const systemMemory = 1.1 * 2 ** 30;

const hostOf = ({ world }: Ground, node: string) => world.hosts.get(node);

/** A service of the node's own that crashes again and again and leaves a core dump each time. */
const coreDumps = { process: 'storage-agent', path: '/var/lib/systemd/coredump' } as const;
/** A process of the node's own that takes memory. */
const hoarder = 'backup-agent';

/** What a person does on the node: ends the process and removes what it left. */
export const stopCoreDumps = `pkill -f ${coreDumps.process}; rm -rf ${coreDumps.path}/*`;
export const stopHoarder = `pkill -f ${hoarder}`;

/** Something outside Kubernetes fills the node's disk until it is nearly full: DiskPressure, evictions. */
export const nodeDiskFill = nodeFault({
  kind: 'node-disk-fill',
  class: 'NodePressure',
  params: z.strictObject({ near: role, minutes: z.number().positive().default(8) }),
  trouble(ground, { minutes }, node) {
    const host = hostOf(ground, node);
    const until = (host?.disk ?? 0) * 0.95;
    const rate = (until - (host?.diskUsed ?? 0)) / (minutes * 60);
    return {
      get diskFill() {
        return (hostOf(ground, node)?.files ?? 0) < until ? rate : 0;
      },
    };
  },
  recovery: ({ near }) => [
    { what: 'ReadyShare', of: near, atLeast: 1 },
    { what: 'NodePressure', of: '@cause', below: 1 },
  ],
  process: coreDumps.process,
  rubbish: {
    path: coreDumps.path,
    remove(ground, node) {
      const host = hostOf(ground, node);
      if (host) host.files = host.disk * 0.5;
    },
  },
});

/** A process outside Kubernetes takes the node's memory: MemoryPressure, evictions. */
export const nodeMemory = nodeFault({
  kind: 'node-memory',
  class: 'NodePressure',
  params: z.strictObject({ near: role, leave: z.number().positive().default(0.03) }),
  trouble(ground, { leave }, node) {
    const host = hostOf(ground, node);
    const taken = (host?.memory ?? 0) * (1 - leave) - systemMemory;
    return { memoryTaken: Math.max(0, taken) };
  },
  process: hoarder,
  recovery: () => [{ what: 'NodePressure', of: '@cause', below: 1 }],
});

/** The kubelet hangs: no heartbeats, no metrics; its containers run on. */
export const nodeSilent = nodeFault({
  kind: 'node-silent',
  class: 'NodeNotReady',
  params: z.strictObject({ near: role }),
  trouble: () => ({ ready: 'Frozen' }),
  recovery: ({ near }) => [{ what: 'ReadyShare', of: near, atLeast: 1 }],
});

/** No packet goes to or from the node. */
export const nodeCutOff = nodeFault({
  kind: 'node-cut-off',
  class: 'NetworkPartition',
  params: z.strictObject({ near: role }),
  trouble: () => ({ cutOff: true }),
  recovery: ({ near }) => [
    { what: 'ReadyShare', of: near, atLeast: 1 },
    { what: 'ErrorShare', of: 'frontend', below: 0.1 },
  ],
});

/** A bad cable: a part of the packets is lost. */
export const packetLoss = nodeFault({
  kind: 'packet-loss',
  class: 'PacketLoss',
  params: z.strictObject({ near: role, loss: z.number().min(0).max(1).default(0.3) }),
  trouble: (_ground, { loss }) => ({ loss }),
  recovery: () => [{ what: 'MovablePods', of: '@cause', below: 1 }],
});

/** The node's network agent lost its state: new pods get no network until the agent is started anew. */
export const cniFailure = defineFault({
  kind: 'cni-failure',
  class: 'CniFailure',
  params: z.strictObject({ near: role }),
  async inject(ground, { near }) {
    const began = ground.clock.now();
    const injected = await troubleNode(ground, near, (node) => ({
      get cniBroken() {
        return !agentsOn(ground, node).some((life) => life.startedAt > began);
      },
    }));
    await deletePods(ground, near);
    return injected;
  },
  recovery: ({ near }) => [
    { what: 'ReadyShare', of: near, atLeast: 1 },
    { what: 'WaitingContainers', of: near, below: 1 },
  ],
});

const agentsOn = ({ world }: Ground, node: string): readonly Life[] =>
  [...world.lives.values()].filter(
    (life) => life.view.profile?.role === 'cni-agent' && life.view.node === node && !life.ended,
  );
