import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { resourceOf } from '../../../../test/cluster/client/index.ts';
import { startCluster, type Cluster } from '../../../../test/cluster/cluster.ts';
import { createScript, siteNodes, type Script } from '../../../../test/cluster/controllers/behaviour.ts';
import { actionsContract } from '../../../../test/integration/actions-contract.ts';
import { connectKubernetes, type Connection } from '../../adapters/kubernetes/index.ts';
import { recording } from '../../adapters/kubernetes/recording.ts';

describe('the actions, on the simulated cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-actions-'));
  const script: Script = createScript();
  let cluster: Cluster;
  let connection: Connection;

  beforeAll(async () => {
    cluster = await startCluster({ seed: 11, speed: Infinity, nodes: siteNodes, runtime: script });
    const kubeconfig = join(folder, 'admin.kubeconfig');
    writeFileSync(kubeconfig, cluster.kubeconfig('admin'));
    connection = await connectKubernetes({ kubeconfig, clock: cluster.clock, ...recording() });
  });
  afterAll(async () => {
    await connection.close();
    await cluster.close();
    rmSync(folder, { recursive: true });
  });

  actionsContract(() => ({
    ...{ client: cluster.client, informers: cluster.informers, clock: cluster.clock, script },
    ...{ budgets: resourceOf('PodDisruptionBudget'), autoscalers: resourceOf('HorizontalPodAutoscaler') },
    kubernetes: connection.kubernetes,
  }));
});
