import { latencyBounds, type Life, type PodSignals } from '../workloads/index.ts';
import { counterOf, putLife, type ContainerMetric } from './cadvisor.ts';
import type { Exporter, Labels } from './scrape.ts';

const labelsOf = (life: Life): Labels => ({
  job: life.view.profile?.name ?? '',
  service: life.view.profile?.name ?? '',
  endpoint: 'http',
  namespace: life.view.namespace,
  pod: life.view.name,
  container: life.view.container,
  instance: `${life.view.name}:${life.view.profile?.port ?? 0}`,
});

const bucket =
  (index: number) =>
  (signals: PodSignals): number =>
    signals[`bucket${index}`] ?? 0;

const buckets: readonly (readonly [string, ContainerMetric['of']])[] = [
  ...latencyBounds.map((bound, index) => [String(bound), bucket(index)] as const),
  ['+Inf', (signals: PodSignals) => signals.rate],
];

const whole: readonly ContainerMetric[] = [
  counterOf('http_request_duration_seconds_count', (s) => s.rate),
  counterOf('http_request_duration_seconds_sum', (s) => s.latencySum),
];

/** What the services of the shop say about themselves. */
export const services: Exporter = (scrape) => {
  const { world, sink } = scrape;
  for (const life of world.lives.values()) {
    if (life.ended || !life.view.profile?.http) continue;
    const { uid } = life;
    const put = (key: string, extra: Labels, metrics: readonly ContainerMetric[]): void =>
      putLife(scrape, life, metrics, `http/${key}/${uid}`, () => ({ ...labelsOf(life), ...extra }));
    put('200', { method: 'GET', code: '200' }, [counterOf('http_requests_total', (s) => s.rate - s.errors)]);
    put('503', { method: 'GET', code: '503' }, [counterOf('http_requests_total', (s) => s.errors)]);
    put('all', { method: 'GET' }, whole);
    for (const [le, of] of buckets)
      put(le, { method: 'GET', le }, [counterOf('http_request_duration_seconds_bucket', of)]);
  }
  for (const [role, waiting] of world.queues.waiting) {
    const queue = world.shop.byRole(role);
    const set = sink.labels(`queue/${role}`, () => ({
      job: queue.name,
      namespace: queue.namespace,
      pod: `${queue.name}-0`,
      service: queue.name,
      queue: 'orders',
      instance: `${queue.name}-0:15692`,
    }));
    sink.gauge('rabbitmq_queue_messages_ready', set, Math.round(waiting));
    sink.counter('rabbitmq_queue_messages_published_total', set, world.queues.published.get(role) ?? 0);
    sink.counter('rabbitmq_queue_messages_delivered_total', set, world.queues.delivered.get(role) ?? 0);
  }
};
