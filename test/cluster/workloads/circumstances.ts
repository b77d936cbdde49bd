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

export const soundNode: NodeTrouble = {
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
  /** Pulls of repositories that start with one of these need a valid secret. */
  readonly closed: Set<string>;
}

/** The control plane's own health, as its metrics show it. */
export interface ControlPlane {
  /** Seconds added to each API request. */
  apiDelay: number;
  apiErrors: number;
  /** Seconds added to each fsync of etcd. */
  fsyncDelay: number;
  leaderChanges: number;
  schedulerStuck: boolean;
}

/** Everything about the world that faults can change and that no Kubernetes object says. Mutable on purpose. */
export interface Circumstances {
  readonly effects: Set<Effect>;
  /** Traffic in relation to normal. */
  readonly traffic: Map<Role, number>;
  readonly nodes: Map<string, Partial<NodeTrouble>>;
  readonly registry: Registry;
  /** Share of DNS lookups that fail for reasons outside CoreDNS's own pods. */
  dnsFailing: number;
  /** Extra bytes per second by claim, `namespace/name`. */
  readonly volumeFill: Map<string, number>;
  /** Passwords that databases accept now, by secret; unset = the one the secret had at start. */
  readonly passwords: Map<string, string>;
  /** Roles that cannot serve although their pods run (a primary that is gone, a corrupt index). */
  readonly broken: Map<Role, () => boolean>;
  readonly certificates: Map<string, number>;
  readonly controlPlane: ControlPlane;
}

export function calmCircumstances(): Circumstances {
  return {
    effects: new Set(),
    traffic: new Map(),
    nodes: new Map(),
    registry: { releases: new Map(), reachable: true, closed: new Set() },
    dnsFailing: 0,
    volumeFill: new Map(),
    passwords: new Map(),
    broken: new Map(),
    certificates: new Map(),
    controlPlane: { apiDelay: 0, apiErrors: 0, fsyncDelay: 0, leaderChanges: 0, schedulerStuck: false },
  };
}

export const troubleOf = (circumstances: Circumstances, node: string): NodeTrouble => ({
  ...soundNode,
  ...circumstances.nodes.get(node),
});
