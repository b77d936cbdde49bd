import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startCluster, type Cluster, type ClusterOptions } from './cluster.ts';
import { ApiError, resourceOfObject } from './client/index.ts';
import type { Ground, Plane } from './faults/index.ts';
import type { Controller } from './controllers/index.ts';
import { serveMetrics, startSampler, type Sampler } from './metrics/index.ts';
import { createPrometheusApi } from './promql/index.ts';
import type { KubeObject } from './runtime.ts';
import {
  createShop,
  createWorld,
  manifestsOf,
  modelRuntime,
  strainOf,
  type ClusterView,
  type Shop,
  type World,
} from './workloads/index.ts';

export interface ShopClusterOptions extends Omit<ClusterOptions, 'runtime'> {
  /** Other names for workloads by role, and for the namespaces `shop`, `data`, `batch`. */
  readonly names?: Readonly<Partial<Record<string, string>>>;
  readonly namespaces?: Readonly<Partial<Record<string, string>>>;
  /** Ports of the embedded Prometheus API and of `/metrics`; 0 (the default) = any free one. */
  readonly prometheusPort?: number;
  readonly metricsPort?: number;
  /** Days of healthy past. Default 14. */
  readonly pastDays?: number;
  /** More objects to create, before the shop. */
  readonly manifests?: readonly KubeObject[];
}

/** A cluster with the shop in it, its metrics, and a ground for faults. */
export interface ShopCluster extends Cluster {
  readonly shop: Shop;
  readonly world: World;
  readonly ground: Ground;
  readonly sampler: Sampler;
  /** Answers Prometheus' query API from the samples taken here. */
  readonly prometheusUrl: string;
  /** For a real Prometheus to scrape, with `honor_labels: true`. */
  readonly metricsUrl: string;
}

/** Kinds that the model and the exporters look at. */
export const watchedKinds = [
  'Namespace',
  'Node',
  'Pod',
  'Service',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'Certificate',
] as const;

/** Longest wait for the shop to be up, in cluster seconds, and how long it runs before its metrics begin. */
const patience = 900;
const settling = 120;

/**
 * Starts a cluster, puts the shop into it at full speed, waits until it is up and warm, and begins to sample. From then
 * on time runs at `speed`.
 */
export async function startShopCluster(options: ShopClusterOptions = {}): Promise<ShopCluster> {
  const { seed = 1, speed = 1, nodes = 4, names = {}, namespaces = {}, pastDays = 14 } = options;
  const shop = createShop({ seed, names, namespaces });
  let list: ClusterView['list'] = () => [];
  const view: ClusterView = { list: (kind) => list(kind) };
  const world = createWorld(shop, view);
  const cluster = await startCluster({ ...options, seed, nodes, speed: Infinity, runtime: modelRuntime(world) });
  const { clock, client, informers } = cluster;
  for (const kind of watchedKinds) informers.of(kind);
  await informers.synced();
  list = (kind) => informers.of(kind).list();
  for (const object of [...(options.manifests ?? []), ...manifestsOf(shop)]) await create(cluster, object);
  await whenUp(cluster, view);
  await clock.sleep(settling);
  const sampler = startSampler({ world, cluster: view, clock, past: pastDays * 86_400 });
  const prometheus = await serve(
    createPrometheusApi({ source: sampler.store, now: () => clock.now() }),
    options.prometheusPort ?? 0,
  );
  const metrics = await serveMetrics(sampler.store, options.metricsPort ?? 0);
  cluster.api.faults.set('strain', { kind: 'delay', seconds: () => strainOf(world.around).apiDelay });
  clock.setSpeed(speed);
  return {
    ...cluster,
    shop,
    world,
    sampler,
    ground: { world, cluster: view, client, clock, plane: planeOf(cluster) },
    prometheusUrl: prometheus.url,
    metricsUrl: metrics.url,
    async close() {
      sampler.stop();
      await Promise.all([prometheus.close(), metrics.close()]);
      await cluster.close();
    },
  };
}

function planeOf({ api, controllers, startGitOps }: Cluster): Plane {
  const named: ReadonlyMap<string, Controller> = controllers;
  return {
    faults: api.faults,
    pause: (name) => named.get(name)?.pause(),
    resume: (name) => named.get(name)?.resume(),
    reconcileFromGit: (name, manifests) => startGitOps({ name, tool: 'argocd', manifests }),
  };
}

async function create({ client }: Cluster, object: KubeObject): Promise<void> {
  try {
    await client.create(resourceOfObject(object), object, { fieldManager: 'kubectl-create' });
  } catch (error) {
    // A storage class may be there already; it is not ours then.
    if (!ApiError.is(error, 409)) throw error;
  }
}

const replicasUp = (one: KubeObject): boolean => (one['status']?.readyReplicas ?? 0) >= (one['spec'].replicas ?? 1);
const daemonsUp = (one: KubeObject): boolean =>
  (one['status']?.desiredNumberScheduled ?? 0) > 0 && one['status'].numberReady >= one['status'].desiredNumberScheduled;

/** Waits until every workload has what it asks for; gives up after a while with the names of those that have not. */
async function whenUp({ clock, controllers }: Cluster, view: ClusterView): Promise<void> {
  const has = (name: string): boolean => (controllers as ReadonlyMap<string, unknown>).has(name);
  const missing = (): KubeObject[] => [
    ...(has('deployment') ? view.list('Deployment').filter((one) => !replicasUp(one)) : []),
    ...(has('statefulset') ? view.list('StatefulSet').filter((one) => !replicasUp(one)) : []),
    ...(has('daemonset') ? view.list('DaemonSet').filter((one) => !daemonsUp(one)) : []),
  ];
  for (const end = clock.now() + patience; missing().length > 0; await clock.sleep(5)) {
    if (clock.now() < end) continue;
    throw new Error(
      `the shop did not come up: ${missing()
        .map((one) => one['metadata'].name)
        .join(', ')}`,
    );
  }
}

async function serve(
  listener: RequestListener,
  port: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
