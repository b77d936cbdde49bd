import { matters, type SeriesTable } from './collect/index.ts';
import {
  Budget,
  budgetFloats,
  decodeSnapshot,
  defaultThreshold,
  encodeSnapshot,
  factTypes,
  scoreOf,
  stateTypes,
  surpriseOf,
  type BudgetOptions,
  type Detection,
} from './detect/index.ts';
import { derivedTypes } from './diagnose/index.ts';
import type { Batch } from './poll.ts';
import type { BudgetStanding } from './ports.ts';

export type Thresholds = Readonly<Record<string, number>>;

/**
 * Refines the default threshold so that healthy noise opens at most as many incidents a week as were asked for. Facts (a crash, an
 * OOM kill, a missing replica) are never made less sensitive by it, nor are judgements of whole workloads made more so.
 */
export interface FalseAlarms {
  /** After every round that detection has judged, replayed or live. */
  settle(batch: Batch, table: SeriesTable): void;
  /** What people set; a default of their own is left alone. */
  setThresholds(thresholds: Thresholds): void;
  /** Incidents per week that the present threshold would have opened in the counted past. */
  readonly rate: number;
  readonly threshold: number;
  readonly standing: BudgetStanding;
  /** What was counted so far, for the next process. */
  snapshot(): Uint8Array;
  /** False when the bytes are not a whole snapshot of this version: nothing is changed then. */
  restore(bytes: Uint8Array): boolean;
}

/** Surprises below this are the daily noise that no threshold reaches. */
const worthNoting = 2;
/** Rounds between two changes of the threshold. */
const every = 60;

export function createFalseAlarms(
  detection: Detection,
  initial: Thresholds,
  options: BudgetOptions & { readonly perWeek: number },
): FalseAlarms {
  const { perWeek } = options;
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
    const { query, targetKey } = table.at(row);
    const raised = budget.raised(row, surpriseOf(detection.scores[row] ?? 0), factTypes.has(query.metricType));
    if (raised < worthNoting || detection.stateOf(row) === 'learning') return;
    const { expected } = detection.expectation(row);
    if (derivedTypes.has(query.metricType) || !matters(query, value, expected, false)) return;
    budget.note(numberOf(targets, targetKey), numberOf(types, query.metricType), raised, at);
  }

  const isOwn = (): boolean => set['default'] !== undefined && set['default'] !== defaultThreshold;

  function apply(): void {
    const wanted = budget.threshold;
    const usual = set['default'] ?? defaultThreshold;
    inForce = isOwn() || wanted === undefined ? usual : scoreOf(wanted);
    detection.setThresholds({ ...kept(usual, inForce), ...set, default: inForce });
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
    snapshot: () => encodeSnapshot([{ floatsEach: budgetFloats, rows: [{ key: '', floats: budget.counts }] }]),
    restore(bytes) {
      const counts = decodeSnapshot(bytes, [budgetFloats])?.[0]?.[0];
      if (!counts) return false;
      budget.restore(counts.floats);
      apply();
      return true;
    },
    get rate() {
      return budget.rate(surpriseOf(inForce));
    },
    get threshold() {
      return inForce;
    },
    get standing() {
      const state: BudgetStanding['state'] = isOwn() ? 'Set' : budget.threshold === undefined ? 'Learning' : 'Kept';
      return { perWeek, expectedPerWeek: budget.rate(surpriseOf(inForce)), threshold: inForce, state };
    },
  };
}

/** Thresholds of the metric types that the budget moves in one direction only. */
const kept = (usual: number, inForce: number): Thresholds =>
  Object.fromEntries([
    ...[...stateTypes].map((type) => [type, Math.min(usual, inForce)] as const),
    ...[...derivedTypes].map((type) => [type, Math.max(usual, inForce)] as const),
  ]);
