import type { QuerySeries, WatchedQuery } from '../model/index.ts';
import { createAnswerRows, type AnswerRows, type Masks, type SeriesTable } from './collect/index.ts';
import { AdapterError, type Ports, type QueryAnswer, type QueryStatus } from './ports.ts';

/** One round of all queries: parallel arrays by row, one timestamp. `count` entries are valid. */
export interface Batch {
  rows: Uint32Array;
  values: Float64Array;
  masked: Uint8Array;
  timestamp: number;
  count: number;
}

export const emptyBatch = (capacity: number): Batch => ({
  rows: new Uint32Array(capacity),
  values: new Float64Array(capacity),
  masked: new Uint8Array(capacity),
  timestamp: 0,
  count: 0,
});

/** Adds one value; the arrays double when they are full. */
export function push(batch: Batch, row: number, value: number, masked: boolean): void {
  if (batch.count === batch.rows.length) grow(batch);
  batch.rows[batch.count] = row;
  batch.values[batch.count] = value;
  batch.masked[batch.count] = masked ? 1 : 0;
  batch.count += 1;
}

function grow(batch: Batch): void {
  const capacity = batch.rows.length * 2;
  const { rows, values, masked } = batch;
  Object.assign(batch, emptyBatch(capacity), { timestamp: batch.timestamp, count: batch.count });
  batch.rows.set(rows);
  batch.values.set(values);
  batch.masked.set(masked);
}

export interface Poller {
  /** Asks every query once, one after the other, and fills the batch. */
  poll(batch: Batch, masks: Masks): Promise<void>;
  statuses(): readonly QueryStatus[];
  /** Unix seconds of the last round in which Prometheus answered. */
  readonly lastSuccess: number;
  replaceQueries(queries: readonly WatchedQuery[]): void;
}

const pending = (query: WatchedQuery): QueryStatus => ({
  ...query,
  state: 'pending',
  series: 0,
  dropped: 0,
  seconds: 0,
  message: '',
});

/** Polls a query list. A wrong query is reported by name and does not stop the others; Prometheus down is said once. */
export function createPoller(ports: Ports, table: SeriesTable, initial: readonly WatchedQuery[]): Poller {
  let queries = initial;
  let lastSuccess = 0;
  /** What is remembered of the answers to each query, for as long as it is watched. */
  const answers = new WeakMap<WatchedQuery, AnswerRows>();
  const statuses = new Map<string, QueryStatus>(queries.map((query) => [query.name, pending(query)]));

  const report = (query: WatchedQuery, { reason, ...status }: Partial<QueryStatus> & { reason?: string }): void => {
    const before = statuses.get(query.name);
    const after: QueryStatus = { ...pending(query), ...status };
    statuses.set(query.name, after);
    ports.recorder.gauge('kubewise_query_series', after.series, { query: query.name, state: after.state });
    if (after.state === 'error')
      ports.recorder.count('kubewise_query_errors_total', { query: query.name, reason: reason ?? 'Unreachable' });
    // That Prometheus is away is not said by each query: whoever guards it says so once.
    if (reason !== undefined && before?.message !== after.message)
      ports.log.warn({ module: 'collect', query: query.name }, `query ${query.name}: ${after.message}`);
  };

  /** Nothing found: is the metric absent on this platform, or is there just nothing to report now? */
  async function emptyOrAbsent(query: WatchedQuery, seconds: number): Promise<void> {
    const known = statuses.get(query.name);
    if (known?.state === 'absent' || known?.state === 'empty') return report(query, { ...known, seconds });
    const probe = query.requires ? await ports.metrics.query(`count(${query.requires})`) : undefined;
    const absent = probe?.ok === true && probe.series.length === 0;
    const message = absent ? `${query.requires} is not exported here` : 'nothing found at the moment';
    report(query, { state: absent ? 'absent' : 'empty', seconds, message });
  }

  function rowsOf(query: WatchedQuery): AnswerRows {
    const rows = answers.get(query) ?? createAnswerRows(query, table);
    answers.set(query, rows);
    return rows;
  }

  function fill(batch: Batch, query: WatchedQuery, series: readonly QuerySeries[], masks: Masks): void {
    rowsOf(query).read(series, ports.watcher.topology, ({ row, targetKey }, value) =>
      push(batch, row, value, masks(targetKey, query)),
    );
  }

  async function answered(batch: Batch, query: WatchedQuery, answer: QueryAnswer, masks: Masks): Promise<void> {
    if (!answer.ok)
      return report(query, {
        state: 'error',
        message: `${answer.reason}: ${answer.message}`,
        reason: answer.reason,
      });
    ports.recorder.observe('kubewise_query_duration_seconds', answer.seconds, { query: query.name });
    if (answer.dropped > 0)
      ports.recorder.count('kubewise_series_dropped_total', { query: query.name }, answer.dropped);
    if (answer.series.length === 0) return emptyOrAbsent(query, answer.seconds);
    fill(batch, query, answer.series, masks);
    report(query, { state: 'found', series: answer.series.length, dropped: answer.dropped, seconds: answer.seconds });
  }

  async function ask(batch: Batch, query: WatchedQuery, masks: Masks): Promise<void> {
    try {
      await answered(batch, query, await ports.metrics.query(query.query, batch.timestamp), masks);
      lastSuccess = ports.clock.now();
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      report(query, { state: 'error', message: error.message });
    }
  }

  return {
    async poll(batch, masks) {
      ports.recorder.resetGauge('kubewise_query_series');
      for (const query of queries) await ask(batch, query, masks);
      if (lastSuccess > 0)
        ports.recorder.gauge('kubewise_last_success_timestamp_seconds', lastSuccess, { component: 'prometheus' });
      ports.recorder.count('kubewise_samples_total', { source: 'poll' }, batch.count);
    },
    statuses: () => queries.map((query) => statuses.get(query.name) ?? pending(query)),
    get lastSuccess() {
      return lastSuccess;
    },
    replaceQueries(next) {
      queries = next;
    },
  };
}
