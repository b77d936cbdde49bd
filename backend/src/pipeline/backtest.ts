import { targetName, targetKey, type QuerySeries } from '../model/index.ts';
import { alertTarget, matters, type SeriesTable } from './collect/index.ts';
import { factTypes, raisedBy, surpriseOf, type Detection } from './detect/index.ts';
import { agree } from './diagnose/index.ts';
import type { Batch } from './poll.ts';
import { AdapterError, type Ports } from './ports.ts';

/** An incident that would have been opened. Times are Unix seconds. */
export interface WouldBe {
  readonly targetKey: string;
  readonly target: string;
  readonly at: number;
  readonly until: number;
  readonly signals: readonly string[];
}

export interface Backtested {
  readonly days: number;
  readonly incidents: readonly WouldBe[];
  readonly incidentsPerDay: number;
  /** Alerts of people's own rules that fired in that time, and how many of them an incident would have met. */
  readonly alerts: number;
  readonly matched: number;
  /** Seconds that the incident would have been ahead of its alert (negative: behind), median over the matched. */
  readonly medianLead: number | undefined;
}

/** How long a raised metric speaks for its target, and the quiet after which an incident is over (s). */
const together = 600;
const apart = 1800;
/** An incident and an alert of one target within this are about the same thing (s). */
const near = 3600;
const alertsQuery = 'ALERTS{alertstate="firing"}';

/**
 * Watches history go through detection and notes which incidents it would have opened: both loops' first half in
 * virtual time, with the thresholds in force, damping and the second-signal rule.
 */
export class Hindsight {
  readonly #detection: Detection;
  readonly #from: number;
  #previous: number[] = [];
  readonly #raised = new Map<string, Map<string, number>>();
  readonly #open = new Map<string, WouldBe>();
  readonly #found: WouldBe[] = [];

  constructor(detection: Detection, from: number) {
    this.#detection = detection;
    this.#from = from;
  }

  /** After detection has judged a batch. */
  see(batch: Batch, table: SeriesTable): void {
    for (let i = 0; i < batch.count; i += 1) {
      const row = batch.rows[i]!;
      const surprise = surpriseOf(this.#detection.scores[row] ?? 0);
      const isFact = factTypes.has(table.at(row).query.metricType);
      const raised = raisedBy(this.#previous[row] ?? 0, surprise, isFact);
      this.#previous[row] = surprise;
      const isRaised = raised >= surpriseOf(this.#detection.thresholdOf(row));
      if (isRaised && batch.timestamp >= this.#from && batch.masked[i] === 0)
        this.#take(row, batch.values[i]!, batch.timestamp, table);
    }
  }

  #take(row: number, value: number, at: number, table: SeriesTable): void {
    const { query, target, targetKey: key } = table.at(row);
    const { expected } = this.#detection.explain(row);
    if (this.#detection.stateOf(row) === 'learning' || !matters(query, value, expected, false)) return;
    const signals = (this.#raised.get(key) ?? new Map<string, number>()).set(`metric:${query.metricType}`, at);
    this.#raised.set(key, signals);
    for (const [signal, last] of signals) if (at - last > together) signals.delete(signal);
    const known = this.#open.get(key);
    if (known && at - known.until <= apart) {
      this.#open.set(key, { ...known, until: at, signals: [...new Set([...known.signals, ...signals.keys()])] });
      return;
    }
    if (!agree([...signals.keys()])) return;
    if (known) this.#found.push(known);
    this.#open.set(key, { targetKey: key, target: targetName(target), at, until: at, signals: [...signals.keys()] });
  }

  incidents(): readonly WouldBe[] {
    return [...this.#found, ...this.#open.values()].sort((a, b) => a.at - b.at);
  }
}

/** When something is known to have been wrong; without a target: somewhere. Unix seconds. */
export interface Firing {
  readonly targetKey?: string;
  readonly from: number;
  readonly to: number;
}

/** Unbroken runs of an ALERTS series. */
function runsOf({ timestamps, values }: QuerySeries, step: number, key: string): Firing[] {
  const runs: Firing[] = [];
  for (let i = 0; i < timestamps.length; i += 1) {
    const at = timestamps[i]!;
    const last = runs.at(-1);
    if (!(values[i]! > 0)) continue;
    if (last && at - last.to <= 2 * step) runs[runs.length - 1] = { ...last, to: at };
    else runs.push({ targetKey: key, from: at, to: at });
  }
  return runs;
}

/** How many of these an incident met, and by how much it was ahead, median over those (s; negative: behind). */
export function metBy(incidents: readonly WouldBe[], firings: readonly Firing[]) {
  const leads = firings.flatMap(({ targetKey: key, from, to }) => {
    const met = incidents.find(
      (one) => (key === undefined || one.targetKey === key) && one.at <= to + near && one.until >= from - near,
    );
    return met ? [from - met.at] : [];
  });
  const sorted = leads.toSorted((a, b) => a - b);
  return { matched: leads.length, medianLead: sorted[Math.floor(sorted.length / 2)] };
}

/** How the would-be incidents of the last days meet the alerts that fired in them; pure. */
export const compared = (incidents: readonly WouldBe[], alerts: readonly Firing[], days: number): Backtested => ({
  ...{ days, incidents, incidentsPerDay: incidents.length / days, alerts: alerts.length },
  ...metBy(incidents, alerts),
});

/** The last days, as the replay of a warm start showed them, against Prometheus' own alerts. */
export async function backtestOf(hindsight: Hindsight, ports: Ports, days: number, step: number): Promise<Backtested> {
  const to = ports.clock.now();
  return compared(hindsight.incidents(), await pastAlerts(ports, to - days * 86_400, to, step), days);
}

/** When people's own alerts fired, by target; none when Prometheus does not say. */
export async function pastAlerts(ports: Ports, from: number, to: number, step: number): Promise<readonly Firing[]> {
  const alerts: Firing[] = [];
  try {
    const answer = await ports.metrics.queryRange(alertsQuery, from, to, step);
    for (const series of answer.ok ? answer.series : []) {
      const target =
        series.labels['source'] === 'kubewise' ? undefined : alertTarget(series.labels, ports.watcher.topology);
      if (target) alerts.push(...runsOf(series, step, targetKey(target)));
    }
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    ports.log.warn({ module: 'backtest' }, `past alerts are not known: ${error.message}`);
  }
  return alerts;
}
