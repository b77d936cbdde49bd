import type { SimClock } from '../clock.ts';
import type { KubeClient } from '../client/index.ts';
import type { ClusterView, World } from '../workloads/index.ts';

/** Where a fault happens: the model, the objects, and an API client with a person's rights. */
export interface Ground {
  readonly world: World;
  readonly cluster: ClusterView;
  readonly client: KubeClient;
  readonly clock: SimClock;
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
  /** The cause goes away, as when whoever made it takes it back. What it broke may stay broken. */
  end(): Promise<void>;
}
