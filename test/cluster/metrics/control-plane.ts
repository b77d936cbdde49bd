import { strainOf } from '../workloads/circumstances.ts';
import { crowd, smoothNoise } from '../workloads/noise.ts';
import type { Exporter, Labels, Scrape } from './scrape.ts';

const apiBounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const fsyncBounds = Array.from({ length: 14 }, (_, index) => 0.001 * 2 ** index);

/** Share of a log-logistic below `bound`. */
const below = (bound: number, median: number, steepness: number): number => 1 / (1 + (median / bound) ** steepness);

/** Rates and medians of the control plane when nothing is wrong: a closed form of the time. */
function calm(seed: number, time: number) {
  const busy = 0.8 + 0.2 * crowd(seed + 77, time);
  return {
    requests: 22 * busy,
    apiMedian: 0.006 * (1 + 0.12 * smoothNoise(seed + 78, time, 300) + 0.05 * smoothNoise(seed + 79, time, 45)),
    fsyncs: 9 * busy,
    fsyncMedian: 0.0016 * (1 + 0.1 * smoothNoise(seed + 80, time, 240)),
  };
}

const verbs = [
  ['GET', 0.55],
  ['LIST', 0.08],
  ['PATCH', 0.12],
  ['PUT', 0.2],
  ['POST', 0.05],
] as const;

/** Adds up rates between ticks; a counter per name. */
export function createControlPlane(): Exporter {
  const totals = new Map<string, number>();
  let before: number | undefined;

  return (scrape) => {
    const { world, now } = scrape;
    const seconds = before === undefined ? 0 : now - before;
    before = now;
    const strain = strainOf(world.around);
    const seed = world.shop.seed;
    const add = (name: string, labels: Labels, rate: number, past: (time: number) => number): void => {
      const key = `${name}/${Object.values(labels).join('/')}`;
      const total = (totals.get(key) ?? 0) + rate * seconds;
      totals.set(key, total);
      scrape.sink.counter(
        name,
        scrape.sink.labels(`plane/${key}`, () => labels),
        total,
        past,
      );
    };
    const is = calm(seed, now);
    putApi(add, seed, is.requests, is.apiMedian + strain.apiDelay, strain.apiErrors);
    putEtcd(scrape, add, seed, is.fsyncs, is.fsyncMedian + strain.fsyncDelay);
    putScheduler(scrape);
    putDns(scrape, add, seed);
  };
}

type Add = (name: string, labels: Labels, rate: number, past: (time: number) => number) => void;

const api: Labels = {
  job: 'apiserver',
  service: 'kubernetes',
  endpoint: 'https',
  instance: 'control-plane:6443',
  namespace: 'default',
};

function putApi(add: Add, seed: number, requests: number, median: number, errors: number): void {
  for (const [verb, share] of verbs) {
    const labels = { ...api, verb, resource: 'pods', scope: 'namespace' };
    for (const bound of [...apiBounds, Infinity]) {
      const le = bound === Infinity ? '+Inf' : String(bound);
      add(
        'apiserver_request_duration_seconds_bucket',
        { ...labels, le },
        requests * share * below(bound, median, 3),
        (time) => {
          const was = calm(seed, time);
          return was.requests * share * below(bound, was.apiMedian, 3);
        },
      );
    }
    add(
      'apiserver_request_duration_seconds_count',
      labels,
      requests * share,
      (time) => calm(seed, time).requests * share,
    );
    add(
      'apiserver_request_total',
      { ...labels, code: '200' },
      requests * share * (1 - errors),
      (time) => calm(seed, time).requests * share,
    );
    add('apiserver_request_total', { ...labels, code: '500' }, requests * share * errors, () => 0);
  }
}

const etcd: Labels = {
  job: 'etcd',
  service: 'etcd',
  endpoint: 'metrics',
  instance: 'control-plane:2381',
  namespace: 'kube-system',
  pod: 'etcd-control-plane',
};

function putEtcd({ sink }: Scrape, add: Add, seed: number, fsyncs: number, median: number): void {
  for (const [metric, factor] of [
    ['etcd_disk_wal_fsync_duration_seconds', 1],
    ['etcd_disk_backend_commit_duration_seconds', 2.2],
  ] as const) {
    for (const bound of [...fsyncBounds, Infinity]) {
      const le = bound === Infinity ? '+Inf' : String(bound);
      add(`${metric}_bucket`, { ...etcd, le }, fsyncs * below(bound, median * factor, 3), (time) => {
        const was = calm(seed, time);
        return was.fsyncs * below(bound, was.fsyncMedian * factor, 3);
      });
    }
    add(`${metric}_count`, etcd, fsyncs, (time) => calm(seed, time).fsyncs);
  }
  const set = sink.labels('plane/etcd', () => etcd);
  sink.gauge('etcd_server_has_leader', set, 1);
  sink.counter('etcd_server_leader_changes_seen_total', set, 0);
  sink.gauge('etcd_mvcc_db_total_size_in_bytes', set, 38 * 2 ** 20);
}

function putScheduler({ sink, cluster }: Scrape): void {
  const labels = {
    job: 'kube-scheduler',
    endpoint: 'https-metrics',
    service: 'kube-scheduler',
    instance: 'control-plane:10259',
    namespace: 'kube-system',
  };
  const waiting = cluster.list('Pod').filter((pod) => !pod['spec'].nodeName && !pod['metadata'].deletionTimestamp);
  const refused = waiting.filter((pod) =>
    ((pod['status']?.conditions ?? []) as { type: string; reason?: string }[]).some(
      (one) => one.type === 'PodScheduled' && one.reason === 'Unschedulable',
    ),
  );
  const put = (queue: string, value: number): void =>
    sink.gauge(
      'scheduler_pending_pods',
      sink.labels(`plane/scheduler/${queue}`, () => ({ ...labels, queue })),
      value,
    );
  put('active', waiting.length - refused.length);
  put('backoff', 0);
  put('unschedulable', refused.length);
}

function putDns({ world }: Scrape, add: Add, seed: number): void {
  const servers = [...world.lives.values()].filter((life) => life.view.profile?.role === 'coredns' && !life.ended);
  for (const { view } of servers) {
    const labels = {
      job: 'kube-dns',
      service: 'kube-dns',
      endpoint: 'metrics',
      namespace: view.namespace,
      pod: view.name,
      instance: `${view.name}:9153`,
      server: 'dns://:53',
      zone: '.',
    };
    const rate = (time: number): number => (60 * crowd(seed, time)) / servers.length;
    const now = rate(world.now());
    const failing = 1 - (1 - world.around.dnsFailing) * (1 - world.traitsOf(view, world.now()).errorShare);
    add('coredns_dns_requests_total', { ...labels, proto: 'udp', type: 'A' }, now, rate);
    add('coredns_dns_responses_total', { ...labels, rcode: 'NOERROR' }, now * (1 - failing), rate);
    add('coredns_dns_responses_total', { ...labels, rcode: 'SERVFAIL' }, now * failing, () => 0);
  }
}
