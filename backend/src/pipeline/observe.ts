import {
  targetKey,
  type Alert,
  type Anomaly,
  type EventRecord,
  type Intervention,
  type Mute,
  type Target,
  type WatchedQuery,
} from '../model/index.ts';
import { createAnomalyBook, type Explanation } from './anomaly-book.ts';
import { backtestOf, Hindsight, type Backtested } from './backtest.ts';
import {
  changeHorizon,
  createLimits,
  createSeriesTable,
  limitMasksAt,
  masksAt,
  matters,
  type Masks,
  type SeriesRow,
} from './collect/index.ts';
import { ChangePoint, sampleMasks, type Detection } from './detect/index.ts';
import { limitView } from './diagnose/index.ts';
import type { FalseAlarms } from './false-alarms.ts';
import type { Gauges } from './gauges.ts';
import { createIncidentOpener } from './incidents.ts';
import type { Ledger } from './ledger.ts';
import { createPoller, emptyBatch, push, type Batch } from './poll.ts';
import { AdapterError, type Ports, type QueryStatus, type ScoreRow } from './ports.ts';
import { createRecent } from './recent.ts';
import type { Reading } from './verify/index.ts';
import { warmStart, type WarmStart } from './warm-start.ts';
import { forecastInWords, type Workloads } from './workloads.ts';

export interface ObserveParts {
  readonly ports: Ports;
  readonly ledger: Ledger;
  readonly detection: Detection;
  /** Absent: nothing is exported. */
  readonly gauges?: Gauges;
  readonly queries: readonly WatchedQuery[];
  /** Evaluation interval, and the wait after a round in which Prometheus did not answer (s). */
  readonly interval: number;
  readonly retryDelay: number;
  /** Recent raw values kept per series (s). */
  readonly window: number;
  readonly warmStart: WarmStart;
  /** Judges workloads as a whole, from the rows of a round; absent: series alone. */
  readonly workloads?: Workloads;
  /** Keeps the false-alarm budget; absent: thresholds stay as they are set. */
  readonly falseAlarms?: FalseAlarms;
  readonly mutes: () => readonly Mute[];
  /** Where the detectors' state outlives the process; absent: the warm start alone knows the past. */
  readonly snapshots?: SnapshotFile;
  /** The same for what the false-alarm budget has counted. */
  readonly budgetSnapshots?: SnapshotFile;
}

/** One file of bytes. Both throw AdapterError when it cannot be reached. */
export interface SnapshotFile {
  read(): Uint8Array | undefined;
  write(bytes: Uint8Array): void;
}

