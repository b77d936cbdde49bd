import { GiB, MiB, type Call, type Physics, type Profile, type Role } from './profile.ts';

export interface ShopOptions {
  readonly seed: number;
  /** Other names for workloads, by role: nothing may depend on what they are called. */
  readonly names?: Readonly<Partial<Record<Role, string>>>;
  /** Other names for the namespaces `shop`, `data`, `batch`. */
  readonly namespaces?: Readonly<Partial<Record<string, string>>>;
}

/** The workloads of a cluster, and what they are called. */
export interface Shop {
  readonly seed: number;
  readonly profiles: readonly Profile[];
  byRole(role: Role): Profile;
  find(namespace: string, name: string): Profile | undefined;
  /** What a namespace of the plan is called here. */
  namespaceOf(planned: string): string;
}

const calm: Physics = {
  edge: 0,
  cpuPerRequest: 0.004,
  cpuIdle: 0.02,
  memoryBase: 90 * MiB,
  memoryPerRate: 0.25 * MiB,
  latency: 0.02,
  workers: 64,
  warmUp: 12,
};

type Draft = Partial<Omit<Profile, 'physics' | 'role'>> & { readonly physics?: Partial<Physics> };

function service(role: Role, draft: Draft): Profile {
  return {
    role,
    name: role,
    namespace: 'shop',
    kind: 'Deployment',
    replicas: 2,
    repository: `registry.example/shop/${role}`,
    version: '2.4.1',
    port: 8080,
    http: true,
    requests: { cpu: '150m', memory: '192Mi' },
    limits: { cpu: '300m', memory: '256Mi' },
    env: {},
    calls: [],
    ...draft,
    physics: { ...calm, ...draft.physics },
  };
}

const to = (role: Role, each = 1, critical = true): Call => ({ to: role, each, critical });

const front: readonly Profile[] = [
  service('frontend', {
    replicas: 3,
    requests: { cpu: '350m', memory: '256Mi' },
    limits: { cpu: '600m', memory: '384Mi' },
    physics: { edge: 120, memoryBase: 150 * MiB, workers: 128, latency: 0.03 },
    calls: [
      to('catalog', 0.8),
      to('cart', 0.4),
      to('checkout', 0.06),
      to('search', 0.3),
      to('recommendations', 0.5, false),
      to('accounts', 0.3),
    ],
    autoscale: { min: 3, max: 8, cpuPercent: 85 },
    disruption: 2,
  }),
  service('catalog', {
    calls: [to('catalog-db', 1.2)],
    env: { DB_POOL_SIZE: '20' },
    disruption: 1,
    secret: 'catalog-db',
    physics: { cpuPerRequest: 0.0018 },
  }),
  service('search', { calls: [], physics: { cpuPerRequest: 0.005, memoryBase: 120 * MiB } }),
  service('recommendations', {
    calls: [to('catalog', 0.1)],
    physics: { cpuPerRequest: 0.003, memoryBase: 110 * MiB, memoryPerRate: 0.5 * MiB },
  }),
  service('accounts', { calls: [to('orders-db', 0.5)], physics: { cpuPerRequest: 0.0035, latency: 0.015 } }),
  service('cart', { calls: [to('cart-cache', 2)], disruption: 1, physics: { cpuPerRequest: 0.003, latency: 0.01 } }),
];

const orders: readonly Profile[] = [
  service('checkout', {
    calls: [to('cart', 1), to('payment', 1), to('shipping', 1), to('orders-db', 3), to('orders-queue', 1)],
    disruption: 1,
    env: { DB_POOL_SIZE: '20' },
    secret: 'orders-db',
    physics: { cpuPerRequest: 0.012, latency: 0.05 },
  }),
  service('payment', {
    certificate: 'payment-tls',
    calls: [],
    disruption: 1,
    physics: { cpuPerRequest: 0.015, latency: 0.12 },
  }),
  service('shipping', {
    pullSecret: 'shipping-registry',
    calls: [],
    physics: { cpuPerRequest: 0.01, latency: 0.03 },
  }),
  service('notifications', {
    replicas: 1,
    calls: [],
    requests: { cpu: '100m', memory: '128Mi' },
    limits: { cpu: '300m', memory: '192Mi' },
    physics: { edge: 4, cpuPerRequest: 0.008, memoryBase: 70 * MiB },
  }),
  service('fulfilment', {
    consumes: { queue: 'orders-queue', perPod: 8 },
    calls: [to('orders-db', 1), to('notifications', 0.5, false)],
    physics: { cpuPerRequest: 0.02 },
  }),
];

