import { createClient, createInformers, readKubeconfig, resourceOfObject } from '../cluster/client/index.ts';
import { createSimClock } from '../cluster/clock.ts';
import { besidesRealControlPlane, defineCustomResources, startControllers } from '../cluster/controllers/index.ts';
import type { Ground } from '../cluster/faults/index.ts';
import { serveMetrics, startSampler } from '../cluster/metrics/index.ts';
import { nodeSpecs, startNodes } from '../cluster/nodes/index.ts';
import type { KubeObject } from '../cluster/runtime.ts';
import { watchedKinds } from '../cluster/shop-cluster.ts';
import { createShop, createWorld, manifestsOf, modelRuntime, type ClusterView } from '../cluster/workloads/index.ts';

export interface ShopOnControlPlane {
  readonly ground: Ground;
  /** For a real Prometheus to scrape, with `honor_labels: true`. */
  readonly metricsUrl: string;
  close(): Promise<void>;
}

/** Kubernetes 1.20 serves these under another version. */
const older: Readonly<Record<string, string>> = { CronJob: 'batch/v1beta1', PodDisruptionBudget: 'policy/v1beta1' };
/** Needs a metrics server. */
const left = new Set(['HorizontalPodAutoscaler']);
const forThisServer = (object: KubeObject): KubeObject => ({
  ...object,
  apiVersion: older[object.kind] ?? object.apiVersion,
});
const watched: ReadonlySet<string> = new Set(watchedKinds.filter((kind) => !older[kind] && !left.has(kind)));

/**
 * The shop on a real control plane in real time: the API server, the scheduler and the controllers are Kubernetes' own;
 * the nodes, the kubelets, what runs on them, storage and certificates are the simulated cluster's.
 */
export async function startShopOnControlPlane(kubeconfig: string, seed: number): Promise<ShopOnControlPlane> {
  const clock = createSimClock({ start: Date.now() / 1000, speed: 1 });
  const client = createClient(readKubeconfig(kubeconfig), clock);
  const onError = (error: unknown, what: string): void => console.log(`retried: ${what}: ${String(error)}`);
  const informers = createInformers(client, clock, onError);
  await defineCustomResources(client, () => clock.sleep(0.2));
  for (const kind of watched) informers.of(kind);
  await informers.synced();
  const shop = createShop({ seed });
  const view: ClusterView = {
    list: (kind) => (watched.has(kind) ? informers.of(kind).list() : []),
  };
  const world = createWorld(shop, view);
  const context = { client, informers, clock, onError };
  const controllers = startControllers(context, besidesRealControlPlane);
  const fleet = startNodes({ ...context, runtime: modelRuntime(world), nodes: nodeSpecs(4) });
  await fleet.ready;
  for (const object of manifestsOf(shop).filter((one) => !left.has(one.kind))) {
    const mapped = forThisServer(object);
    await client.create(resourceOfObject(mapped), mapped, { fieldManager: 'kubectl-create' });
  }
  await whenReady(view, shop.profiles.filter((one) => one.kind === 'Deployment').length);
  const sampler = startSampler({ world, cluster: view, clock, interval: 5, past: 3600 });
  const metrics = await serveMetrics(sampler.store);
  return {
    ground: { world, cluster: view, client, clock },
    metricsUrl: metrics.url,
    async close() {
      sampler.stop();
      await metrics.close();
      fleet.stop();
      for (const controller of controllers.values()) controller.stop();
      informers.stop();
      clock.stop();
      await client.close();
    },
  };
}

async function whenReady(view: ClusterView, deployments: number): Promise<void> {
  const ready = (one: KubeObject): boolean => (one['status']?.readyReplicas ?? 0) >= one['spec'].replicas;
  const waiting = (): KubeObject[] =>
    [...view.list('Deployment'), ...view.list('StatefulSet')].filter((one) => !ready(one));
  for (let second = 0; second < 180; second += 1) {
    if (view.list('Deployment').length >= deployments && waiting().length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error(
    `the shop did not come up: ${waiting()
      .map((one) => one['metadata'].name)
      .join(', ')}`,
  );
}
