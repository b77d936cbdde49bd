import type { SimClock } from '../clock.ts';
import {
  createQueue,
  createRecorder,
  keyOf,
  type Change,
  type Informer,
  type Informers,
  type KubeClient,
  type Recorder,
  type Resource,
} from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';

/** What every controller is given. */
export interface ControllerContext {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly clock: SimClock;
  readonly onError: (error: unknown, what: string) => void;
}

/** A running controller. */
export interface Controller {
  readonly name: string;
  /** Stuck: it looks at nothing until resumed (a fault; also how an operator stops one). */
  pause(): void;
  resume(): void;
  stop(): void;
}

/** What a controller's reconcile works with. */
export interface Desk extends ControllerContext {
  readonly recorder: Recorder;
  of(kind: string | Resource): Informer;
}

export interface ControllerOptions {
  readonly name: string;
  /** The event source; default `<name>-controller`. */
  readonly component?: string;
  /** Where it stands among all that is due at one instant: nodes 20, kubelet 30, controllers 40 by default. */
  readonly rank?: number;
  /** Which keys a change makes due, by kind. */
  readonly watches: readonly (readonly [
    kind: string | Resource,
    keys: (object: KubeObject, desk: Desk, change: Change) => readonly string[],
  ])[];
  /** A number = look again after so many cluster seconds. */
  readonly reconcile: (key: string, desk: Desk) => Promise<number | undefined>;
}

/** Starts a controller: informers → keyed queue → reconcile. */
export function startController(context: ControllerContext, options: ControllerOptions): Controller {
  const { name, component = `${name}-controller`, rank = 40 } = options;
  const recorder = createRecorder({
    client: context.client,
    clock: context.clock,
    component,
    onError: context.onError,
  });
  const desk: Desk = { ...context, recorder, of: (kind) => context.informers.of(kind) };
  const queue = createQueue({
    clock: context.clock,
    name: `${rank} ${name}`,
    reconcile: (key) => options.reconcile(key, desk),
    onError: (error, key) => context.onError(error, `${name} ${key}`),
  });
  for (const [kind, keys] of options.watches) {
    context.informers.of(kind).on((change) => {
      for (const key of keys(change.object, desk, change)) queue.add(key);
    });
  }
  return { name, pause: () => queue.pause(), resume: () => queue.resume(), stop: () => queue.stop() };
}

/** The object's own key. */
export const itself = (object: KubeObject): readonly string[] => [keyOf(object)];
