/** An object as the Kubernetes API serves it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Kubernetes objects are open JSON; the contract suite checks their shape.
export type KubeObject = Record<string, any>;

/** What has become of a container since the kubelet last asked. */
export type ContainerState =
  | { readonly running: true; readonly ready: boolean; readonly live: boolean; readonly message?: string }
  | {
      readonly running: false;
      readonly exitCode: number;
      /** OOMKilled, Error, Completed */
      readonly reason: string;
      readonly message?: string;
    };

/** Why a container cannot start: ErrImagePull, CreateContainerConfigError, …; undefined = it starts. */
export interface StartProblem {
  readonly reason: string;
  readonly message: string;
}

export interface NodeHealth {
  /** 'Frozen' = the kubelet stops reporting, so that the node controller finds it Unknown. */
  readonly ready: 'True' | 'False' | 'Frozen';
  readonly memoryPressure: boolean;
  readonly diskPressure: boolean;
  readonly pidPressure: boolean;
  readonly networkUnavailable: boolean;
}

/**
 * The seam between the kubelet (an API client that knows Kubernetes) and the workloads (a model that knows load, memory
 * and faults). The kubelet asks; the model answers from the pod's own spec, the cluster time, the seed and the faults.
 */
export interface Runtime {
  /** Can this container be started now? Asked before each start and while it waits. */
  startProblem(pod: KubeObject, container: string, now: number): StartProblem | undefined;
  /** The container was started, for the `attempt`th time (0 = first). */
  started(pod: KubeObject, container: string, attempt: number, now: number): void;
  /** What the container is doing now; asked at every kubelet sync while it runs. */
  state(pod: KubeObject, container: string, startedAt: number, now: number): ContainerState;
  /** The pod is gone for good. */
  forget(pod: KubeObject): void;
  /** May a pod that is being deleted end now? false = stuck terminating. */
  mayEnd(pod: KubeObject, now: number): boolean;
  health(node: string, now: number): NodeHealth;
  /** For metrics.k8s.io and the HPA: cores and bytes; undefined while nothing is known. */
  usage(pod: KubeObject, container: string, now: number): { readonly cpu: number; readonly memory: number } | undefined;
  logs(pod: KubeObject, container: string, tailLines: number): string;
}

/** Everything is well, always: for tests of controllers that need no model. */
export const steadyRuntime: Runtime = {
  startProblem: () => undefined,
  started: () => undefined,
  state: () => ({ running: true, ready: true, live: true }),
  forget: () => undefined,
  mayEnd: () => true,
  health: () => ({
    ready: 'True',
    memoryPressure: false,
    diskPressure: false,
    pidPressure: false,
    networkUnavailable: false,
  }),
  usage: () => ({ cpu: 0.05, memory: 64 * 2 ** 20 }),
  logs: () => '',
};
