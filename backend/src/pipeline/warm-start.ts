import type { WatchedQuery } from '../model/index.ts';
import { aggregate, type SeriesTable } from './collect/index.ts';
import { emptyBatch, push, type Batch } from './poll.ts';
import { AdapterError, type Ports } from './ports.ts';

export interface WarmStart {
  readonly days: number;
  /** Seconds between two points of history. */
  readonly step: number;
}

interface Column {
  readonly row: number;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  next: number;
}

/** The history of one query as columns by row; a query that fails is left out and said. */
async function columnsOf(
  ports: Ports,
  table: SeriesTable,
  query: WatchedQuery,
  from: number,
  to: number,
  step: number,
): Promise<readonly Column[]> {
  try {
    const answer = await ports.metrics.queryRange(query.query, from, to, step);
    if (!answer.ok) return [];
    return aggregate(query, answer.series, ports.watcher.topology).map(({ target, timestamps, values }) => ({
      row: table.rowOf(query, target).row,
      timestamps,
      values,
      next: 0,
    }));
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    ports.log.warn({ module: 'warm-start', query: query.name }, `no history: ${error.message}`);
    return [];
  }
}

/** All values that the columns have at `timestamp`, in one batch. */
function batchAt(columns: readonly Column[], timestamp: number, batch: Batch): void {
  batch.count = 0;
  batch.timestamp = timestamp;
  for (const column of columns) {
    if (column.timestamps[column.next] !== timestamp) continue;
    const value = column.values[column.next] ?? NaN;
    column.next += 1;
    if (Number.isFinite(value)) push(batch, column.row, value, false);
  }
}

/**
 * Replays Prometheus' history through detection in time order, so that a restart is not a blind spot. Fetches one query
 * after the other; the adapter keeps each answer under 11,000 points per series.
 */
export async function warmStart(
  ports: Ports,
  table: SeriesTable,
  queries: readonly WatchedQuery[],
  options: WarmStart,
  step: (batch: Batch) => void,
): Promise<{ readonly samples: number; readonly series: number }> {
  const to = Math.floor(ports.clock.now() / options.step) * options.step;
  const from = to - options.days * 86_400;
  const columns: Column[] = [];
  for (const query of queries) columns.push(...(await columnsOf(ports, table, query, from, to, options.step)));
  const times = new Set<number>();
  for (const column of columns) for (const time of column.timestamps) times.add(time);
  const batch = emptyBatch(Math.max(16, columns.length));
  let samples = 0;
  for (const time of Float64Array.from(times).sort()) {
    batchAt(columns, time, batch);
    if (batch.count > 0) step(batch);
    samples += batch.count;
  }
  return { samples, series: columns.length };
}
