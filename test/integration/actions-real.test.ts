import { afterAll, beforeAll, describe } from 'vitest';
import { connectKubernetes } from '../../backend/src/adapters/kubernetes/index.ts';
import { recording } from '../../backend/src/adapters/kubernetes/recording.ts';
import { createClient, createInformers, readKubeconfig, resourceOf } from '../cluster/client/index.ts';
import { createSimClock } from '../cluster/clock.ts';
import { defineCustomResources, startControllers } from '../cluster/controllers/index.ts';
import { createScript, siteNodes } from '../cluster/controllers/behaviour.ts';
import { startNodes } from '../cluster/nodes/index.ts';
import { actionsContract, type ActionSite } from './actions-contract.ts';
import { startControlPlane } from './control-plane.ts';

const plane = await startControlPlane();

/** The API server, the scheduler and all controllers are Kubernetes' own; kubelets, storage, databases and certificates are the simulated cluster's. */
describe.skipIf(!plane)('the actions on a real control plane', () => {
  let site: ActionSite;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const kubeconfig = plane?.admin ?? '';
    const clock = createSimClock({ start: Date.now() / 1000, speed: 1 });
    const client = createClient(readKubeconfig(kubeconfig), clock);
    const onError = (error: unknown, what: string): void => console.log(`retried: ${what}: ${String(error)}`);
    const informers = createInformers(client, clock, onError);
    informers.of('Node');
    const script = createScript();
    const fleet = startNodes({ client, informers, clock, runtime: script, nodes: siteNodes, onError });
    await fleet.ready;
    const connection = await connectKubernetes({ kubeconfig, clock, ...recording() });
    await defineCustomResources(client, () => clock.sleep(0.1));
    const controllers = startControllers({ client, informers, clock, onError }, [
      'volumes',
      'databases',
      'certificates',
    ]);
    const autoscalers = { ...resourceOf('HorizontalPodAutoscaler'), apiVersion: 'autoscaling/v1' };
    const budgets = { ...resourceOf('PodDisruptionBudget'), apiVersion: 'policy/v1beta1' };

    site = {
      ...{ client, informers, clock, script, budgets, autoscalers },
      kubernetes: connection.kubernetes,
    };
    close = async () => {
      await connection.close();
      for (const controller of controllers.values()) controller.stop();
      fleet.stop();
      informers.stop();
      clock.stop();
      await client.close();
    };
  });

  afterAll(async () => {
    await close?.();
    await plane?.stop();
  });

  actionsContract(() => site);
});
