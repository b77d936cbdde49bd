import type { PodView } from './pod-view.ts';
import type { Role } from './profile.ts';
import type { Traits } from './traits.ts';

/** Something that befalls some pods while it lasts. */
export interface Effect {
  touches(pod: PodView): boolean;
  traits(pod: PodView, now: number): Partial<Traits>;
}

/** What is wrong with a node or its surroundings. */
export interface NodeTrouble {
  readonly ready: 'True' | 'False' | 'Frozen';
  /** Cores and bytes that something outside Kubernetes takes. */
  readonly cpuTaken: number;
  readonly memoryTaken: number;
  /** Bytes per second that something writes to its disk. */
  readonly diskFill: number;
  /** Share of packets lost. */
  readonly loss: number;
  /** No packets to or from the other nodes. */
  readonly cutOff: boolean;
  /** New pods get no network. */
  readonly cniBroken: boolean;
}

const soundNode: NodeTrouble = {
  ready: 'True',
  cpuTaken: 0,
  memoryTaken: 0,
  diskFill: 0,
  loss: 0,
  cutOff: false,
  cniBroken: false,
};

/** What the image registry knows and whom it lets in. */
export interface Registry {
  /** Releases that exist, with what is wrong with them; keys are whole image names. */
  readonly releases: Map<string, Partial<Traits>>;
  reachable: boolean;
  /** Each says whether it keeps a pod from pulling (an expired credential, a closed repository). */
  readonly locks: Set<(pod: PodView) => boolean>;
}

/** What weighs on the control plane, as its metrics show it. */
export interface Strain {
  /** Seconds added to each API request, and to each fsync of etcd. */
  readonly apiDelay: number;
  readonly fsyncDelay: number;
  /** Share of API requests that fail. */
  readonly apiErrors: number;
}

/** Everything about the world that faults can change and that no Kubernetes object says. Mutable on purpose. */
export interface Circumstances {
  readonly effects: Set<Effect>;
  /** Traffic in relation to normal. */
  readonly traffic: Map<Role, number>;
  readonly nodes: Map<string, Partial<NodeTrouble>>;
  /** What a command of root's does on a node, by node: only there can one get at what runs outside Kubernetes. */
  readonly shells: Map<string, (command: string) => void>;
  readonly registry: Registry;
  /** Share of DNS lookups that fail for reasons outside CoreDNS's own pods. */
  dnsFailing: number;
  /** Extra bytes per second by claim, `namespace/name`. */
  readonly volumeFill: Map<string, () => number>;
  /** Passwords that databases accept now, by secret; unset = the one the secret had at start. */
  readonly passwords: Map<string, string>;
  /** Roles that cannot serve although their pods run (a primary that is gone, a corrupt index). */
  readonly broken: Map<Role, () => boolean>;
  /** What strains the control plane now; each is asked anew at every sample. */
  readonly strains: Set<() => Partial<Strain>>;
}

export function calmCircumstances(): Circumstances {
  return {
    effects: new Set(),
    traffic: new Map(),
    nodes: new Map(),
    shells: new Map(),
    registry: { releases: new Map(), reachable: true, locks: new Set() },
    dnsFailing: 0,
    volumeFill: new Map(),
    passwords: new Map(),
    broken: new Map(),
    strains: new Set(),
  };
}

export function strainOf({ strains }: Circumstances): Strain {
  const all = [...strains].map((one) => one());
  const sum = (key: keyof Strain): number => all.reduce((total, one) => total + (one[key] ?? 0), 0);
  return { apiDelay: sum('apiDelay'), fsyncDelay: sum('fsyncDelay'), apiErrors: Math.min(1, sum('apiErrors')) };
}

export const troubleOf = (circumstances: Circumstances, node: string): NodeTrouble => ({
  ...soundNode,
  ...circumstances.nodes.get(node),
});
