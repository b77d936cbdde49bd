import { text, type EventRecord, type KnownKind, type ObjectRef, type Topology } from '../../model/index.ts';
import type { Clock, Log, Recorder, Watcher } from '../../pipeline/ports.ts';
import type { Discovery } from './discovery.ts';
import { byWeight, eventRecord, isTelling } from './event-records.ts';
import { createInterventions } from './interventions.ts';
import { createReflector, defaultTiming, type Reflector, type Timing } from './reflector.ts';
import type { Kept } from './tidy.ts';
import { createTopology } from './topology.ts';
import type { Transport } from './transport.ts';
import { createWorkQueue } from './work-queue.ts';

/**
 * What is watched. The order is that of the first sync as the topology takes it: owners before what they own, so that
 * nothing is provisional that needs not be, and events last.
 */
const watchedKinds: readonly KnownKind[] = [
  'Namespace',
  'Node',
  'HorizontalPodAutoscaler',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
  'Service',
  'Pod',
  'Event',
];
const clusterWide: readonly KnownKind[] = ['Namespace', 'Node'];
/** Events of the past hour are news to a process that has just started; older ones are not. */
const oldEvent = 3600;

export interface WatcherOptions {
  readonly cluster: string;
  readonly namespaces: readonly string[];
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly log: Log;
  readonly recorder: Recorder;
  readonly timing?: Partial<Timing>;
  readonly random?: () => number;
}

/** The port, and the one thing the client tells the watcher. */
export interface ClusterWatcher extends Watcher {
  removedByUs(ref: ObjectRef, uid: string): void;
  /** Kinds that cannot be watched, and why. */
  degraded(): readonly { readonly kind: KnownKind; readonly message: string }[];
}

