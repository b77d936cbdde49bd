import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resourceOf } from '../client/index.ts';
import { startCluster, type Cluster } from '../cluster.ts';
import type { KubeObject, Runtime } from '../runtime.ts';
import {
  claimed,
  createScript,
  deployment,
  named,
  namespace,
  template,
  toolsOf,
  type Script,
  type Site,
} from './behaviour.ts';
import { conditionOf } from './pods.ts';
import { standInsBehave } from './standins.ts';

/** Kinds of workload beside the Deployment, and what a bare real control plane does not bring. */
describe('controllers of the simulated cluster', () => {
  const script: Script = createScript();
  const busy = new Map<string, number>();
  let cluster: Cluster;
  let tools: ReturnType<typeof toolsOf>;
  let site: Site;

  beforeAll(async () => {
    const runtime: Runtime = {
      ...script,
      usage: (pod) => ({ cpu: busy.get(pod['metadata'].labels?.app as string) ?? 0.05, memory: 64 * 2 ** 20 }),
    };
    cluster = await startCluster({ seed: 3, speed: Infinity, nodes: 3, runtime });
    const { client, informers, clock } = cluster;
    site = { client, informers, clock, script, budgets: resourceOf('PodDisruptionBudget') };
    tools = toolsOf(site);
  });

  afterAll(() => cluster.close());

  it('StatefulSet: one pod after the other, each with its claim, updated from the last', async () => {
    const { create, until, read, patch, podsOf } = tools;
    await create(
      named('apps/v1', 'StatefulSet', 'db', {
        replicas: 3,
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        template: template('db'),
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimed('', '1Gi')['spec'] }],
      }),
    );
    const done = (image: string) => async (): Promise<KubeObject | false> => {
      const set = await read('StatefulSet', 'db');
      const pods = await podsOf('db');
      const same = pods.length === 3 && pods.every((one) => one['spec'].containers[0].image === image);
      return same && set?.['status'].readyReplicas === 3 && set;
    };
    await until('three are ready', done('registry.example/app:1'), 120);
    const pods = await podsOf('db');
    expect(pods.map((one) => one['metadata'].name).sort()).toEqual(['db-0', 'db-1', 'db-2']);
    const born = (name: string): string =>
      pods.find((one) => one['metadata'].name === name)?.['metadata'].creationTimestamp as string;
    expect(born('db-0') <= born('db-1') && born('db-1') <= born('db-2')).toBe(true);
    expect((await read('PersistentVolumeClaim', 'data-db-2'))?.['status'].phase).toBe('Bound');
    const image = 'registry.example/app:2';
    await patch('StatefulSet', 'db', { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } });
    const set = await until('all are updated', done(image), 180);
    const after = await podsOf('db');
    const age = (name: string): string =>
      after.find((one) => one['metadata'].name === name)?.['metadata'].creationTimestamp as string;
    expect(age('db-2') <= age('db-1') && age('db-1') <= age('db-0')).toBe(true);
    expect(set['status'].currentRevision).toBe(set['status'].updateRevision);
  });

  it('DaemonSet: one pod on every node, cordoned ones too', async () => {
    const { create, until, read, podsOf, client } = tools;
    await client.patch(resourceOf('Node'), { name: 'node-3' }, 'merge-patch', { spec: { unschedulable: true } });
    await create(
      named('apps/v1', 'DaemonSet', 'agent', {
        selector: { matchLabels: { app: 'agent' } },
        template: template('agent'),
      }),
    );
    await until('three are ready', async () => (await read('DaemonSet', 'agent'))?.['status'].numberReady === 3);
    expect(new Set((await podsOf('agent')).map((one) => one['spec'].nodeName)).size).toBe(3);
    await client.patch(resourceOf('Node'), { name: 'node-3' }, 'merge-patch', { spec: { unschedulable: null } });
  });

  it('Job: completes, or fails when its retries are used up', async () => {
    const { create, until, read, podsOf } = tools;
    const job = (name: string, backoffLimit: number): KubeObject =>
      named('batch/v1', 'Job', name, { backoffLimit, template: template(name, { restartPolicy: 'Never' }) });
    const ends = (exitCode: number) => (startedAt: number, now: number) =>
      now - startedAt < 5
        ? ({ running: true, ready: true, live: true } as const)
        : { running: false as const, exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
    script.states.set('good', ends(0)).set('bad', ends(1));
    await create(job('good', 0));
    await create(job('bad', 1));
    const good = await until('it is complete', async () => {
      const one = await read('Job', 'good');
      return conditionOf(one, 'Complete')?.['status'] === 'True' && one;
    });
    expect(good['status'].succeeded).toBe(1);
    const bad = await until(
      'it has failed',
      async () => {
        const one = await read('Job', 'bad');
        return conditionOf(one, 'Failed')?.['status'] === 'True' && one;
      },
      120,
    );
    expect(conditionOf(bad, 'Failed')?.['reason']).toBe('BackoffLimitExceeded');
    expect(await podsOf('bad')).toHaveLength(2);
  });

  it('CronJob: a job when its time has come', async () => {
    const { create, until, read, client } = tools;
    script.states.set('tick', () => ({ running: false, exitCode: 0, reason: 'Completed' }));
    const jobTemplate = { spec: { template: template('tick', { restartPolicy: 'Never' }) } };
    await create(named('batch/v1', 'CronJob', 'tick', { schedule: '*/1 * * * *', jobTemplate }));
    const jobs = async (): Promise<KubeObject[]> =>
      (await client.list(resourceOf('Job'), { namespace })).items.filter(
        (one) => one['metadata'].ownerReferences?.[0]?.name === 'tick',
      );
    await until('two have run', async () => (await jobs()).filter((one) => one['status']?.succeeded).length >= 2, 200);
    expect((await read('CronJob', 'tick'))?.['status'].lastSuccessfulTime).toBeDefined();
    await client.patch(resourceOf('CronJob'), { namespace, name: 'tick' }, 'merge-patch', { spec: { suspend: true } });
  });

  it('autoscaler: follows the load within its bounds, and takes back a scale beyond them', async () => {
    const { create, rolledOut, until, patch, read } = tools;
    const container = { resources: { requests: { cpu: '100m' } } };
    await create(deployment('hot', 2, template('hot', {}, container)));
    await rolledOut('hot');
    busy.set('hot', 0.3);
    await create(
      named('autoscaling/v2', 'HorizontalPodAutoscaler', 'hot', {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hot' },
        minReplicas: 1,
        maxReplicas: 4,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
        ],
      }),
    );
    const has = (count: number) => async () => (await read('Deployment', 'hot'))?.['spec'].replicas === count;
    await until('it is at its maximum', has(4), 90);
    await patch('Deployment', 'hot', { spec: { replicas: 8 } });
    await until('it is back at its maximum', has(4), 20);
    busy.set('hot', 0.01);
    await until('it has come down', has(1), 500);
  });

  standInsBehave(() => site);
});
