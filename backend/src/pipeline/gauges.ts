import { activePhases, Mode, type Incident, type Target } from '../model/index.ts';
import { scoreOf } from './detect/index.ts';
import type { BudgetStanding, Calibration, Labels, Ports, ScoreRow } from './ports.ts';
import { createWorkloadScores } from './workload-scores.ts';

/** How long a closed anomaly or incident stays exported as 0, so that alerts see it end (s). */
const linger = 900;
/** Exported score series at most; the highest scores win, whatever is active always stays. */
const defaultCap = 5000;

const labelsOf = (target: Target): Labels => ({
  cluster: target.cluster,
  namespace: target.namespace,
  workload_kind: target.kind,
  workload: target.name,
});

/** What is exported about the series and the incidents, set anew at every evaluation. */
export interface Gauges {
  scores(rows: readonly ScoreRow[]): void;
  incident(incident: Incident): void;
  incidents(open: readonly Incident[]): void;
  calibration(): Calibration;
}

/** What people have switched on and off. */
export interface Standing {
  readonly mode: Mode;
  readonly killSwitch: boolean;
  readonly budget?: BudgetStanding;
}

export function createGauges(
  ports: Pick<Ports, 'recorder' | 'clock' | 'watcher'>,
  standing: () => Standing,
  cap = defaultCap,
): Gauges {
  const { recorder, clock, watcher } = ports;
  const endedSeries = new Map<string, { labels: Labels; at: number }>();
  const activeBefore = new Map<string, Labels>();
  const workloads = createWorkloadScores(recorder, labelsOf);
  let countedAt = -Infinity;
  let samples = 0;
  const rarer = tails.map(() => 0);
  const endedIncidents = new Map<string, { labels: Labels; at: number }>();

  /** Several series of one target and type share a name: the highest score speaks. */
  function worst(rows: readonly ScoreRow[]): readonly ScoreRow[] {
    const best = new Map<string, ScoreRow>();
    for (const row of rows) {
      const key = seriesKey(row);
      const before = best.get(key);
      if (!before || before.score < row.score || row.state === 'anomalous') best.set(key, row);
    }
    return [...best.values()];
  }

  function exportRow(row: ScoreRow): void {
    const labels = { ...labelsOf(row.target), metric_type: row.metricType };
    recorder.gauge('kubewise_anomaly_score', row.score, labels);
    recorder.gauge('kubewise_anomaly_threshold', row.threshold, labels);
    recorder.gauge('kubewise_anomaly_expected', row.expected, labels);
    recorder.gauge('kubewise_anomaly_band_low', row.band[0], labels);
    recorder.gauge('kubewise_anomaly_band_high', row.band[1], labels);
  }

  function exportActive(rows: readonly ScoreRow[]): void {
    const now = clock.now();
    const active = new Map<string, Labels>();
    for (const row of rows)
      if (row.state === 'anomalous')
        active.set(seriesKey(row), { ...labelsOf(row.target), metric_type: row.metricType });
    for (const [key, labels] of activeBefore) if (!active.has(key)) endedSeries.set(key, { labels, at: now });
    for (const [key, labels] of active) {
      endedSeries.delete(key);
      recorder.gauge('kubewise_anomaly_active', 1, labels);
    }
    for (const [key, ended] of endedSeries)
      if (now - ended.at > linger) endedSeries.delete(key);
      else recorder.gauge('kubewise_anomaly_active', 0, ended.labels);
    activeBefore.clear();
    for (const [key, labels] of active) activeBefore.set(key, labels);
  }

  function exportStanding(): void {
    const { mode, killSwitch, budget } = standing();
    for (const one of Mode.options) recorder.gauge('kubewise_mode', one === mode ? 1 : 0, { mode: one });
    recorder.gauge('kubewise_kill_switch', killSwitch ? 1 : 0);
    if (budget) {
      recorder.gauge('kubewise_false_alarm_budget', budget.perWeek);
      recorder.gauge('kubewise_false_alarms_expected', budget.expectedPerWeek);
      recorder.gauge('kubewise_false_alarm_threshold', budget.threshold);
    }
    recorder.gauge('kubewise_watch_staleness_seconds', watcher.staleness());
  }

  /** What this round judged: neither series that are still learning nor those that fell silent. */
  function judgedNow(rows: readonly ScoreRow[]): readonly ScoreRow[] {
    const now = clock.now();
    const judged = rows.filter((row) => row.state !== 'learning' && row.timestamp <= now && row.timestamp > countedAt);
    countedAt = now;
    return judged;
  }

  /** Is what is called one in a hundred seen once in a hundred samples? */
  function countTails(judged: readonly ScoreRow[]): void {
    samples += judged.length;
    recorder.count('kubewise_samples_scored_total', {}, judged.length);
    for (const [index, { probability, score }] of tails.entries()) {
      const rare = judged.filter((row) => row.score > score).length;
      rarer[index] = (rarer[index] ?? 0) + rare;
      recorder.count('kubewise_samples_surprising_total', { tail: String(probability) }, rare);
    }
  }

  return {
    scores(rows) {
      exportStanding();
      const judged = judgedNow(rows);
      countTails(judged);
      workloads.round(judged);
      for (const name of seriesGauges) recorder.resetGauge(name);
      const spoken = worst(rows);
      const exported = highest(spoken, cap);
      for (const row of exported) exportRow(row);
      recorder.gauge('kubewise_score_series_hidden', spoken.length - exported.length);
      const states = { learning: 0, normal: 0, anomalous: 0 };
      for (const { state } of rows) states[state] += 1;
      for (const [state, count] of Object.entries(states)) recorder.gauge('kubewise_detector_series', count, { state });
      exportActive(spoken);
    },
    incident(incident) {
      if (incident.closedAt !== undefined)
        endedIncidents.set(incident.id, { labels: incidentLabels(incident), at: clock.now() });
    },
    incidents(open) {
      recorder.resetGauge('kubewise_incident_open');
      for (const [id, ended] of endedIncidents)
        if (clock.now() - ended.at > linger) endedIncidents.delete(id);
        else recorder.gauge('kubewise_incident_open', 0, ended.labels);
      for (const incident of open) recorder.gauge('kubewise_incident_open', 1, incidentLabels(incident));
      const waiting = open.filter((incident) => incident.phase === 'Proposed').length;
      recorder.gauge('kubewise_plans_waiting', waiting);
      for (const phase of activePhases)
        recorder.gauge('kubewise_incidents_by_phase', open.filter((one) => one.phase === phase).length, { phase });
    },
    calibration: () => ({
      samples,
      tails: tails.map(({ probability }, index) => ({ probability, samples: rarer[index] ?? 0 })),
    }),
  };
}

