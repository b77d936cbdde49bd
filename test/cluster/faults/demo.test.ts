import { describe, expect, it } from 'vitest';
import type { SimClock } from '../clock.ts';
import type { KubeClient } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { createShop, createWorld, modelRuntime, quantity, type World } from '../workloads/index.ts';
import { standingCluster, type StandingCluster } from '../workloads/standing-cluster.ts';
import { demoFaults, type DemoFault } from './demo.ts';
import type { Ground } from './ground.ts';

const start = Date.UTC(2026, 10, 25, 15) / 1000;

/** The model with a kubelet that restarts what ends, over objects that stand still until a test changes them. */
class Stage {
  readonly cluster: StandingCluster;
  readonly world: World;
  readonly runtime;
  now = start;
  readonly kills: string[] = [];

  constructor(seed: number, names: Record<string, string> = {}) {
    const shop = createShop({ seed, names });
    this.cluster = standingCluster(shop);
    this.world = createWorld(shop, this.cluster);
    this.runtime = modelRuntime(this.world);
    for (const pod of this.pods()) this.runtime.started(pod, 'app', 0, this.now);
    this.run(180);
  }

  pods(name?: string): readonly KubeObject[] {
    return this.cluster.list('Pod').filter((pod) => !name || pod['metadata'].name.startsWith(`${name}-`));
  }

  ground(): Ground {
    return {
      world: this.world,
      cluster: this.cluster,
      clock: { now: () => this.now } as SimClock,
      client: this.client(),
    };
  }

  /** Only what the three faults ask: a strategic merge patch of one container, on the template and on the pods. */
  client(): KubeClient {
    const patch: KubeClient['patch'] = async (resource, ref, _type, body) => {
      const change = (body as KubeObject)['spec'].template.spec.containers[0] as KubeObject;
      const found = this.cluster.list(resource.kind).find((one) => one['metadata'].name === ref.name) as KubeObject;
      for (const pod of this.pods(ref.name)) this.recreate(pod, change);
      return this.cluster.change(found, (copy) => Object.assign(copy['spec'].template.spec.containers[0], change));
    };
    return { patch } as KubeClient;
  }

  recreate(pod: KubeObject, change: KubeObject): void {
    const made = this.cluster.change(pod, (copy) => Object.assign(copy['spec'].containers[0], change));
    this.runtime.forget(pod);
    this.runtime.started(made, 'app', 0, this.now);
  }

  run(seconds: number): void {
    for (const end = this.now + seconds; this.now < end;) {
      this.now += 5;
      for (const pod of this.pods()) {
        const state = this.runtime.state(pod, 'app', 0, this.now);
        if (state.running) continue;
        this.kills.push(`${pod['metadata'].name} ${state.reason}`);
        this.runtime.started(pod, 'app', this.kills.length, this.now);
      }
    }
  }

  scale(name: string, more: number): void {
    const workload = this.cluster.list('Deployment').find((one) => one['metadata'].name === name) as KubeObject;
    for (let index = 0; index < more; index += 1) {
      const pod = this.cluster.addPod(workload, `${name}-more-${index}`, `node-${(index % 4) + 1}`);
      this.runtime.started(pod, 'app', 0, this.now);
    }
  }
}

async function faultOf(stage: Stage, kind: string): Promise<DemoFault> {
  const fault = demoFaults(stage.ground()).find((one) => one.kind === kind) as DemoFault;
  await fault.inject();
  return fault;
}

const signal = (stage: Stage, name: string, of: 'throttled' | 'cpu' | 'memory'): number =>
  Math.max(...stage.pods(name).map((pod) => stage.world.lives.get(pod['metadata'].uid)?.signals[of] ?? 0));

