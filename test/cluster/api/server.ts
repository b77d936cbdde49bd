import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuditLog, type LoggedRequest } from './audit.ts';
import { createAuthorizer } from './authorization.ts';
import { bootstrapObjects } from './bootstrap.ts';
import { createFaultBook, type ApiFaults } from './faults.ts';
import { followDefinitions } from './custom.ts';
import { createFrontDoor } from './http.ts';
import { createRegistry, type Registry } from './resources.ts';
import { createStatsBook, type ApiStats } from './stats.ts';
import { createStore, type Store, type Window } from './store.ts';
import { makeCertificates } from './tls.ts';
import { createUserBook, kubeconfigText, type TokenEntry } from './users.ts';
import { createWatchHub, type WatchHub } from './watch.ts';
import { randomUid, seededRandom, timestamp, type Context, type LogSource, type UsageSource } from './context.ts';
import { startHousekeeping } from './housekeeping.ts';
import type { SimClock } from '../clock.ts';
import type { KubeObject } from '../runtime.ts';

export interface ApiServerOptions {
  readonly clock: SimClock;
  /** 0 (the default) = any free port. */
  readonly port?: number;
  readonly seed?: number;
  /** More users beside admin, kubewise, viewer, kubelet and controllers. */
  readonly tokens?: readonly TokenEntry[];
  /** File that gets one JSON line per non-GET request. */
  readonly auditLog?: string;
  /** Numbers for metrics.k8s.io. */
  readonly usage?: UsageSource;
  /** Text for pods/log. */
  readonly logs?: LogSource;
  /** Garbage collection, namespace deletion, default service accounts; true unless switched off. */
  readonly housekeeping?: boolean;
  /** How far back watches and paged lists reach; default 300 cluster seconds and 20,000 events per kind. */
  readonly window?: Window;
}

export interface ApiServer {
  readonly url: string;
  readonly caPem: string;
  /** kubeconfig text (JSON, which is YAML) for a user. */
  kubeconfig(user: string): string;
  tokenOf(user: string): string;
  /** Every non-GET request, in order. */
  readonly requests: readonly LoggedRequest[];
  /** Reads by `verb resource`. */
  readonly reads: Readonly<Record<string, number>>;
  /** Puts objects straight into the store (versioned, with uid and time, without admission or defaults). */
  seed(objects: Iterable<KubeObject>): void;
  readonly faults: ApiFaults;
  readonly stats: () => ApiStats;
  close(): Promise<void>;
}

function seeder(
  store: Store,
  registry: Registry,
  now: () => number,
  random: () => number,
): (objects: Iterable<KubeObject>) => void {
  return (objects) => {
    for (const object of objects) {
      const resource = registry.byKind(object['apiVersion'] as string, object['kind'] as string);
      if (!resource) throw new Error(`cannot seed ${object['apiVersion']} ${object['kind']}: no such kind`);
      const metadata = {
        uid: randomUid(random),
        creationTimestamp: timestamp(now()),
        ...(resource.generation && { generation: 1 }),
        ...object['metadata'],
      };
      store.put(resource.shelf, { ...object, metadata });
    }
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server, hub: WatchHub): Promise<void> {
  hub.close();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Starts the Kubernetes API of the simulated cluster on loopback, over TLS with a CA of its own. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { clock } = options;
  const certificates = await makeCertificates();
  const random = seededRandom(options.seed ?? 1);
  const store = createStore(() => clock.now(), options.window ?? { seconds: 300, events: 20_000 });
  const registry = createRegistry();
  const users = createUserBook(options.tokens ?? []);
  const faults = createFaultBook({
    dropWatches: () => hub.drop(),
    expire: () => {
      store.compact();
      hub.expire();
    },
  });
  const context: Context = {
    store,
    registry,
    clock,
    faults,
    random,
    authorizer: createAuthorizer(store),
    users: users.byToken,
    usage: options.usage ?? (() => undefined),
    logs: options.logs ?? (() => ''),
    issue: (user) => users.issue(user),
    caPem: certificates.caPem,
  };
  const hub = createWatchHub(context);
  const stats = createStatsBook();
  const audit = createAuditLog(options.auditLog);
  const door = createFrontDoor({ context, hub, stats, audit, users, url: () => url });
  const server = createServer(
    { cert: certificates.certPem, key: certificates.keyPem, keepAliveTimeout: 120_000 },
    (request, response) => door.handle(request, response),
  );
  const seed = seeder(store, registry, () => clock.now(), random);
  followDefinitions(store, registry);
  seed(bootstrapObjects);
  const housekeeping = options.housekeeping === false ? undefined : startHousekeeping(context);
  const url = `https://127.0.0.1:${await listen(server, options.port ?? 0)}`;
  return {
    url,
    caPem: certificates.caPem,
    kubeconfig: (user) => kubeconfigText(url, certificates.caPem, user, users.tokenOf(user)),
    tokenOf: (user) => users.tokenOf(user),
    requests: audit.requests,
    reads: audit.reads,
    seed,
    faults,
    stats: () => ({
      requests: stats.requests(),
      latency: stats.latency(),
      inflight: door.inflight(),
      watches: hub.open(),
      objects: Object.fromEntries([...store.shelves()].map((shelf) => [shelf, store.count(shelf)])),
    }),
    async close() {
      housekeeping?.stop();
      await close(server, hub);
    },
  };
}
