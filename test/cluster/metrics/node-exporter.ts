import { systemOf, type Host } from '../workloads/hosts.ts';
import type { Exporter, Labels, Scrape } from './scrape.ts';
import { troubleOf } from '../workloads/circumstances.ts';
import type { LabelSet } from './store.ts';

const baseLabels = (host: Host): Labels => ({
  job: 'node-exporter',
  namespace: 'monitoring',
  endpoint: 'https',
  service: 'node-exporter',
  container: 'node-exporter',
  instance: host.name,
});

const disk: Labels = { device: '/dev/vda1', fstype: 'ext4', mountpoint: '/' };
/** How busy seconds are spread over the kernel's modes. */
const modes = { user: 0.7, system: 0.22, iowait: 0.05, softirq: 0.03 } as const;

/** A node in the past: its system and the pods that were on it. */
function pastOf({ world, history }: Scrape, host: Host) {
  const system = (time: number) => systemOf(world.shop.seed, host.name, time);
  return {
    cpu: (time: number) => system(time).cpu + history.nodeAt(host.name, 'cpu', time),
    memory: (time: number) => system(time).memory + history.nodeAt(host.name, 'memory', time),
    received: (time: number) => 4_000 + history.nodeAt(host.name, 'received', time),
    sent: (time: number) => 3_000 + history.nodeAt(host.name, 'sent', time),
    written: (time: number) => 20_000 + history.nodeAt(host.name, 'written', time),
  };
}

/** Every core does its part of the whole. */
function putCpu({ sink }: Scrape, host: Host, past: (time: number) => number): void {
  const idle = Math.max(0, host.seconds * host.cores - host.cpuSeconds);
  for (let core = 0; core < host.cores; core += 1) {
    const set = (mode: string): LabelSet =>
      sink.labels(`node/${host.name}/${core}/${mode}`, () => ({ ...baseLabels(host), cpu: String(core), mode }));
    for (const [mode, share] of Object.entries(modes))
      sink.counter(
        'node_cpu_seconds_total',
        set(mode),
        (host.cpuSeconds * share) / host.cores,
        (time) => (past(time) * share) / host.cores,
      );
    sink.counter('node_cpu_seconds_total', set('idle'), idle / host.cores, (time) => 1 - past(time) / host.cores);
  }
}

function putHost(scrape: Scrape, host: Host): void {
  const { sink } = scrape;
  const set = (key: string, extra: Labels): LabelSet =>
    sink.labels(`node/${key}/${host.name}`, () => ({ ...baseLabels(host), ...extra }));
  const past = pastOf(scrape, host);
  const plain = set('', {});
  putCpu(scrape, host, past.cpu);
  sink.gauge('node_load1', plain, host.demand);
  sink.gauge('node_memory_MemTotal_bytes', plain, host.memory);
  sink.gauge(
    'node_memory_MemAvailable_bytes',
    plain,
    host.memory - host.memoryUsed,
    (time) => host.memory - past.memory(time),
  );
  const root = set('disk', disk);
  sink.gauge('node_filesystem_size_bytes', root, host.disk);
  sink.gauge('node_filesystem_avail_bytes', root, host.disk - host.diskUsed);
  sink.gauge('node_filesystem_files', root, 6_000_000);
  sink.gauge('node_filesystem_files_free', root, 5_200_000);
  const network = set('eth0', { device: 'eth0' });
  sink.counter('node_network_receive_bytes_total', network, host.received, past.received);
  sink.counter('node_network_transmit_bytes_total', network, host.sent, past.sent);
  sink.counter('node_network_receive_errs_total', network, host.networkErrors);
  sink.counter('node_network_transmit_errs_total', network, host.networkErrors * 0.7);
  sink.counter('node_disk_written_bytes_total', set('vda', { device: 'vda' }), host.written, past.written);
}

/** node_exporter, as kube-prometheus relabels it: `instance` is the node's name. Silent while the node is cut off. */
export const nodeExporter: Exporter = (scrape) => {
  for (const host of scrape.world.hosts.values())
    if (!troubleOf(scrape.world.around, host.name).cutOff) putHost(scrape, host);
};
