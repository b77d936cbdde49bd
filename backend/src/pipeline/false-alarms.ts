import { matters, type SeriesTable } from './collect/index.ts';
import { Budget, defaultThreshold, scoreOf, surpriseOf, type BudgetOptions, type Detection } from './detect/index.ts';
import type { Batch } from './poll.ts';

export type Thresholds = Readonly<Record<string, number>>;

/** Refines the default threshold so that healthy noise opens as many incidents a week as were asked for. */
export interface FalseAlarms {
  /** After every round that detection has judged, replayed or live. */
  settle(batch: Batch, table: SeriesTable): void;
  /** What people set; a default of their own is left alone. */
  setThresholds(thresholds: Thresholds): void;
  /** Incidents per week that the present threshold would have opened in the counted past. */
  readonly rate: number;
  readonly threshold: number;
}

/** Surprises below this are the daily noise that no threshold reaches. */
const worthNoting = 2;
/** Rounds between two changes of the threshold. */
const every = 60;

export function createFalseAlarms(detection: Detection, initial: Thresholds, options: BudgetOptions): FalseAlarms {
  const budget = new Budget(options);
  const targets = new Map<string, number>();
  const types = new Map<string, number>();
  let set = initial;
  let inForce = initial['default'] ?? defaultThreshold;
  let rounds = 0;

  const numberOf = (known: Map<string, number>, key: string): number => {
    const found = known.get(key) ?? known.size;
    known.set(key, found);
    return found;
  };

  function note(row: number, value: number, at: number, table: SeriesTable): void {
    const raised = budget.raised(row, surpriseOf(detection.scores[row] ?? 0));
    if (raised < worthNoting || detection.stateOf(row) === 'learning') return;
    const { query, targetKey } = table.at(row);
    const { expected } = detection.explain(row);
    const good = query.direction === 'up' ? value < expected : query.direction === 'down' && value > expected;
    if (good || query.metricType.startsWith('workload_') || !matters(query, value, expected, false)) return;
    budget.note(numberOf(targets, targetKey), numberOf(types, query.metricType), raised, at);
  }

  function apply(): void {
    const own = set['default'];
    const wanted = budget.threshold;
    inForce =
      own !== undefined && own !== defaultThreshold ? own : wanted === undefined ? defaultThreshold : scoreOf(wanted);
    detection.setThresholds({ ...set, default: inForce });
  }

  return {
    settle(batch, table) {
      for (let i = 0; i < batch.count; i += 1)
        if (batch.masked[i] === 0) note(batch.rows[i]!, batch.values[i]!, batch.timestamp, table);
      budget.settle(batch.timestamp);
      rounds += 1;
      if (rounds % every === 0) apply();
    },
    setThresholds(thresholds) {
      set = thresholds;
      apply();
    },
    get rate() {
      return budget.rate(surpriseOf(inForce));
    },
    get threshold() {
      return inForce;
    },
  };
}
