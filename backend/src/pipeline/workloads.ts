import type { Target, WatchedQuery } from '../model/index.ts';
import type { SeriesRow, SeriesTable } from './collect/index.ts';
import { randomOf, Trend, trendParameters, WorkloadVectors, type TreeOptions } from './detect/index.ts';
import { push, type Batch } from './poll.ts';
import type { Training } from './train.ts';

/** How far ahead a trend may end at its limit to be worth a number (s). */
const horizon = 6 * 3600;

/** What fills up and is then gone: minutes of a clear trend count. The load of anything else comes and goes that fast. */
const fills: ReadonlySet<string> = new Set(['memory', 'connections', 'pvc', 'node_memory', 'node_disk']);

const derived = (row: Pick<WatchedQuery, 'name' | 'metricType'> & Partial<WatchedQuery>): WatchedQuery => ({
  ...{ query: `kubewise:${row.metricType}`, unit: '', aggregate: 'max', direction: 'up', ...row },
});
/** What is said about a workload as a whole enters detection like any other series, so that one tail judges all. */
export const workloadQueries = {
  distance: derived({ name: 'workload-distance', metricType: 'workload_distance', healthy: 1 }),
  trees: derived({ name: 'workload-trees', metricType: 'workload_trees', range: [0, 1] }),
  forest: derived({ name: 'workload-forest', metricType: 'workload_forest', range: [0, 1] }),
  /** Six hours over the time until a limit is reached: above 1 when that is nearer. */
  forecast: derived({ name: 'workload-forecast', metricType: 'forecast', healthy: 1 }),
} as const;
/** What the value of a forecast means; undefined of other series. */
export const forecastInWords = (query: Pick<WatchedQuery, 'name'>, value: number): string | undefined =>
  query.name === workloadQueries.forecast.name
    ? `if it goes on like this, a limit is reached within ${Math.ceil(horizon / value / 60)} min`
    : undefined;
const names: ReadonlySet<string> = new Set(Object.values(workloadQueries).map((query) => query.name));

export interface WorkloadParts {
  readonly trees: TreeOptions;
  readonly seed: number;
  readonly training: Pick<Training, 'add' | 'observe' | 'judge' | 'threshold'> | undefined;
}

/** Rows about whole workloads, made from the rows of a round. */
export interface Workloads {
  add(row: SeriesRow): void;
  /** Reads the batch and adds one value per workload and kind of judgement. */
  extend(batch: Batch, table: SeriesTable): void;
}

export function createWorkloads(parts: WorkloadParts): Workloads {
  const vectors = new WorkloadVectors(parts.trees, randomOf(parts.seed));
  const trends = [new Trend(trendParameters.hours), new Trend(trendParameters.minutes)];
  const targets = new Map<string, { readonly target: Target; readonly rows: SeriesRow[] }>();

  /** 0 when nothing grows towards its limit. */
  function pressure(rows: readonly SeriesRow[]): number {
    let most = 0;
    for (const { row, query } of rows) {
      const limit = query.range && (query.direction === 'down' ? query.range[0] : query.range[1]);
      if (limit === undefined) continue;
      for (const trend of fills.has(query.metricType) ? trends : trends.slice(0, 1)) {
        const found = trend.timeTo(row, limit);
        if (found) most = Math.max(most, Math.min(100, horizon / Math.max(1, found.seconds)));
      }
    }
    return most;
  }

  function say(batch: Batch, table: SeriesTable, key: string, masked: boolean): void {
    const known = targets.get(key);
    if (!known) return;
    const { target, rows } = known;
    const tell = (query: WatchedQuery, value: number): void =>
      push(batch, table.rowOf(query, target).row, value, masked);
    if (rows.length >= 2) {
      tell(workloadQueries.distance, vectors.distance(key));
      tell(workloadQueries.trees, vectors.trees(key));
    }
    if (rows.some(({ query }) => query.range)) tell(workloadQueries.forecast, pressure(rows));
    const judged = parts.training?.judge(key);
    // Only below its own threshold does the forest say more than that it knows the workload.
    if (judged) tell(workloadQueries.forest, judged.decision < parts.training!.threshold ? 0.5 - judged.decision : 0.5);
  }

  return {
    add(row) {
      if (names.has(row.query.name)) return;
      vectors.add(row.row, row.targetKey);
      for (const trend of trends) trend.grow(row.row + 1);
      parts.training?.add(row.row, row.targetKey, row.query.metricType);
      const known = targets.get(row.targetKey) ?? { target: row.target, rows: [] };
      known.rows.push(row);
      targets.set(row.targetKey, known);
    },
    extend(batch, table) {
      vectors.observe(batch);
      parts.training?.observe(batch);
      const heard = new Map<string, boolean>();
      for (let i = 0; i < batch.count; i += 1) {
        const row = batch.rows[i]!;
        const masked = batch.masked[i] === 1;
        const { targetKey } = table.at(row);
        heard.set(targetKey, masked || heard.get(targetKey) === true);
        if (!masked) for (const trend of trends) trend.learn(row, batch.values[i]!, batch.timestamp);
      }
      for (const [key, masked] of heard) say(batch, table, key, masked);
    },
  };
}
