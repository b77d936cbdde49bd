import { afterAll, beforeAll, describe } from 'vitest';
import { resourceOf } from '../client/index.ts';
import { startCluster, type Cluster } from '../cluster.ts';
import { behavesLikeKubernetes, createScript, siteNodes, type Site } from './behaviour.ts';

describe('nodes and controllers of ours on the simulated API server', () => {
  let site: Site;
  let cluster: Cluster;

  beforeAll(async () => {
    const script = createScript();
    cluster = await startCluster({ seed: 11, speed: Infinity, nodes: siteNodes, runtime: script });
    const { client, informers, clock } = cluster;
    site = { client, informers, clock, script, budgets: resourceOf('PodDisruptionBudget') };
  });

  afterAll(() => cluster.close());

  behavesLikeKubernetes(() => site);
});
