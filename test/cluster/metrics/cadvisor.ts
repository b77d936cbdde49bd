import { troubleOf } from '../workloads/circumstances.ts';
import type { Life, PodSignals, World } from '../workloads/index.ts';
import type { Exporter, Labels, Scrape } from './scrape.ts';

interface ContainerMetric {
  readonly name: string;
  readonly counter: boolean;
  /** From signals (a gauge, or a counter's rate) or from totals (a counter). */
  readonly of: (signals: PodSignals) => number;
}

const counter = (name: string, of: ContainerMetric['of']): ContainerMetric => ({ name, counter: true, of });
const gauge = (name: string, of: ContainerMetric['of']): ContainerMetric => ({ name, counter: false, of });

const perContainer: readonly ContainerMetric[] = [
  counter('container_cpu_usage_seconds_total', (s) => s.cpu),
  gauge('container_memory_working_set_bytes', (s) => s.memory),
  gauge('container_memory_rss', (s) => s.memory * 0.93),
  gauge('container_memory_usage_bytes', (s) => s.memory * 1.06),
  counter('container_fs_writes_bytes_total', (s) => s.written + s.logBytes),
];

/** Only containers with a CPU limit have a quota, and with it these. */
const perQuota: readonly ContainerMetric[] = [
  counter('container_cpu_cfs_periods_total', (s) => s.periods),
  counter('container_cpu_cfs_throttled_periods_total', (s) => s.throttled),
  counter('container_cpu_cfs_throttled_seconds_total', (s) => s.throttled * 0.04),
];

/** The network belongs to the sandbox: these have no container label. */
const perPod: readonly ContainerMetric[] = [
  counter('container_network_receive_bytes_total', (s) => s.received),
  counter('container_network_transmit_bytes_total', (s) => s.sent),
  counter('container_network_receive_packets_total', (s) => s.received / 900),
  counter('container_network_transmit_packets_total', (s) => s.sent / 900),
  counter('container_network_receive_packets_dropped_total', (s) => s.receivedDropped),
  counter('container_network_transmit_packets_dropped_total', (s) => s.sentDropped),
];

const kubelet = (life: Life): Labels => ({
  job: 'kubelet',
  metrics_path: '/metrics/cadvisor',
  service: 'kubelet',
  endpoint: 'https-metrics',
  node: life.view.node,
  instance: life.view.node,
  namespace: life.view.namespace,
  pod: life.view.name,
});

const slice = (life: Life): string => `/kubepods/burstable/pod${life.uid}`;

const containerLabels = (life: Life): Labels => ({
  ...kubelet(life),
  container: life.view.container,
  image: life.view.image,
  id: `${slice(life)}/${life.view.container}`,
  name: `${life.uid}_${life.view.container}`,
});

const sandboxLabels = (life: Life): Labels => ({ ...kubelet(life), interface: 'eth0', id: slice(life) });

/** Puts a table of metrics of one life under one label set. */
export function putLife(
  { sink, history }: Scrape,
  life: Life,
  metrics: readonly ContainerMetric[],
  key: string,
  labels: () => Labels,
): void {
  const set = sink.labels(key, labels);
  for (const { name, counter: counts, of } of metrics) {
    const past = sink.founding ? (time: number) => of(history.podAt(life.uid, time)) : undefined;
    if (counts) sink.counter(name, set, of(life.totals), past);
    else sink.gauge(name, set, of(life.signals), past);
  }
}

/** A kubelet that hangs or that no packet reaches cannot be scraped. */
export function answers(world: World, node: string): boolean {
  const trouble = troubleOf(world.around, node);
  return !trouble.cutOff && trouble.ready !== 'Frozen';
}

/** What the kubelet's cAdvisor says about the containers that run. */
export const cadvisor: Exporter = (scrape) => {
  const { world, sink } = scrape;
  for (const life of world.lives.values()) {
    if (life.ended || !answers(world, life.view.node)) continue;
    const metrics = Number.isFinite(life.view.cpuLimit) ? [...perContainer, ...perQuota] : perContainer;
    putLife(scrape, life, metrics, `container/${life.uid}`, () => containerLabels(life));
    putLife(scrape, life, perPod, `sandbox/${life.uid}`, () => sandboxLabels(life));
    const limits = sink.labels(`container/${life.uid}`, () => containerLabels(life));
    if (Number.isFinite(life.view.memoryLimit))
      sink.gauge('container_spec_memory_limit_bytes', limits, life.view.memoryLimit);
    sink.gauge('container_start_time_seconds', limits, life.startedAt);
  }
};

export type { ContainerMetric };
export { counter as counterOf, gauge as gaugeOf };
