import { afterAll, beforeAll, describe } from 'vitest';
import { createClient, createInformers, readKubeconfig, resourceOf } from '../cluster/client/index.ts';
import { createSimClock } from '../cluster/clock.ts';
import { behavesLikeKubernetes, createScript, siteNodes, type Site } from '../cluster/controllers/behaviour.ts';
import {
  besidesRealControlPlane,
  defineCustomResources,
  standardClass,
  startControllers,
} from '../cluster/controllers/index.ts';
import { standInsBehave } from '../cluster/controllers/standins.ts';
import { startNodes } from '../cluster/nodes/index.ts';
import { startControlPlane } from './control-plane.ts';

const plane = await startControlPlane();

/** Our kubelets, node heartbeats and what stands beside Kubernetes; all that belongs to Kubernetes is its own. */
describe.skipIf(!plane)('nodes of ours on a real control plane', () => {
  let site: Site;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const clock = createSimClock({ start: Date.now() / 1000, speed: 1 });
    const client = createClient(readKubeconfig(plane?.admin as string), clock);
    const onError = (error: unknown, what: string): void => console.log(`retried: ${what}: ${String(error)}`);
    const informers = createInformers(client, clock, onError);
    informers.of('Node');
    await defineCustomResources(client, () => clock.sleep(0.2));
    await client.create(resourceOf('StorageClass'), standardClass);
    const controllers = startControllers({ client, informers, clock, onError }, besidesRealControlPlane);
    const script = createScript();
    const fleet = startNodes({ client, informers, clock, runtime: script, nodes: siteNodes, onError });
    await fleet.ready;
    const budgets = { ...resourceOf('PodDisruptionBudget'), apiVersion: 'policy/v1beta1' };
    site = { client, informers, clock, script, budgets };
    close = async () => {
      fleet.stop();
      for (const controller of controllers.values()) controller.stop();
      informers.stop();
      clock.stop();
      await client.close();
    };
  });

  afterAll(async () => {
    await close?.();
    await plane?.stop();
  });

  behavesLikeKubernetes(() => site);
  standInsBehave(() => site);
});
