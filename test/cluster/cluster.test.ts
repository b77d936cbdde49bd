import { describe, expect, it } from 'vitest';
import { resourceOf } from './client/index.ts';
import { startCluster } from './cluster.ts';
import { createScript, deployment, template } from './controllers/behaviour.ts';

interface Past {
  /** Every write in order: when, by which client, what, with which answer. */
  readonly writes: readonly string[];
  /** Every pod as it was in the end. */
  readonly pods: readonly unknown[];
}

/** Five minutes with a rollout, a crash loop, a bad image, a frozen node and a change of replicas. */
async function pastOf(seed: number): Promise<Past> {
  const script = createScript();
  const cluster = await startCluster({ seed, speed: Infinity, nodes: 3, runtime: script });
  const { client, clock, api } = cluster;
  const set = (name: string, body: object): Promise<unknown> =>
    client.patch(resourceOf('Deployment'), { namespace: 'default', name }, 'strategic-merge-patch', body);
  script.missingImages.add('registry.example/app:bad');
  script.states.set('crash', (startedAt, now) =>
    now - startedAt < 4 ? { running: true, ready: true, live: true } : { running: false, exitCode: 1, reason: 'Error' },
  );
  for (const [name, replicas] of [
    ['web', 6],
    ['crash', 2],
    ['other', 3],
  ] as const)
    await client.create(resourceOf('Deployment'), deployment(name, replicas, template(name)));
  await clock.sleep(30);
  await set('web', {
    spec: { template: { spec: { containers: [{ name: 'main', image: 'registry.example/app:2' }] } } },
  });
  await clock.sleep(20);
  await set('other', {
    spec: { template: { spec: { containers: [{ name: 'main', image: 'registry.example/app:bad' }] } } },
  });
  script.nodes.set('node-2', { ready: 'Frozen' });
  await clock.sleep(200);
  await set('web', { spec: { replicas: 3 } });
  await clock.sleep(50);
  const { items } = await client.list(resourceOf('Pod'), { namespace: 'default' });
  const writes = api.requests.map((one) => JSON.stringify(one));
  await cluster.close();
  return { writes, pods: items };
}

describe('a cluster', () => {
  it('has the same history with the same seed, write by write, and another one with another', async () => {
    const first = await pastOf(5);
    const again = await pastOf(5);
    const other = await pastOf(6);
    expect(first.writes.length).toBeGreaterThan(300);
    expect(again.writes).toEqual(first.writes);
    expect(again.pods).toEqual(first.pods);
    expect(other.pods).not.toEqual(first.pods);
  });
});
