/**
 * One thing that somebody does to the cluster, as data. `of` is a role, or `@cause` for the root cause's own name (a
 * node). Names are those of KubeWise's catalogue and of its feature list; `call_a_person` is what follows on
 * `notify_only`: whoever made the fault takes it back.
 */
export type Step =
  | { readonly action: 'scale_deployment'; readonly of: string; readonly replicas: number }
  | { readonly action: 'restart_deployment'; readonly of: string }
  | { readonly action: 'restart_daemonset'; readonly of: string }
  | { readonly action: 'rollback_deployment'; readonly of: string }
  | {
      readonly action: 'increase_resources';
      readonly of: string;
      readonly cpuFactor?: number;
      readonly memoryFactor?: number;
    }
  | {
      readonly action: 'delete_pod';
      readonly of: string;
      readonly which: 'First' | 'Last' | 'Unready' | 'All';
      /** Without grace, as for a pod that is stuck terminating. */
      readonly force?: boolean;
    }
  | { readonly action: 'cordon_node' | 'uncordon_node' | 'drain_node'; readonly of: string }
  | { readonly action: 'update_hpa'; readonly of: string; readonly max: number }
  | { readonly action: 'expand_pvc'; readonly of: string; readonly factor: number }
  | { readonly action: 'rotate_secrets'; readonly of: string }
  | { readonly action: 'notify_only' | 'call_a_person' };

/** `restart_pod` is an eviction: what it does is what `delete_pod` does here. */
export type ActionName = Step['action'] | 'restart_pod';
