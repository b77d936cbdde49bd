import type { KubeObject, NodeHealth, Runtime } from '../runtime.ts';
import { isFinished, type PodWorker } from './pod-worker.ts';

/** Node-pressure eviction of the kubelets. */
export interface Evictions {
  /** Did a condition turn since this was last asked? */
  turned(node: string, health: NodeHealth, now: number): boolean;
  /** The health to report: pressure stays on for a while after it has gone. */
  settled(node: string, health: NodeHealth, now: number): NodeHealth;
  /** The pod that is to go now, if any. */
  victim(
    node: string,
    health: NodeHealth,
    workers: readonly PodWorker[],
    now: number,
  ): { readonly worker: PodWorker; readonly message: string } | undefined;
}

/** The kubelet's defaults: a condition stays 5 min after its cause; one eviction per 10 s. */
const transitionSeconds = 300;
const evictionSeconds = 10;

const pressures = ['memoryPressure', 'diskPressure', 'pidPressure'] as const;
const resources = { memoryPressure: 'memory', diskPressure: 'ephemeral-storage', pidPressure: 'pids' } as const;

export function createEvictions(runtime: Runtime): Evictions {
  const lastTrue = new Map<string, number>();
  const lastEviction = new Map<string, number>();
  const reported = new Map<string, string>();

  function settled(node: string, health: NodeHealth, now: number): NodeHealth {
    const on = pressures.map((field) => {
      if (health[field]) lastTrue.set(`${node} ${field}`, now);
      return [field, now - (lastTrue.get(`${node} ${field}`) ?? -Infinity) < transitionSeconds] as const;
    });
    return { ...health, ...Object.fromEntries(on) };
  }

  /** Usage above the request counts most, then usage itself: how the kubelet ranks for memory. */
  function rank(pod: KubeObject, now: number): number {
    const containers = pod['spec'].containers as KubeObject[];
    const used = containers.reduce((sum, one) => sum + (runtime.usage(pod, one['name'], now)?.memory ?? 0), 0);
    const asked = containers.reduce((sum, one) => sum + bytes(one['resources']?.requests?.memory), 0);
    return (used > asked ? 2 ** 50 : 0) + used - asked;
  }

  return {
    settled,
    turned(node, health, now) {
      const text = JSON.stringify(settled(node, health, now));
      const before = reported.get(node);
      reported.set(node, text);
      return before !== undefined && before !== text;
    },
    victim(node, health, workers, now) {
      const field = pressures.find((one) => health[one]);
      if (!field || now - (lastEviction.get(node) ?? -Infinity) < evictionSeconds) return undefined;
      const worker = workers
        .filter((one) => mayEvict(one.pod()))
        .map((one) => ({ one, priority: Number(one.pod()['spec'].priority ?? 0), rank: rank(one.pod(), now) }))
        .sort(
          (a, b) => Number(b.rank > 2 ** 49) - Number(a.rank > 2 ** 49) || a.priority - b.priority || b.rank - a.rank,
        )[0]?.one;
      if (!worker) return undefined;
      lastEviction.set(node, now);
      return { worker, message: `The node was low on resource: ${resources[field]}. ` };
    },
  };
}

const critical = new Set(['system-node-critical', 'system-cluster-critical']);

const mayEvict = (pod: KubeObject): boolean =>
  !isFinished(pod) && !pod['metadata'].deletionTimestamp && !critical.has(pod['spec'].priorityClassName);

const units: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
};

/** A Kubernetes quantity of bytes. */
function bytes(quantity: string | number | undefined): number {
  const [, number = '0', unit = ''] = /^([\d.]+)([A-Za-z]*)$/.exec(String(quantity ?? '0')) ?? [];
  return Number(number) * (units[unit] ?? 1);
}
