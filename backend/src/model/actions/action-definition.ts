import type { z } from 'zod';
import type { Evidence, Query } from '../evidence.ts';
import type { JsonObject } from '../json.ts';
import type { KubernetesRequest, Permission } from '../kubernetes.ts';

export type Risk = 'low' | 'medium' | 'high';

/** Why an action may not run now: one PascalCase word for machines, one sentence for people. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** What is stamped on a write: the action record's id, and when the step started (Unix seconds). */
export interface Stamp {
  readonly actionId: string;
  readonly startedAt: number;
}

/** How far a workload has come after a write; `Failed` says why. */
export type Progress =
  | { readonly state: 'Settled'; readonly message: string }
  | { readonly state: 'Progressing'; readonly message: string }
  | { readonly state: 'Failed'; readonly reason: string; readonly message: string };

/**
 * One verb of the catalogue: everything KubeWise knows about it, as pure functions over data. `evidence` holds the
 * answers to `needs(params)`; a function that misses one treats the object as absent.
 */
export interface ActionDefinition<P extends Record<string, unknown> = Record<string, unknown>> {
  readonly name: string;
  /** Raised when the meaning of the parameters changes. */
  readonly schemaVersion: number;
  readonly summary: string;
  readonly risk: Risk;
  readonly reversible: boolean;
  /** Kinds of target that this makes sense for. */
  readonly kinds: readonly string[];
  readonly params: z.ZodType<P>;
  /** Parameters in the order in which the text form prints them. */
  readonly order: readonly (keyof P & string)[];
  /** Which objects must be read before the functions below can say anything; `evidence` may lead to more of them. */
  needs(params: P, evidence?: Evidence): readonly Query[];
  /** Fixes what the cluster decides (a pod's uid, the standby to promote) when the plan is proven: an approval names it. */
  pin?(params: P, evidence: Evidence): P;
  permissions(params: P): readonly Permission[];
  /** undefined = may run. Checked before planning, before approval and again before execution. */
  refuse(params: P, evidence: Evidence): Refusal | undefined;
  /** Why a person has to decide this one, whatever the policy grants, and what is at risk; undefined = nothing special. */
  personDecides?(params: P, evidence: Evidence): Refusal | undefined;
  /** The write, or undefined when nothing is sent to Kubernetes (notify_only). Same input, same request. */
  request(params: P, evidence: Evidence, stamp: Stamp): KubernetesRequest | undefined;
  /**
   * Only for an action of several writes: all that are still to come as the cluster is now, in order; `request` is the
   * first, and none is left exactly when the action is `done`. The executor saves and sends one after the other and looks
   * again in between.
   */
  writes?(params: P, evidence: Evidence, stamp: Stamp): readonly KubernetesRequest[];
  /** Until when the API server must have accepted all writes (s after the start); default: what a step may take. */
  readonly timeoutSeconds?: number;
  /** True when the cluster already shows this very write: how a crash between sending and saving is told apart. */
  done(params: P, evidence: Evidence, stamp: Stamp): boolean;
  /** The part of the target's state that an approval is bound to: when it changes, the approval is void. */
  relevant(params: P, evidence: Evidence): JsonObject;
  /** The fields we are about to own, as they are now: what an undo needs. */
  preImage(params: P, evidence: Evidence): JsonObject;
  /** The way back, guarded so that it touches only what is still ours; undefined when there is none or it is not ours any more. */
  undo(params: P, evidence: Evidence, preImage: JsonObject, stamp: Stamp): KubernetesRequest | undefined;
  /** Has the cluster digested the write? kubectl's rollout rules for workloads. */
  progress(params: P, evidence: Evidence, stamp: Stamp): Progress;
  sentence(params: P): string;
}
