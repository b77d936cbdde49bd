import { openSqliteStore } from '../../backend/src/adapters/sqlite/index.ts';
import type { Anomaly, Incident, Topology, WatchedQuery } from '../../backend/src/model/index.ts';
import { createAuditLog } from '../../backend/src/pipeline/audit.ts';
import {
  createDetection,
  defaultThreshold,
  surpriseOf,
  type Detection,
} from '../../backend/src/pipeline/detect/index.ts';
import { createFalseAlarms } from '../../backend/src/pipeline/false-alarms.ts';
import { createLedger } from '../../backend/src/pipeline/ledger.ts';
import { createObserve } from '../../backend/src/pipeline/observe.ts';
import { createFakePorts } from '../../backend/src/pipeline/ports.fake.ts';
import type { MetricsSource, Ports, Store } from '../../backend/src/pipeline/ports.ts';
import { isQuiet, noticedBy } from '../../backend/src/pipeline/symptoms.ts';
import { createWorkloads } from '../../backend/src/pipeline/workloads.ts';

/** What the product is given to watch: as it would come from Prometheus, and who owns what. Times are Unix seconds. */
export interface Watched {
  readonly queries: readonly WatchedQuery[];
  readonly metrics: MetricsSource;
  readonly topology: Partial<Topology>;
  /** What of it depends on the time of the run. */
  readonly topologyAt?: (now: () => number) => Partial<Topology>;
  /** The live part; what lies before it is history. */
  readonly from: number;
  readonly to: number;
  readonly interval: number;
  readonly warmStart: { readonly days: number; readonly step: number };
}

export interface Lived {
  readonly incidents: readonly Incident[];
  readonly anomalies: readonly Anomaly[];
  /** Of the judged samples of the live part: how many, and how many were called rarer than one in ten, 100, 1,000. */
  readonly samples: number;
  readonly beyond: readonly number[];
  readonly series: number;
  /** In force at the start and at the end. */
  readonly thresholds: readonly [number, number];
}

const trees = { n: 10, height: 8, window: 250 };
const seed = 1;

/** Counts how rare the judged samples were said to be; P(S ≥ s) of a calibrated score is 10^-s. */
function counted(detection: Detection) {
  const tally = { samples: 0, beyond: [0, 0, 0] };
  const observe: Detection['observe'] = (batch) => {
    detection.observe(batch);
    for (let i = 0; i < batch.count; i += 1) {
      const row = batch.rows[i]!;
      if (batch.masked[i] !== 0 || detection.stateOf(row) === 'learning') continue;
      tally.samples += 1;
      const surprise = surpriseOf(detection.scores[row] ?? 0);
      for (let s = 0; s < tally.beyond.length && surprise >= s + 1; s += 1) tally.beyond[s]! += 1;
    }
  };
  const seen: Detection = {
    ...detection,
    observe,
    get scores() {
      return detection.scores;
    },
    get incidentScores() {
      return detection.incidentScores;
    },
  };
  return { tally, seen };
}

/**
 * Loop one of `serve`, round by round over what is watched, with the false-alarm budget `perWeek`, which speaks after `warm`
 * seconds of past.
 */
export async function live(watched: Watched, perWeek: number, warm: number): Promise<Lived> {
  const store = await openSqliteStore({ path: ':memory:' });
  let now = watched.from;
  const fakes = createFakePorts(store, { topology: { ...watched.topology, ...watched.topologyAt?.(() => now) } });
  const clock = { ...fakes.ports.clock, now: () => now };
  const ports: Ports = { ...fakes.ports, clock, metrics: watched.metrics };
  const thresholds = { default: defaultThreshold };
  const detection = createDetection({ thresholds });
  const falseAlarms = createFalseAlarms(detection, thresholds, { perWeek, round: watched.interval, warm });
  const { tally, seen } = counted(detection);
  const observe = createObserve({
    ...{ ports, detection: seen, queries: watched.queries, interval: watched.interval, retryDelay: 5, window: 600 },
    ledger: createLedger(ports, createAuditLog(store.audit, 'test')),
    warmStart: watched.warmStart,
    mutes: () => [],
    workloads: createWorkloads({ trees, seed, training: undefined }),
    falseAlarms,
  });
  await observe.start();
  const first = detection.thresholdOf(0);
  for (; now <= watched.to; now += watched.interval) {
    await observe.tick();
    await endWhatIsQuiet(store, now);
  }
  const incidents = await store.incidents.find({ limit: 5000 });
  const anomalies = await store.anomalies.find({ limit: 20_000 });
  const series = observe.scores().length;
  await store.close();
  return { incidents, anomalies, ...tally, series, thresholds: [first, detection.thresholdOf(0)] };
}

/** Loop two does more; here an incident only has to end, so that the next one is counted. */
async function endWhatIsQuiet(store: Store, now: number): Promise<void> {
  for (const incident of await store.incidents.find({ where: { openKey: { exists: true } }, limit: 1000 })) {
    if (!isQuiet(await noticedBy(store, incident), now)) continue;
    const { openKey: _, version, ...rest } = incident;
    const closed = { ...rest, version, phase: 'SelfRecovered', updatedAt: now, closedAt: now } as Incident;
    await store.incidents.replace(closed, version);
  }
}
