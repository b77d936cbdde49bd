import type { Clock, Kubernetes, Log, Recorder, Watcher } from '../../pipeline/ports.ts';
import { createClient } from './client.ts';
import { createCredentials } from './credentials.ts';
import { createDiscovery } from './discovery.ts';
import type { Timing } from './reflector.ts';
import { createTransport } from './transport.ts';
import { createWatcher, type ClusterWatcher } from './watcher.ts';

export interface ConnectOptions {
  /** Path of a kubeconfig; left out: $KUBECONFIG, ~/.kube/config, the pod's service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Name of the cluster in every label; left out: the uid of namespace kube-system. */
  readonly cluster?: string;
  /** Namespaces to watch; left out or empty: all. */
  readonly namespaces?: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly recorder: Recorder;
  /** For tests: shorter waits, chance that repeats. */
  readonly timing?: Partial<Timing>;
  readonly random?: () => number;
}

export interface Connection {
  readonly kubernetes: Kubernetes;
  readonly watcher: Watcher & Pick<ClusterWatcher, 'degraded'>;
  close(): Promise<void>;
}

/**
 * Both Kubernetes ports over one set of connections. Throws AdapterError when the kubeconfig is unusable, or when
 * `cluster` is left out and the API server cannot be reached to ask for it.
 *
 * @example
 * const { kubernetes, watcher, close } = await connectKubernetes({ kubeconfig: 'admin.kubeconfig', clock, log, recorder });
 * await watcher.start((events) => console.log(events.length));
 */
export async function connectKubernetes(options: ConnectOptions): Promise<Connection> {
  const { kubeconfig, context, clock, log, recorder, timing, random } = options;
  const credentials = createCredentials({ ...(kubeconfig && { kubeconfig }), ...(context && { context }) });
  const transport = createTransport(credentials);
  const discovery = createDiscovery(transport);
  const kubernetes = createClient(transport, discovery, (ref, uid) => watcher.removedByUs(ref, uid));
  const cluster = options.cluster ?? (await clusterName(kubernetes, () => transport.close()));
  const watcher = createWatcher({
    ...{ cluster, namespaces: options.namespaces ?? [], transport, discovery, clock, log, recorder },
    ...(timing && { timing }),
    ...(random && { random }),
  });
  return {
    kubernetes,
    watcher,
    async close() {
      await watcher.stop();
      await transport.close();
    },
  };
}

async function clusterName(kubernetes: Kubernetes, onFailure: () => Promise<void>): Promise<string> {
  try {
    return await kubernetes.clusterUid();
  } catch (error) {
    await onFailure();
    throw error;
  }
}
