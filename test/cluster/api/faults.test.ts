import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, parseKubeconfig, resourceOf, type KubeClient } from '../client/index.ts';
import { createSimClock, type SimClock } from '../clock.ts';
import { startApiServer, type ApiServer } from './index.ts';

const maps = resourceOf('ConfigMap');
const settings = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
});

describe('faults of the API server', () => {
  let clock: SimClock;
  let server: ApiServer;
  let client: KubeClient;

  beforeAll(async () => {
    clock = createSimClock({ start: 1_767_571_200, speed: Infinity });
    server = await startApiServer({ clock });
    client = createClient(parseKubeconfig(server.kubeconfig('admin')), clock);
  });

  afterAll(async () => {
    clock.stop();
    await client.close();
    await server.close();
  });

  it('carries out a write whose answer comes late', async () => {
    server.faults.set('late', { kind: 'late', seconds: 40, times: 1, match: { resource: 'configmaps' } });
    const before = clock.now();
    const answer = client.create(maps, settings('late'));
    await clock.sleep(1);
    expect(await client.get(maps, { namespace: 'default', name: 'late' })).toBeDefined();
    await answer;
    expect(clock.now() - before).toBeGreaterThanOrEqual(40);
    expect(server.faults.active()).toEqual({});
  });

  it('answers late, in cluster time, those that let go of time and those that hold on to it', async () => {
    server.faults.set('slow', { kind: 'delay', seconds: () => 30, match: { resource: 'configmaps', verb: 'list' } });
    const before = clock.now();
    await client.list(maps);
    expect(clock.now() - before).toBeGreaterThanOrEqual(30);
    const release = clock.hold();
    await client.list(maps);
    expect(clock.now() - before).toBeGreaterThanOrEqual(60);
    release();
    server.faults.clear('slow');
  });

  it('carries out a write that is never answered, and time goes on', async () => {
    server.faults.set('silent', { kind: 'late', times: 1, match: { resource: 'configmaps', verb: 'create' } });
    let answered = false;
    const gone = createClient(parseKubeconfig(server.kubeconfig('admin')), clock);
    void gone
      .create(maps, settings('silent'))
      .catch(() => undefined)
      .then(() => (answered = true));
    await clock.sleep(3600);
    expect(await client.get(maps, { namespace: 'default', name: 'silent' })).toBeDefined();
    expect(answered).toBe(false);
    await gone.close();
  });
});