/** Loop one: sample → anomaly → incident, once per evaluation interval; events and alerts as they arrive. */
export interface Observe {
  /** Takes up what the process before this one left open, then replays history. */
  start(): Promise<void>;
  tick(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
  events(events: readonly EventRecord[]): void;
  /** An anomaly that a person has judged. */
  judged(said: Anomaly): void;
  alerts(alerts: readonly Alert[]): void;
  /** Resolves when everything that was handed over has been looked at. */
  drain(): Promise<void>;
  /** Writes the detectors' state; for the end of the process. */
  save(): void;
  queries(): readonly QueryStatus[];
  scores(): readonly ScoreRow[];
  readings(targetKey: string): readonly Reading[];
  rowOf(seriesKey: string): SeriesRow | undefined;
  /** From the next round on. */
  replaceQueries(queries: readonly WatchedQuery[]): void;
  readonly lastSuccess: number;
  /** What the last seven days would have brought; after a warm start. */
  readonly backtest: Backtested | undefined;
  readonly warm: { readonly state: 'pending' | 'running' | 'done'; readonly samples: number; readonly series: number };
}

/** Counts of Warning events per target enter detection like any other series. */
const eventQuery: WatchedQuery = {
  name: 'kubernetes-events',
  query: 'kubewise:warning_events',
  metricType: 'events',
  unit: 'events per 10 min',
  aggregate: 'sum',
  direction: 'up',
  healthy: 2,
};
const eventWindow = 600;
/** A series that has not been heard of for this long is gone; so is its anomaly (s). */
const vanished = 600;
/** What has been away from normal for so long is how it is now (s). */
const acceptedAfter = 6 * 3600;
/** How long a level that moved is told beside what is anomalous there (s). */
const shiftTold = 1800;
/** Between two snapshots of the detectors (s). */
const snapshotEvery = 600;
/** A digested change is judged for so long, which is what damping needs, before it is accepted (s). */
const lookedAt = 180;
/** How much of the replayed history is looked at for what it would have opened. */
const backtestDays = 7;

export function createObserve(parts: ObserveParts): Observe {
  const { ports, detection, ledger } = parts;
  const { clock, recorder, log, store, watcher } = ports;
  const levels = new ChangePoint();
  const table = createSeriesTable((row) => {
    detection.add(row.row, infoOf(row));
    levels.grow(row.row + 1);
    parts.workloads?.add(row);
  });
  const rowByKey = new Map<string, SeriesRow>();
  const recent = createRecent(Math.max(10, Math.ceil(parts.window / parts.interval)));
  const book = createAnomalyBook(ports);
  const opener = createIncidentOpener({ ports, ledger, book, mutes: parts.mutes });
  const poller = createPoller(ports, table, parts.queries);
  const batch = emptyBatch(1024);
  const warnings = new Map<string, { target: Target; times: number[] }>();
  /** Changes that were accepted and are not yet out of sight. */
  let settled: ReadonlySet<string> = new Set();
  const limits = createLimits();
  const startedAt = clock.now();
  let warm: Observe['warm'] = { state: 'pending', samples: 0, series: 0 };
  let backtest: Backtested | undefined;
  let savedAt = startedAt;
  let tail: Promise<void> = Promise.resolve();

  /** One thing at a time: a round, a batch of events, a batch of alerts. Domain time waits for it. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const release = clock.hold();
    const guarded = async () => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof AdapterError)) log.error({ module: 'observe', err: error }, 'a round failed');
        // Whoever guards that system has said that it fails, once.
        else log.debug({ module: 'observe', system: error.system }, error.message);
        ports.recorder.count('kubewise_cycle_errors_total', { loop: 'observe' });
      } finally {
        release();
      }
    };
    tail = tail.then(guarded);
    return tail;
  }

  /** The counts of Warning events: 0 for every target that has none, so that the first one stands out. */
  function pushEvents(): void {
    const now = batch.timestamp;
    for (const [key, known] of warnings) {
      known.times = known.times.filter((at) => now - at <= eventWindow);
      if (known.times.length === 0) warnings.delete(key);
    }
    for (const target of watcher.topology.targets()) {
      const row = table.rowOf(eventQuery, target);
      push(batch, row.row, warnings.get(row.targetKey)?.times.length ?? 0, false);
    }
  }

  /**
   * Targets with an open incident, which we are not changing. What somebody else changes there excuses nothing any more,
   * now that it is known to do harm, or did not mend it.
   */
  function harmed(ours: Masks): ReadonlySet<string> {
    const keys = [...book.openRows().values()].flatMap((one) => (one.incidentId ? [one.targetKey] : []));
    const isOurs = (key: string): boolean => table.rowsOf(key).some(({ query }) => ours(key, query));
    return new Set([...new Set(keys)].filter((key) => !isOurs(key)));
  }

  /** Series of an open incident are judged and not learnt: an outage is never the new normal, a changed level may be. */
  function maskFailing(ours: Masks): void {
    const unexcused = harmed(ours);
    for (let i = 0; i < batch.count; i += 1) {
      const row = table.at(batch.rows[i] ?? 0);
      if (batch.masked[i] === sampleMasks.changing && unexcused.has(row.targetKey))
        batch.masked[i] = sampleMasks.failing;
      const open = book.openRows().get(row.key);
      if (open?.incidentId === undefined || batch.timestamp - open.startedAt > acceptedAfter) continue;
      if (batch.masked[i] === sampleMasks.none) batch.masked[i] = sampleMasks.failing;
    }
  }

  function explained({ row, query }: SeriesRow, value: number): Explanation {
    const said = detection.explain(row);
    const sentence = forecastInWords(query, value) ?? said.sentence;
    return { ...said, sentence, shift: levels.shift(row, batch.timestamp, shiftTold) };
  }

  function judge(limitMasks: Masks): void {
    for (let i = 0; i < batch.count; i += 1) {
      const row = table.at(batch.rows[i] ?? 0);
      const value = batch.values[i] ?? NaN;
      rowByKey.set(row.key, row);
      recent.push(row.row, batch.timestamp, value);
      levels.learn(row.row, value, batch.timestamp);
      const beyond = limits.note(row, value, batch.timestamp) && !limitMasks(row.targetKey, row.query);
      const said = detection.stateOf(row.row) === 'anomalous' || beyond ? explained(row, value) : undefined;
      if (said && beyond)
        book.note(row, value, detection.scores[row.row] ?? 0, beyondLimit(row, value, said), batch.timestamp);
      else if (said && matters(row.query, value, said.expected, book.openRows().has(row.key)))
        book.note(row, value, detection.scores[row.row] ?? 0, said, batch.timestamp);
      else if (batch.masked[i] !== sampleMasks.changing) book.close(row, 'BackToNormal', batch.timestamp);
    }
    for (const [key, anomaly] of book.openRows()) {
      const row = rowByKey.get(key);
      // Taken up from the process before this one, and not heard of since.
      const heard = row ? recent.timestampOf(row.row) : Math.max(anomaly.updatedAt, startedAt);
      if (batch.timestamp - heard > vanished) book.close({ key }, 'SeriesVanished', batch.timestamp);
    }
  }

  /** Is a change over for all series of its target, were they looked at since, and is nothing odd there? */
  function isDigested(one: Intervention, key: string): boolean {
    const masks = masksAt([one], clock.now() - lookedAt);
    return book.openOf(key).length === 0 && !table.rowsOf(key).some(({ query }) => masks(key, query));
  }

  /** A change that was digested, and then looked at, without an anomaly is the new normal of its target. */
  function settleInterventions(): void {
    const accepted = new Set<string>();
    for (const one of watcher.topology.interventions(clock.now() - changeHorizon)) {
      const key = targetKey(one.target);
      const id = `${key}|${one.kind}|${one.at}`;
      if (settled.has(id)) accepted.add(id);
      else if (isDigested(one, key)) {
        accepted.add(id);
        for (const row of table.rowsOf(key)) detection.regime(row.row);
      }
    }
    settled = accepted;
  }

  async function look(): Promise<void> {
    await opener.consider([...book.takeChanged(), ...opener.takeChanged()]);
    await book.flush();
  }

  async function round(): Promise<void> {
    batch.count = 0;
    batch.timestamp = clock.now();
    const changes = watcher.topology.interventions(batch.timestamp - changeHorizon);
    const limitMasks = limitMasksAt(changes, batch.timestamp);
    const masks = masksAt(changes, batch.timestamp);
    await poller.poll(batch, masks);
    pushEvents();
    parts.workloads?.extend(batch, table);
    maskFailing(limitMasks);
    detection.observe(batch);
    parts.falseAlarms?.settle(batch, table);
    judge(limitMasks);
    settleInterventions();
    if (clock.now() - savedAt >= snapshotEvery) save();
    await look();
    parts.gauges?.scores(scores());
    recorder.observe('kubewise_evaluation_duration_seconds', clock.now() - batch.timestamp);
    parts.gauges?.incidents(await store.incidents.find({ where: { openKey: { exists: true } }, limit: 2000 }));
  }

  const scores = (): readonly ScoreRow[] => Array.from({ length: table.size }, (_, row) => scoreRow(row));

  function scoreRow(index: number): ScoreRow {
    const { target, targetKey, query, key } = table.at(index);
    const { expected, band } = detection.expectation(index);
    const value = recent.valueOf(index);
    const state = limits.isExceeded(index) ? 'anomalous' : detection.stateOf(index);
    return {
      target,
      targetKey,
      query: query.name,
      metricType: query.metricType,
      value,
      expected,
      band,
      score: detection.scores[index] ?? 0,
      threshold: detection.thresholdOf(index),
      state:
        state === 'anomalous' && !limits.isExceeded(index) && !matters(query, value, expected, book.openRows().has(key))
          ? 'normal'
          : state,
      timestamp: recent.timestampOf(index),
      // A round asks for every series, and copies none of their values.
      get window() {
        return recent.window(index);
      },
    };
  }

  /** What outlives the process, and where. */
  const keepers = () => [
    { what: 'detectors', file: parts.snapshots, kept: detection },
    ...(parts.falseAlarms ? [{ what: 'budget', file: parts.budgetSnapshots, kept: parts.falseAlarms }] : []),
  ];

  /** What the process before this one knew of its series to the last sample, over what history says of them. */
  function restore(): void {
    for (const { what, file, kept } of keepers()) {
      try {
        const bytes = file?.read();
        if (bytes && !kept.restore(bytes))
          log.warn(
            { module: 'observe' },
            `the snapshot of the ${what} is damaged or of another version: history counts`,
          );
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        log.warn({ module: 'observe' }, `no snapshot of the ${what}: ${error.message}`);
      }
    }
  }

  function save(): void {
    savedAt = clock.now();
    for (const { what, file, kept } of keepers()) {
      try {
        file?.write(kept.snapshot());
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        log.warn({ module: 'observe' }, `the state of the ${what} is not kept: ${error.message}`);
      }
    }
  }

  async function replayHistory(): Promise<void> {
    if (parts.warmStart.days <= 0) return;
    warm = { state: 'running', samples: 0, series: 0 };
    const days = Math.min(backtestDays, parts.warmStart.days);
    const hindsight = new Hindsight(detection, clock.now() - days * 86_400);
    const replayed = await warmStart(ports, table, parts.queries, parts.warmStart, (one: Batch) => {
      parts.workloads?.extend(one, table);
      detection.replay(one);
      for (let i = 0; i < one.count; i += 1) levels.learn(one.rows[i] ?? 0, one.values[i] ?? NaN, one.timestamp);
      parts.falseAlarms?.settle(one, table);
      hindsight.see(one, table);
    });
    warm = { state: 'done', ...replayed };
    backtest = await backtestOf(hindsight, ports, days, parts.warmStart.step);
    log.info(
      { module: 'backtest', ...backtest, incidents: backtest.incidents.length },
      `the last ${days} days would have opened ${backtest.incidents.length} incidents; ${backtest.matched} of ${backtest.alerts} alerts match`,
    );
    log.info({ module: 'observe', ...replayed }, `replayed ${replayed.samples} samples of ${replayed.series} series`);
  }

  return {
    async start() {
      await book.restore();
      await opener.restore();
      await replayHistory();
      restore();
    },
    tick: () => inTurn(round),
    async run(signal) {
      while (!signal.aborted) {
        const before = clock.now();
        await inTurn(round);
        const heard = poller.lastSuccess >= before;
        const next = heard ? Math.ceil((before + 1e-6) / parts.interval) * parts.interval : before + parts.retryDelay;
        await clock.sleep(Math.max(0.1, next - clock.now()), signal);
      }
    },
    events(events) {
      void inTurn(async () => {
        for (const event of events) remember(warnings, event);
        opener.events(events);
        await store.events.upsert(events);
        await look();
      });
    },
    judged: (said) => book.judged(said),
    alerts(alerts) {
      void inTurn(async () => {
        for (const alert of alerts) opener.alert(alert);
        await look();
      });
    },
    drain: () => tail,
    save,
    queries: () => poller.statuses(),
    scores,
    readings: (key) => table.rowsOf(key).map((row) => readingOf(row, scoreRow(row.row))),
    rowOf: (key) => rowByKey.get(key),
    replaceQueries: (queries) => poller.replaceQueries(queries),
    get lastSuccess() {
      return poller.lastSuccess;
    },
    get backtest() {
      return backtest;
    },
    get warm() {
      return warm;
    },
  };
}

/** What is said of a value that is trouble by definition: the limit is a view of its own, and a second signal. */
function beyondLimit({ query }: SeriesRow, value: number, said: Explanation): Explanation {
  const limit = query.limit?.value ?? NaN;
  const share = 1 / (said.views.length + 1);
  return {
    ...said,
    severity: said.severity === 'info' ? 'warning' : said.severity,
    views: [
      { name: limitView, surprise: 4, share },
      ...said.views.map((view) => ({ ...view, share: view.share * (1 - share) })),
    ],
    sentence:
      `${query.metricType} ${Number(value.toPrecision(3))} is ${query.direction === 'down' ? 'below' : 'above'} its limit of ${limit} ${query.unit}`.trim(),
  };
}

const infoOf = (row: SeriesRow) => ({
  metricType: row.query.metricType,
  direction: row.query.direction,
  key: row.key,
  targetKey: row.targetKey,
  ...(row.query.range && { range: row.query.range }),
});

function remember(warnings: Map<string, { target: Target; times: number[] }>, event: EventRecord): void {
  if (event.type !== 'Warning' || !event.target) return;
  const known = warnings.get(event.targetKey) ?? { target: event.target, times: [] };
  known.times.push(event.lastSeen);
  warnings.set(event.targetKey, known);
}

const readingOf = (row: SeriesRow, score: ScoreRow): Reading => ({
  targetKey: row.targetKey,
  metricType: row.query.metricType,
  query: row.query.name,
  unit: row.query.unit,
  value: score.value,
  expected: score.expected,
  anomalous: score.state === 'anomalous',
  timestamp: score.timestamp,
});