const database = (role: Role, draft: Draft): Profile =>
  service(role, {
    namespace: 'data',
    kind: 'StatefulSet',
    replicas: 1,
    repository: `registry.example/data/${draft.repository ?? 'postgres'}`,
    version: '16.4',
    port: 5432,
    http: false,
    requests: { cpu: '250m', memory: '512Mi' },
    limits: { cpu: '1', memory: '1Gi' },
    ...Object.fromEntries(Object.entries(draft).filter(([key]) => key !== 'repository')),
    physics: {
      cpuPerRequest: 0.0012,
      cpuIdle: 0.04,
      memoryBase: 420 * MiB,
      memoryPerRate: 0.2 * MiB,
      latency: 0.004,
      workers: 100,
      warmUp: 20,
      ...draft.physics,
    },
  });

const data: readonly Profile[] = [
  database('catalog-db', {
    env: { MAX_CONNECTIONS: '100' },
    volume: { size: 8 * GiB, used: 0.46, growth: 30 * MiB },
  }),
  database('orders-db', {
    env: { MAX_CONNECTIONS: '300' },
    replicas: 3,
    quorum: 2,
    disruption: 2,
    volume: { size: 10 * GiB, used: 0.52, growth: 60 * MiB },
  }),
  database('cart-cache', {
    repository: 'redis',
    version: '7.4',
    port: 6379,
    requests: { cpu: '100m', memory: '256Mi' },
    limits: { cpu: '500m', memory: '512Mi' },
    volume: { size: 2 * GiB, used: 0.3, growth: 0 },
    physics: { cpuPerRequest: 0.0004, memoryBase: 210 * MiB, latency: 0.001, warmUp: 6 },
  }),
  database('orders-queue', {
    repository: 'rabbitmq',
    version: '3.13',
    port: 5672,
    requests: { cpu: '100m', memory: '256Mi' },
    limits: { cpu: '500m', memory: '512Mi' },
    volume: { size: 4 * GiB, used: 0.2, growth: 0 },
    physics: { cpuPerRequest: 0.002, memoryBase: 180 * MiB, latency: 0.002, warmUp: 15 },
  }),
];

const batch: readonly Profile[] = [
  service('report', {
    namespace: 'batch',
    kind: 'CronJob',
    schedule: '*/15 * * * *',
    runs: 90,
    http: false,
    physics: { cpuIdle: 0.18, memoryBase: 120 * MiB, warmUp: 0 },
  }),
  service('nightly-export', {
    namespace: 'batch',
    kind: 'CronJob',
    schedule: '30 2 * * *',
    runs: 1200,
    http: false,
    requests: { cpu: '300m', memory: '256Mi' },
    limits: { cpu: '1', memory: '512Mi' },
    physics: { cpuIdle: 0.7, memoryBase: 300 * MiB, warmUp: 0 },
  }),
];

const agent = (role: Role, namespace: string, draft: Draft = {}): Profile =>
  service(role, {
    namespace,
    kind: 'DaemonSet',
    replicas: 0,
    repository: `registry.example/platform/${role}`,
    version: '1.9.0',
    http: false,
    requests: { cpu: '50m', memory: '64Mi' },
    limits: { cpu: '250m', memory: '128Mi' },
    priorityClass: 'system-node-critical',
    ...draft,
    physics: { cpuIdle: 0.02, memoryBase: 45 * MiB, warmUp: 4, ...draft.physics },
  });

const platform: readonly Profile[] = [
  agent('coredns', 'kube-system', {
    kind: 'Deployment',
    replicas: 2,
    version: '1.12.0',
    port: 53,
    requests: { cpu: '100m', memory: '70Mi' },
    limits: { cpu: '500m', memory: '170Mi' },
    labels: { 'k8s-app': 'kube-dns' },
    disruption: 1,
    priorityClass: 'system-cluster-critical',
    physics: { memoryBase: 40 * MiB },
  }),
  agent('cni-agent', 'kube-system', { labels: { 'k8s-app': 'cni-agent' } }),
  agent('node-exporter', 'monitoring', { port: 9100, limits: { cpu: '250m', memory: '180Mi' } }),
  agent('kube-state-metrics', 'monitoring', { kind: 'Deployment', replicas: 1, priorityClass: '' }),
];

/** The shop: 11 services, 4 data stores, 2 batch jobs and the platform they stand on; about 40 pods on four nodes. */
export function createShop(options: ShopOptions): Shop {
  const namespaceOf = (planned: string): string => options.namespaces?.[planned] ?? planned;
  const profiles = [...front, ...orders, ...data, ...batch, ...platform].map((profile) => ({
    ...profile,
    name: options.names?.[profile.role] ?? profile.name,
    namespace: namespaceOf(profile.namespace),
  }));
  const roles = new Map(profiles.map((profile) => [profile.role, profile]));
  const names = new Map(profiles.map((profile) => [`${profile.namespace}/${profile.name}`, profile]));
  return {
    seed: options.seed,
    profiles,
    namespaceOf,
    find: (namespace, name) => names.get(`${namespace}/${name}`),
    byRole(role) {
      const profile = roles.get(role);
      if (!profile) throw new Error(`no workload plays the role "${role}"`);
      return profile;
    },
  };
}
