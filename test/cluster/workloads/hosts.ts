import type { KubeObject } from '../runtime.ts';
import { troubleOf, type Circumstances } from './circumstances.ts';
import type { Life } from './life.ts';
import { hashText, smoothNoise } from './noise.ts';
import { GiB } from './profile.ts';
import { quantity } from './quantity.ts';

/** What a node is doing; disk and network counters run on over restarts of pods. */
export interface Host {
  readonly name: string;
  readonly cores: number;
  readonly memory: number;
  readonly disk: number;
  /** Cores in use and wanted, bytes in use. */
  cpu: number;
  demand: number;
  memoryUsed: number;
  diskUsed: number;
  /** Bytes on its disk that are not logs of pods. */
  files: number;
  /** Counters since the cluster began. */
  seconds: number;
  cpuSeconds: number;
  received: number;
  sent: number;
  networkErrors: number;
  written: number;
}

const systemCores = 0.25;
const systemMemory = 1.1 * GiB;

export function newHost(node: KubeObject, seed: number): Host {
  const capacity = node['status']?.capacity ?? {};
  const name: string = node['metadata'].name;
  const disk = quantity(capacity['ephemeral-storage'], 100 * GiB);
  const spread = smoothNoise(seed + hashText(name), 0, 1);
  return {
    name,
    cores: quantity(capacity.cpu, 8),
    memory: quantity(capacity.memory, 16 * GiB),
    disk,
    cpu: systemCores,
    demand: systemCores,
    memoryUsed: systemMemory,
    diskUsed: disk * (0.42 + 0.05 * spread),
    files: disk * (0.42 + 0.05 * spread),
    seconds: 0,
    cpuSeconds: 0,
    received: 0,
    sent: 0,
    networkErrors: 0,
    written: 0,
  };
}

export const systemOf = (seed: number, name: string, now: number) => ({
  cpu: systemCores * (1 + 0.25 * smoothNoise(seed + hashText(name), now, 90)),
  memory: systemMemory * (1 + 0.04 * smoothNoise(seed + hashText(name) + 1, now, 1800)),
});

/** Adds up what the pods of a node do, and moves its counters on by `seconds`. */
export function stepHost(
  host: Host,
  lives: readonly Life[],
  around: Circumstances,
  seed: number,
  now: number,
  seconds: number,
): void {
  const trouble = troubleOf(around, host.name);
  const system = systemOf(seed, host.name, now);
  const sum = (of: (life: Life) => number): number => lives.reduce((total, life) => total + of(life), 0);
  host.demand = system.cpu + trouble.cpuTaken + sum((life) => Math.min(life.signals.demand, life.view.cpuLimit));
  host.cpu = Math.min(host.cores, host.demand);
  host.memoryUsed = Math.min(host.memory, system.memory + trouble.memoryTaken + sum((life) => life.signals.memory));
  const logs = sum((life) => life.signals.logBytes);
  // A pod's logs go when the pod goes.
  host.files = Math.min(host.disk, host.files + trouble.diskFill * seconds);
  host.diskUsed = Math.min(host.disk, host.files + sum((life) => life.logged));
  const packets = sum((life) => life.signals.received + life.signals.sent) / 700;
  host.seconds += seconds;
  host.cpuSeconds += host.cpu * seconds;
  host.received += (4_000 + sum((life) => life.signals.received)) * seconds;
  host.sent += (3_000 + sum((life) => life.signals.sent)) * seconds;
  host.networkErrors += packets * trouble.loss * seconds;
  host.written += (20_000 + sum((life) => life.signals.written) + trouble.diskFill + logs) * seconds;
  shareOut(host, lives, system.cpu + trouble.cpuTaken);
}

/** Under contention the kernel gives by requests first (cpu.shares), then whoever wants more shares the rest. */
function shareOut(host: Host, lives: readonly Life[], outside: number): void {
  const room = Math.max(0.1, host.cores - Math.min(outside, host.cores * 0.85));
  const wants = lives.map((life) => Math.min(life.signals.demand, life.view.cpuLimit));
  const sure = lives.map((life, index) => Math.min(wants[index] ?? 0, life.view.cpuRequest));
  const wanted = wants.reduce((sum, one) => sum + one, 0);
  const certain = sure.reduce((sum, one) => sum + one, 0);
  const rest = wanted <= room ? 1 : Math.max(0, room - certain) / Math.max(1e-9, wanted - certain);
  const scale = Math.min(1, room / Math.max(certain, 1e-9));
  lives.forEach((life, index) => {
    life.crowding = Math.max(0, host.demand / host.cores - 1);
    const want = wants[index] ?? 0;
    const given = wanted <= room ? want : (sure[index] ?? 0) * scale + (want - (sure[index] ?? 0)) * rest;
    life.nodeShare = want > 0 ? Math.min(1, given / want) : 1;
  });
}

/** The kubelet's default thresholds: less than a tenth of the disk, less than a twentieth of the memory left. */
export const lowOnDisk = (host: Host): boolean => host.diskUsed > host.disk * 0.9;
export const lowOnMemory = (host: Host): boolean => host.memoryUsed > host.memory * 0.95;
