import type { SimClock } from '../clock.ts';
import { createQueue, createRecorder, keyOf, type Informers, type KubeClient, type Recorder } from '../client/index.ts';
import type { KubeObject, Runtime } from '../runtime.ts';
import { createEvictions } from './eviction.ts';
import { createNodeAgent, type NodeAgent } from './heartbeat.ts';
import { nodeIp, podCidr, type NodeSpec } from './node-object.ts';
import { createPodWorker, isFinished, type PodWorker } from './pod-worker.ts';

export interface FleetOptions {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly clock: SimClock;
  readonly runtime: Runtime;
  readonly nodes: readonly NodeSpec[];
  readonly onError: (error: unknown, what: string) => void;
  /** Cluster seconds between two looks at all running containers. Default 1. */
  readonly syncSeconds?: number;
}

export interface Fleet {
  /** Resolves when every node is registered and has reported itself. */
  readonly ready: Promise<void>;
  stop(): void;
}

const heartbeatSeconds = 10;

/** One node: its agent, its recorder, its pods. */
interface Machine {
  readonly agent: NodeAgent;
  readonly recorder: Recorder;
  readonly workers: Map<string, PodWorker>;
  readonly images: Set<string>;
  /** Pods that changed while the kubelet was frozen. */
  readonly missed: Set<string>;
  /** Its kubelet does nothing about pods now. */
  frozen: boolean;
  addresses: number;
}

/** Kubelets for all nodes: one clock tick looks at every container, the API hears only of what changed. */
export function startNodes(options: FleetOptions): Fleet {
  const { client, informers, clock, runtime, onError, syncSeconds = 1 } = options;
  const pods = informers.of('Pod');
  const abort = new AbortController();
  const machines = new Map(options.nodes.map((spec, index) => [spec.name, createMachine(spec, index)]));
  const podQueue = createQueue({
    clock,
    name: '30 kubelet',
    reconcile: syncPod,
    onError: (error, key) => onError(error, `kubelet ${key}`),
  });
  const nodeQueue = createQueue({
    clock,
    name: '20 heartbeat',
    reconcile: beat,
    onError: (error, key) => onError(error, `heartbeat ${key}`),
  });
  const evictions = createEvictions(runtime);

  function createMachine(spec: NodeSpec, index: number): Machine {
    const recorder = createRecorder({ client, clock, component: 'kubelet', host: spec.name, onError });
    const agent = createNodeAgent({ client, informers, clock, recorder, spec, index });
    return { agent, recorder, workers: new Map(), images: new Set(), missed: new Set(), frozen: false, addresses: 1 };
  }

  /** Image pulls take 1 to 4 s, the same for the same image on the same node. */
  function pullSeconds(machine: Machine, image: string): number {
    if (machine.images.has(image)) return 0;
    machine.images.add(image);
    return 1 + (hash(`${machine.agent.spec.name} ${image}`) % 31) / 10;
  }

  function workerOf(machine: Machine, key: string, pod: KubeObject): PodWorker {
    const found = machine.workers.get(key);
    if (found?.uid === pod['metadata'].uid) return found as PodWorker;
    found?.end();
    const { index } = machine.agent;
    const home = {
      client,
      recorder: machine.recorder,
      runtime,
      hostIp: nodeIp(index),
      podIp: pod['status']?.podIP ?? nextAddress(machine),
      node: () => ({ ...machine.agent.object(), apiVersion: 'v1', kind: 'Node' }),
      pullSeconds: (image: string) => pullSeconds(machine, image),
    };
    const worker = createPodWorker(pod, home, clock.now());
    machine.workers.set(key, worker);
    return worker;
  }

  function nextAddress(machine: Machine): string {
    machine.addresses = machine.addresses >= 254 ? 2 : machine.addresses + 1;
    return `${podCidr(machine.agent.index)}.${machine.addresses}`;
  }

  function forget(machine: Machine, key: string): void {
    machine.workers.get(key)?.end();
    machine.workers.delete(key);
  }

  async function syncPod(key: string): Promise<number | undefined> {
    const pod = pods.get(key);
    for (const machine of machines.values()) {
      const worker = machine.workers.get(key);
      if (worker && worker.uid !== pod?.['metadata'].uid) forget(machine, key);
    }
    const machine = machines.get(pod?.['spec'].nodeName);
    if (!pod || !machine || machine.frozen) return undefined;
    if (isFinished(pod) && !pod['metadata'].deletionTimestamp) return undefined;
    const gone = await workerOf(machine, key, pod).sync(pod, clock.now());
    if (gone) forget(machine, key);
    return undefined;
  }

  async function beat(name: string): Promise<number | undefined> {
    const machine = machines.get(name);
    if (!machine || abort.signal.aborted) return undefined;
    const health = runtime.health(name, clock.now());
    if (health.ready !== 'Frozen') await machine.agent.beat(evictions.settled(name, health, clock.now()));
    return heartbeatSeconds;
  }

  /** Synchronous: asks the model about every container, notes which pods have news. */
  function tick(): void {
    const now = clock.now();
    for (const [name, machine] of machines) {
      const health = runtime.health(name, now);
      // A kubelet whose container runtime is down reports that, and leaves its pods alone.
      const idle = health.ready !== 'True';
      if (machine.frozen && !idle) nodeQueue.add(name);
      machine.frozen = idle;
      if (health.ready === 'Frozen') continue;
      if (evictions.turned(name, health, now)) nodeQueue.add(name);
      if (idle) continue;
      for (const [key, worker] of machine.workers) if (worker.peek(now)) podQueue.add(key);
      const victim = evictions.victim(name, health, [...machine.workers.values()], now);
      if (victim) {
        victim.worker.evict('Evicted', victim.message, now);
        podQueue.add(keyOf(victim.worker.pod()));
      }
      thaw(machine);
    }
  }

  /** Pods that came, or went, while the kubelet was frozen. */
  function thaw(machine: Machine): void {
    for (const key of machine.missed) podQueue.add(key);
    machine.missed.clear();
  }

  async function run(): Promise<void> {
    for (const machine of machines.values()) await machine.agent.register();
    for (const name of machines.keys()) await beat(name).then(() => nodeQueue.add(name, heartbeatSeconds));
    pods.on(({ object }) => {
      const machine = machines.get(object['spec'].nodeName);
      if (machine?.frozen) machine.missed.add(keyOf(object));
      else if (machine) podQueue.add(keyOf(object));
    });
    void loop();
  }

  async function loop(): Promise<void> {
    while (!abort.signal.aborted) {
      tick();
      await clock.sleep(syncSeconds, abort.signal);
    }
  }

  const ready = informers.synced().then(run);
  return {
    ready,
    stop() {
      abort.abort();
      podQueue.stop();
      nodeQueue.stop();
    },
  };
}

/** FNV-1a: enough to spread names evenly. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
}
