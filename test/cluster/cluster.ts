import { startApiServer, type ApiServer, type ApiServerOptions } from './api/index.ts';
import {
  createClient,
  createInformers,
  parseKubeconfig,
  resourceOf,
  type Informers,
  type KubeClient,
} from './client/index.ts';
import { createSimClock, type SimClock } from './clock.ts';
import {
  defineCustomResources,
  startControllers,
  standardClass,
  startGitOps,
  type Controller,
  type ControllerName,
  type GitOps,
  type GitOpsApplication,
  type Surroundings,
} from './controllers/index.ts';
import { nodeSpecs, startNodes, type NodeSpec } from './nodes/index.ts';
import { steadyRuntime, type Runtime } from './runtime.ts';

export interface ClusterOptions {
  /** Decides names, uids and everything the model draws. Default 1. */
  readonly seed?: number;
  /** Unix seconds at which cluster time begins. Default 2026-01-05 00:00 UTC, a Monday. */
  readonly start?: number;
  /** Cluster seconds per wall second; Infinity = as fast as everybody is done. Default 1. */
  readonly speed?: number;
  /** Of the API server; 0 (the default) = any free one. */
  readonly port?: number;
  /** The nodes, or how many equal ones. Default 3. */
  readonly nodes?: number | readonly NodeSpec[];
  /** What the containers do; default: all is well, always. */
  readonly runtime?: Runtime;
  /** Which controllers run; default all. */
  readonly controllers?: readonly ControllerName[];
  /** Why storage or a certificate issuer fails; default: they work. */
  readonly around?: Surroundings;
  /** Applications whose manifests somebody keeps applied. They begin when the nodes are Ready. */
  readonly gitops?: readonly GitOpsApplication[];
  /** More of the API server's own options (tokens, audit log, …). */
  readonly api?: Partial<ApiServerOptions>;
  /** Told of failures that were retried. Default: nobody. */
  readonly onError?: (error: unknown, what: string) => void;
}

/** A running cluster: an API server with nodes and controllers that are its clients. */
export interface Cluster {
  readonly clock: SimClock;
  readonly api: ApiServer;
  /** The cluster's own client, with all rights. */
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly controllers: ReadonlyMap<ControllerName, Controller>;
  /** Keeps the manifests of one more application applied. */
  readonly startGitOps: (application: GitOpsApplication) => GitOps;
  /** kubeconfig text for a user of the API server: admin, kubewise, viewer, … */
  kubeconfig(user: string): string;
  close(): Promise<void>;
}

const monday = Date.UTC(2026, 0, 5) / 1000;

/**
 * Starts a whole cluster in this process; resolves when its nodes are Ready. Time runs from then on.
 *
 * @example
 * const cluster = await startCluster({ seed: 7, speed: 100 });
 * const deployments = await cluster.client.list(resourceOf('Deployment'));
 * await cluster.close();
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { seed = 1, start = monday, speed = 1, port = 0, nodes = 3, runtime = steadyRuntime } = options;
  const onError = options.onError ?? (() => undefined);
  const clock = createSimClock({ start, speed });
  const now = (): number => clock.now();
  const api = await startApiServer({
    clock,
    seed,
    port,
    usage: (pod, container) => runtime.usage(pod, container, now()),
    logs: (pod, container, tailLines) => runtime.logs(pod, container, tailLines),
    ...options.api,
  });
  const client = createClient(parseKubeconfig(api.kubeconfig('admin')), clock);
  const informers = createInformers(client, clock, onError);
  const context = { client, informers, clock, onError };
  await defineCustomResources(client, () => clock.sleep(0.1));
  await client.create(resourceOf('StorageClass'), standardClass);
  const controllers = startControllers(context, options.controllers, options.around);
  const fleet = startNodes({ ...context, runtime, nodes: typeof nodes === 'number' ? nodeSpecs(nodes) : nodes });
  await fleet.ready;
  const applications: GitOps[] = [];
  const addApplication = (application: GitOpsApplication): GitOps => {
    const started = startGitOps(context, application);
    applications.push(started);
    return started;
  };
  for (const application of options.gitops ?? []) addApplication(application);
  return {
    clock,
    api,
    client,
    informers,
    controllers,
    startGitOps: addApplication,
    kubeconfig: (user) => api.kubeconfig(user),
    async close() {
      fleet.stop();
      for (const controller of [...controllers.values(), ...applications]) controller.stop();
      informers.stop();
      clock.stop();
      await client.close();
      await api.close();
    },
  };
}
