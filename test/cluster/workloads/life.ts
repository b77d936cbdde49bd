import type { PodView } from './pod-view.ts';
import { silence, type PodSignals } from './signals.ts';

/** One start of a pod's main container, from start to end. */
export interface Life {
  readonly uid: string;
  view: PodView;
  readonly attempt: number;
  readonly startedAt: number;
  /** The password it read at start. */
  readonly password: string;
  /** Bytes that it will not give back, workers that hang, connections it lost. */
  leaked: number;
  /** Bytes of log that the pod has on its node's disk, over all restarts. */
  logged: number;
  stuck: number;
  connections: number;
  /** Share of the CPU it wants that its node gave it in the last step. */
  nodeShare: number;
  /** How much more CPU its node is asked for than it has, as a share: time in the run queue. */
  crowding: number;
  readonly signals: PodSignals;
  /** Integrals of the signals since the start: its counters. */
  readonly totals: PodSignals;
  ended?: { readonly exitCode: number; readonly reason: string; readonly message: string; readonly at: number };
}

export function newLife(view: PodView, attempt: number, startedAt: number, password: string): Life {
  return {
    uid: view.uid,
    view,
    attempt,
    startedAt,
    password,
    leaked: 0,
    logged: 0,
    stuck: 0,
    connections: 0,
    nodeShare: 1,
    crowding: 0,
    signals: silence(),
    totals: silence(),
  };
}