/** score = S / (1 + S) with S = -log10 of the tail probability (DESIGN.md). */
const tails = [0.1, 0.01, 0.001].map((probability) => ({ probability, score: scoreOf(-Math.log10(probability)) }));
const seriesGauges = [
  'kubewise_anomaly_score',
  'kubewise_anomaly_threshold',
  'kubewise_anomaly_expected',
  'kubewise_anomaly_band_low',
  'kubewise_anomaly_band_high',
  'kubewise_anomaly_active',
];
const seriesKey = (row: ScoreRow): string => `${row.targetKey}|${row.metricType}`;

/** The `cap` rows with the highest scores, and all that are anomalous. Numbers are sorted, not a hundred thousand rows. */
function highest(rows: readonly ScoreRow[], cap: number): readonly ScoreRow[] {
  if (rows.length <= cap) return rows;
  const least = Float64Array.from(rows, ({ score }) => score).sort()[rows.length - cap] ?? 0;
  let ties = cap - rows.filter(({ score }) => score > least).length;
  return rows.filter(({ score, state }) => score > least || state === 'anomalous' || (score === least && ties-- > 0));
}

const incidentLabels = (incident: Incident): Labels => ({
  ...labelsOf(incident.target),
  severity: incident.severity,
  phase: incident.phase,
});