export function createWatcher(options: WatcherOptions): ClusterWatcher {
  const { cluster, namespaces, clock, log, recorder } = options;
  const index = createTopology(cluster);
  const interventions = createInterventions(index, () => clock.now());
  const topology: Topology = { ...index.view, interventions: (since) => interventions.since(since) };
  const stopping = new AbortController();
  const events = new Map<string, EventRecord>();
  let running: Promise<unknown> = Promise.resolve();
  let onEvents: (events: readonly EventRecord[]) => void = () => undefined;
  let startedAt = 0;
  let synced = false;
  const troubled = new Set<string>();

  const byKind = new Map<KnownKind, readonly Reflector[]>(
    watchedKinds.map((kind) => {
      const places = clusterWide.includes(kind) || namespaces.length === 0 ? [''] : namespaces;
      return [kind, places.map((namespace) => reflectorOf(kind, namespace))];
    }),
  );
  const reflectors = [...byKind.values()].flat();

  function reflectorOf(kind: KnownKind, namespace: string): Reflector {
    const { transport, discovery } = options;
    return createReflector({
      ...{ kind, namespace, transport, discovery, log, recorder },
      timing: { ...defaultTiming, ...options.timing },
      random: options.random ?? Math.random,
      ...(kind === 'Event' && { keep: isTelling }),
      audited: kind !== 'Event',
      trouble: (reason) => noteTrouble(`${kind} ${namespace}`.trim(), reason),
      changed(key) {
        if (kind !== 'Event') objectQueue.add(`${kind}|${key}`);
        else if (synced) eventQueue.add(key);
        else earlyEvents.add(key);
      },
    });
  }

  /** Thirteen watches fail together when the API server does: said once, and once when all is well again. */
  function noteTrouble(what: string, reason: string): void {
    const before = troubled.size;
    if (reason) troubled.add(what);
    else troubled.delete(what);
    recorder.gauge('kubewise_watch_failing', troubled.size);
    if (before === 0 && troubled.size > 0) log.warn({ module: 'kubernetes' }, `watching fails: ${what}: ${reason}`);
    if (before > 0 && troubled.size === 0) log.info({ module: 'kubernetes' }, 'watching works again');
  }

  /** Events wait for the first sync, so that they find the owners of what they are about. */
  const eventQueue = createWorkQueue({ ...callbacks(), handle: handleEvent, finish: handOver });
  const objectQueue = createWorkQueue({ ...callbacks(), handle: handleObject, finish: () => undefined });
  const earlyEvents = new Set<string>();

  function callbacks() {
    return {
      hold: () => clock.hold(),
      failed: (key: string, error: unknown) =>
        log.error({ module: 'kubernetes', key, error: String(error) }, 'a change in the cluster could not be taken in'),
    };
  }

  function keptNow(kind: KnownKind, key: string): Kept | undefined {
    for (const reflector of byKind.get(kind) ?? []) {
      const kept = reflector.get(key);
      if (kept) return kept;
    }
    return undefined;
  }

  const split = (entry: string): readonly [KnownKind, string] => {
    const cut = entry.indexOf('|');
    return [entry.slice(0, cut) as KnownKind, entry.slice(cut + 1)];
  };
  const uidOf = (kept: Kept | undefined): string => text(kept?.object, 'metadata', 'uid');

  /** From what we knew to what is: another uid under the same name is one object that went and one that came. */
  function handleObject(entry: string): void {
    const [kind, key] = split(entry);
    const before = index.get(kind, key);
    const after = keptNow(kind, key);
    if (!before && !after) return;
    const same = before && after && uidOf(before) === uidOf(after);
    if (after) index.put(kind, key, after);
    else index.drop(kind, key);
    if (synced) interventions.observe(kind, same ? before : undefined, after, false);
  }

  /** What had happened before we came, once every owner is known. */
  function lookBack(): void {
    for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'HorizontalPodAutoscaler'] as const)
      for (const kept of index.all(kind)) interventions.observe(kind, undefined, kept, true);
  }

  function handleEvent(key: string): void {
    const kept = keptNow('Event', key);
    if (!kept) return;
    const record = eventRecord(kept.object, topology);
    if (record.lastSeen < startedAt - oldEvent) return;
    const known = reported.get(record.id);
    if (known !== undefined && known >= record.count) return;
    reported.set(record.id, record.count);
    events.set(record.id, record);
  }

  /** uid → count of what was handed over: a relist repeats everything, the consumer hears it once. */
  const reported = new Map<string, number>();
  const maxReported = 50_000;

  function handOver(): void {
    for (const id of reported.keys()) {
      if (reported.size <= maxReported) break;
      reported.delete(id);
    }
    if (events.size === 0) return;
    const batch = [...events.values()].sort(byWeight);
    events.clear();
    onEvents(batch);
  }

  async function firstSync(): Promise<void> {
    await Promise.all(reflectors.map((reflector) => reflector.firstSync));
    await objectQueue.idle();
    lookBack();
    synced = true;
    for (const key of earlyEvents) eventQueue.add(key);
    earlyEvents.clear();
    await eventQueue.idle();
  }

  return {
    topology,
    async start(listener) {
      onEvents = listener;
      startedAt = clock.now();
      running = Promise.all(reflectors.map((reflector) => reflector.run(stopping.signal)));
      await firstSync();
      const counts = { pods: [...index.all('Pod')].length, nodes: [...index.all('Node')].length };
      log.info({ module: 'kubernetes', cluster, ...counts }, 'watching the cluster');
    },
    async stop() {
      stopping.abort();
      await running;
      synced = false;
    },
    get synced() {
      return synced;
    },
    staleness() {
      const heard = reflectors.filter((one) => one.state !== 'refused').map((one) => one.heardAt);
      return heard.length === 0 ? Infinity : Math.max(0, (performance.now() - Math.min(...heard)) / 1000);
    },
    removedByUs(ref, uid) {
      const kept = index.get(ref.kind, `${ref.namespace}/${ref.name}`);
      if (ref.kind !== 'Pod' || (uid && kept && uidOf(kept) !== uid)) return;
      const owner = topology.ownerOf('Pod', ref.namespace, ref.name);
      if (owner) interventions.removedByUs(owner, ref.name);
    },
    degraded: () =>
      [...byKind].flatMap(([kind, all]) =>
        all.filter((one) => one.state === 'refused').map(({ message }) => ({ kind, message })),
      ),
  };
}