describe('memory leak', () => {
  it('ends in OOM kills, and again after a restart', async () => {
    const stage = new Stage(3);
    const { target } = await faultOf(stage, 'memory-leak');
    stage.run(900);
    expect(stage.kills.length).toBeGreaterThan(0);
    expect(new Set(stage.kills.map((kill) => kill.split(' ')[1]))).toEqual(new Set(['OOMKilled']));
    for (const pod of stage.pods(target.name)) stage.recreate(pod, {});
    const before = stage.kills.length;
    stage.run(900);
    expect(stage.kills.length).toBeGreaterThan(before);
  });

  it('is cured by a higher limit, not by more replicas', async () => {
    const scaled = new Stage(3);
    const { target } = await faultOf(scaled, 'memory-leak');
    scaled.scale(target.name, 4);
    scaled.run(1200);
    expect(scaled.kills.length).toBeGreaterThan(0);

    const raised = new Stage(3);
    await faultOf(raised, 'memory-leak');
    for (const pod of raised.pods(target.name)) {
      const { resources } = pod['spec'].containers[0];
      const memory = String(quantity(resources.limits.memory) * 2);
      raised.recreate(pod, { resources: { ...resources, limits: { ...resources.limits, memory } } });
    }
    raised.run(3600);
    expect(raised.kills).toEqual([]);
  });
});

describe('traffic spike', () => {
  it('throttles until there are enough replicas; a restart changes nothing', async () => {
    const stage = new Stage(3);
    const fault = await faultOf(stage, 'traffic-spike');
    stage.run(120);
    expect(signal(stage, fault.target.name, 'throttled')).toBeGreaterThan(8);
    for (const pod of stage.pods(fault.target.name)) stage.recreate(pod, {});
    stage.run(120);
    expect(signal(stage, fault.target.name, 'throttled')).toBeGreaterThan(8);
    stage.scale(fault.target.name, 4);
    stage.run(120);
    expect(signal(stage, fault.target.name, 'throttled')).toBeLessThan(2);
  });
});

describe('bad release', () => {
  it('crashes at every start, until the image is the one before', async () => {
    const stage = new Stage(3);
    const fault = demoFaults(stage.ground()).find((one) => one.kind === 'bad-release') as DemoFault;
    const injected = await fault.inject();
    stage.run(60);
    expect(stage.kills.every((kill) => kill.startsWith(fault.target.name) && kill.endsWith('Error'))).toBe(true);
    expect(stage.kills.length).toBeGreaterThan(4);
    for (const pod of stage.pods(fault.target.name)) stage.recreate(pod, {});
    const before = stage.kills.length;
    stage.run(60);
    expect(stage.kills.length).toBeGreaterThan(before);
    await injected.end();
    const after = stage.kills.length;
    stage.run(120);
    expect(stage.kills.length).toBe(after);
  });
});

describe('the schedule', () => {
  const targets = (seed: number, names: Record<string, string> = {}): string[] =>
    demoFaults(new Stage(seed, names).ground()).map((fault) => fault.target.name);

  it('hits three different workloads that depend on the seed', () => {
    expect(new Set(targets(3)).size).toBe(3);
    expect(targets(3)).toEqual(targets(3));
    expect(new Set([1, 2, 3, 4, 5, 6].map((seed) => targets(seed).join())).size).toBeGreaterThan(1);
  });

  it('does not depend on names', () => {
    const names = { search: 'alpha', accounts: 'beta', recommendations: 'gamma', cart: 'delta' };
    expect(targets(3, names)).toEqual(targets(3).map((name) => (names as Record<string, string>)[name] ?? name));
  });
});

describe('the model', () => {
  it('does the same for the same seed and something else for another', () => {
    const reading = (seed: number): string => {
      const stage = new Stage(seed);
      stage.run(300);
      return stage
        .pods()
        .map((pod) => stage.world.lives.get(pod['metadata'].uid)?.signals.cpu.toFixed(9))
        .join();
    };
    expect(reading(5)).toBe(reading(5));
    expect(reading(5)).not.toBe(reading(6));
  });
});
