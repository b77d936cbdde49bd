import { createClient, createInformers, readKubeconfig, resourceOfObject } from '../cluster/client/index.ts';
import { createSimClock } from '../cluster/clock.ts';
import type { Ground } from '../cluster/faults/index.ts';
import { serveMetrics, startSampler } from '../cluster/metrics/index.ts';
import { nodeSpecs, startNodes } from '../cluster/nodes/index.ts';
import type { KubeObject } from '../cluster/runtime.ts';
import { createShop, createWorld, manifestsOf, modelRuntime, type ClusterView } from '../cluster/workloads/index.ts';

export interface ShopOnControlPlane {
  readonly ground: Ground;
  /** For a real Prometheus to scrape, with `honor_labels: true`. */
  readonly metricsUrl: string;
  close(): Promise<void>;
}

/** What both an old and a new API server serve under the same version. */
const watched = [
  'Namespace',
  'Node',
  'Pod',
  'Service',
  'Secret',
  'PersistentVolumeClaim',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
] as const;

/** Kubernetes 1.20 serves these under another version; autoscalers need a metrics server, certificates a controller. */
const older: Readonly<Record<string, string>> = { CronJob: 'batch/v1beta1', PodDisruptionBudget: 'policy/v1beta1' };
const left = new Set(['HorizontalPodAutoscaler', 'Certificate']);
const forThisServer = (object: KubeObject): KubeObject => ({
  ...object,
  apiVersion: older[object.kind] ?? object.apiVersion,
  ...(object.kind === 'StatefulSet' && { spec: withoutClaims(object['spec']) }),
});

/** This control plane has no volume binder: its scheduler would wait for claims for ever. */
function withoutClaims({ volumeClaimTemplates: _none, template, ...spec }: KubeObject['spec']): object {
  const containers = template.spec.containers.map(({ volumeMounts: _mounts, ...one }: KubeObject) => one);
  return { ...spec, template: { ...template, spec: { ...template.spec, containers } } };
}

/**
 * The shop on a real control plane in real time: the API server, the scheduler and the controllers are Kubernetes' own,
 * the nodes, the kubelets and what runs on them are the simulated cluster's.
 */
export async function startShopOnControlPlane(kubeconfig: string, seed: number): Promise<ShopOnControlPlane> {
  const clock = createSimClock({ start: Date.now() / 1000, speed: 1 });
  const client = createClient(readKubeconfig(kubeconfig), clock);
  const onError = (error: unknown, what: string): void => console.log(`retried: ${what}: ${String(error)}`);
  const informers = createInformers(client, clock, onError);
  for (const kind of watched) informers.of(kind);
  await informers.synced();
  const shop = createShop({ seed });
  const view: ClusterView = {
    list: (kind) => ((watched as readonly string[]).includes(kind) ? informers.of(kind).list() : []),
  };
  const world = createWorld(shop, view);
  const context = { client, informers, clock, onError };
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
