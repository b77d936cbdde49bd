import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectKubernetes, type Connection } from '../../backend/src/adapters/kubernetes/index.ts';
import { recording } from '../../backend/src/adapters/kubernetes/recording.ts';
import type { Clock } from '../../backend/src/pipeline/ports.ts';

const nodes = 5_000;
const pods = 100_000;

interface Seeded {
  readonly kubeconfig: string;
  readonly seconds: number;
  readonly megabytes: number;
  readonly objects: Readonly<Record<string, number>>;
}

const clock: Clock = {
  now: () => Date.now() / 1000,
  sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  hold: () => () => undefined,
};

/** 5,000 nodes and 100,000 pods in a server of their own process; KubeWise's reflector in this one. */
describe('a cluster of 5,000 nodes and 100,000 pods', () => {
  let server: ChildProcess;
  let seeded: Seeded;
  let directory: string;
  let connection: Connection | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scale-'));
    server = fork(join(import.meta.dirname, 'scale-server.ts'), [String(nodes), String(pods)]);
    [seeded] = (await once(server, 'message')) as [Seeded];
  });

  afterAll(async () => {
    await connection?.close();
    server.kill();
    await rm(directory, { recursive: true, force: true });
  });

  it('is seeded in less than 60 s and 2 GB', () => {
    console.log(`seeded in ${seeded.seconds.toFixed(1)} s, ${Math.round(seeded.megabytes)} MB resident`);
    expect(seeded.objects['pods.']).toBe(pods);
    expect(seeded.objects['nodes.']).toBe(nodes);
    expect(seeded.seconds).toBeLessThan(60);
    expect(seeded.megabytes).toBeLessThan(2048);
  });

  it('is taken in by the reflector, and served in less than 2 GB', async () => {
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, seeded.kubeconfig);
    const { recorder, log, counted } = recording();
    const residentBefore = process.memoryUsage.rss();
    const began = performance.now();
    connection = await connectKubernetes({ kubeconfig, cluster: 'big', clock, log, recorder });
    await connection.watcher.start(() => undefined);
    const seconds = (performance.now() - began) / 1000;
    const grown = (process.memoryUsage.rss() - residentBefore) / 2 ** 20;
    server.send('peak');
    const [{ peakMegabytes }] = (await once(server, 'message')) as [{ readonly peakMegabytes: number }];
    console.log(
      `synced in ${seconds.toFixed(1)} s, ${Math.round(grown)} MB more resident; the server's peak ${Math.round(peakMegabytes)} MB`,
    );
    expect(counted.get('kubewise_watch_synced Pod')).toBe(1);
    const { topology } = connection.watcher;
    const target = topology.ownerOf('Pod', 'team-0003', 'app-00061-00000061-00007');
    expect(target).toMatchObject({ kind: 'Deployment', name: 'app-00061' });
    expect(topology.podsOf(target as NonNullable<typeof target>)).toHaveLength(50);
    expect(topology.targets().filter((one) => one.kind === 'Deployment')).toHaveLength(pods / 50);
    expect(peakMegabytes).toBeLessThan(2048);
    expect(seconds).toBeLessThan(120);
  });
});
