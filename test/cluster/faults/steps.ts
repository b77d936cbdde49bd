import type { KubeObject } from '../runtime.ts';
import type { Subject } from './ground.ts';

/** What a step is about: a role, or `@cause` for the root cause itself. */
export type Of = string;

/**
 * One thing that somebody does to the cluster, as data: a request to the API server and nothing else, so that what it
 * does to a fault follows from the fault's mechanism. Names are those of KubeWise's catalogue and of its feature list;
 * the last four are what a person does with kubectl after `notify_only`.
 */
export type Step =
  | { readonly action: 'scale_deployment'; readonly of: Of; readonly replicas: number }
  | { readonly action: 'restart_deployment' | 'restart_statefulset' | 'restart_daemonset'; readonly of: Of }
  | { readonly action: 'rollback_deployment'; readonly of: Of }
  | {
      readonly action: 'increase_resources';
      readonly of: Of;
      readonly cpuFactor?: number;
      readonly memoryFactor?: number;
    }
  | {
      readonly action: 'delete_pod';
      readonly of: Of;
      readonly which: 'First' | 'Last' | 'Unready' | 'All';
      /** Without grace, as for a pod that is stuck terminating. */
      readonly force?: boolean;
    }
  | { readonly action: 'cordon_node' | 'uncordon_node' | 'drain_node'; readonly of: Of }
  | { readonly action: 'update_hpa'; readonly of: Of; readonly max: number }
  | { readonly action: 'expand_pvc'; readonly of: Of; readonly factor: number }
  /** Asks the issuer for a new certificate, as `cmctl renew` does. */
  | { readonly action: 'rotate_secrets'; readonly of: Of }
  | { readonly action: 'notify_only' }
  /** `kubectl patch --type merge`, of the root cause or of an object of another kind that is called the same. */
  | { readonly action: 'patch_object'; readonly of: '@cause'; readonly kind?: string; readonly body: KubeObject }
  | { readonly action: 'delete_object'; readonly of: '@cause' | Subject }
  /** `kubectl delete KIND -l LABEL`, in the namespace of a role. */
  | { readonly action: 'delete_labelled'; readonly kind: string; readonly near: Of; readonly label: string }
  /** A shell on the node of the root cause, as `kubectl debug node` gives one. */
  | { readonly action: 'debug_node'; readonly of: '@cause'; readonly script: string };

/** `restart_pod` is an eviction: what it does is what `delete_pod` does here. */
export type ActionName = Step['action'] | 'restart_pod';

/** What only a person does: KubeWise's part in it is to say so. */
const personal: ReadonlySet<string> = new Set(['patch_object', 'delete_object', 'delete_labelled', 'debug_node']);

/** An action on an object; without `of` it is about no object. */
export interface Aim {
  readonly action: Exclude<ActionName, 'patch_object' | 'delete_object' | 'delete_labelled' | 'debug_node'>;
  readonly of?: Of;
}

const isAction = (action: ActionName): action is Aim['action'] => !personal.has(action);

/** What KubeWise would have to do for a step to be done. */
export const aimOf = (step: Step): Aim =>
  isAction(step.action)
    ? { action: step.action, ...('of' in step && typeof step.of === 'string' && { of: step.of }) }
    : { action: 'notify_only' };

/** Several actions on one object. */
export const on = (of: Of, ...actions: readonly Aim['action'][]): readonly Aim[] =>
  actions.map((action) => ({ action, of }));
