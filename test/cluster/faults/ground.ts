import type { ApiFaults } from '../api/index.ts';
import type { SimClock } from '../clock.ts';
import type { KubeClient } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import type { ClusterView, World } from '../workloads/index.ts';

/** The handles on the control plane that faults need; absent beside a real one. */
export interface Plane {
  readonly faults: ApiFaults;
  /** Stops and resumes one of the cluster's controllers. */
  readonly pause: (controller: string) => void;
  readonly resume: (controller: string) => void;
  /** Starts a GitOps agent that keeps these manifests as they are; ends with the returned function. */
  readonly reconcileFromGit: (
    name: string,
    manifests: readonly KubeObject[],
  ) => { commit(next: readonly KubeObject[]): void; stop(): void };
}

/** Where a fault happens: the model, the objects, and an API client with a person's rights. */
export interface Ground {
  readonly world: World;
  readonly cluster: ClusterView;
  readonly client: KubeClient;
  readonly clock: SimClock;
  readonly plane?: Plane;
}

/** An object as ground truth names it. */
export interface Subject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A fault that has been injected. */
export interface Injected {
  /** The object that a good diagnosis names. */
  readonly rootCause: Subject;
  /** When more is wrong at once: the objects of the others, with their class where it is another one. */
  readonly others?: readonly (Subject & { readonly class?: string })[];
  /** The cause goes away, as when whoever made it takes it back. What it broke may stay broken. */
  end(): Promise<void>;
}

/** The control plane's handles, or a word about why the fault cannot be made here. */
export function planeOf(ground: Ground): Plane {
  if (!ground.plane) throw new Error('this fault needs the simulated control plane');
  return ground.plane;
}
