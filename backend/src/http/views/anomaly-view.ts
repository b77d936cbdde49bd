import type { Alert, Anomaly, EventRecord, Mute } from '../../model/index.ts';
import type { ScoredSeries, ScoreRow, SeriesColumns } from '../../pipeline/ports.ts';
import type { ScoreFramesAnswer, SimilarAnomaly, WireAnomaly, WireScore, WireSeries } from '../wire/anomaly.ts';
import type { WireAlert, WireEvent, WireMute } from '../wire/system.ts';
import { finite, orZero, present, targetOf, timeOf, timesOf } from './basic-view.ts';

export const anomalyOf = (anomaly: Anomaly): WireAnomaly => ({
  ...{ id: anomaly.id, cluster: anomaly.cluster, series: anomaly.series, query: anomaly.query },
  ...{ metricType: anomaly.metricType, unit: anomaly.unit, target: targetOf(anomaly.target) },
  ...{ value: anomaly.value, expected: anomaly.expected, band: anomaly.band },
  ...{ score: anomaly.score, peak: anomaly.peak, threshold: anomaly.threshold, severity: anomaly.severity },
  ...{ confidence: anomaly.confidence, views: [...anomaly.views], features: { ...anomaly.features } },
  ...{ sentence: anomaly.sentence, open: anomaly.open, reason: anomaly.reason },
  startedAt: timeOf(anomaly.startedAt),
  updatedAt: timeOf(anomaly.updatedAt),
  ...timesOf({ endedAt: anomaly.endedAt }),
  ...present({ incidentId: anomaly.incidentId, episode: anomaly.episode }),
  ...(anomaly.shift && { shift: { ...anomaly.shift, at: timeOf(anomaly.shift.at) } }),
  ...(anomaly.feedback && { feedback: { ...anomaly.feedback, at: timeOf(anomaly.feedback.at) } }),
});

export const similarAnomaly = (anomaly: Anomaly, likeness: number): SimilarAnomaly => ({
  ...{ id: anomaly.id, target: targetOf(anomaly.target), value: anomaly.worst ?? anomaly.value },
  ...{ expected: anomaly.expected, peak: anomaly.peak, likeness, startedAt: timeOf(anomaly.startedAt) },
  ...timesOf({ endedAt: anomaly.endedAt }),
  ...present({ incidentId: anomaly.incidentId, verdict: anomaly.feedback?.verdict }),
});

export const scoreOf = (row: ScoreRow): WireScore => ({
  ...{ target: targetOf(row.target), query: row.query, metricType: row.metricType, state: row.state },
  ...{ value: orZero(row.value), expected: orZero(row.expected), score: orZero(row.score), threshold: row.threshold },
  band: [orZero(row.band[0]), orZero(row.band[1])],
  timestamp: timeOf(row.timestamp),
});

const milliseconds = (times: readonly number[]): number[] => times.map((time) => Math.round(time * 1000));

export const seriesOf = (series: SeriesColumns): WireSeries => ({
  ...{ target: targetOf(series.target), query: series.query, metricType: series.metricType, unit: series.unit },
  ...{ threshold: series.threshold, time: milliseconds(series.times), value: series.values.map(finite) },
  ...{ expected: series.expected.map(finite), low: series.low.map(finite), high: series.high.map(finite) },
  score: series.scores.map(finite),
});

/** What the ring of recent values knows of a series: no history of scores, only the present one at the end. */
export function recentSeries(row: ScoreRow, from: number, to: number): WireSeries {
  const window = row.window.filter(([time]) => time >= from && time <= to);
  const flat = (value: number) => window.map(() => finite(value));
  return {
    ...{ target: targetOf(row.target), query: row.query, metricType: row.metricType, unit: '' },
    ...{ threshold: row.threshold, time: milliseconds(window.map(([time]) => time)) },
    value: window.map(([, value]) => finite(value)),
    ...{ expected: flat(row.expected), low: flat(row.band[0]), high: flat(row.band[1]) },
    score: window.map((_, index) => (index === window.length - 1 ? finite(row.score) : null)),
  };
}

export const scoredFrame = (series: ScoredSeries): ScoreFramesAnswer['frames'][number] => ({
  ...{ name: series.name, time: milliseconds(series.times), score: series.scores.map(finite) },
  ...{ anomalyScore: series.anomalyScores.map(finite), expected: series.expected.map(finite) },
  ...{ low: series.low.map(finite), high: series.high.map(finite), threshold: series.threshold },
  anomalies: series.excursions.map(({ from, to, peak, sentence }) => ({
    ...{ from: timeOf(from), to: timeOf(to), peak, sentence },
  })),
});

export const eventOf = (event: EventRecord): WireEvent => ({
  ...{ id: event.id, type: event.type, reason: event.reason, message: event.message, count: event.count },
  object: [event.involved.kind, event.involved.namespace, event.involved.name].filter(Boolean).join('/'),
  firstSeen: timeOf(event.firstSeen),
  lastSeen: timeOf(event.lastSeen),
});

export const alertOf = (alert: Alert): WireAlert => ({
  ...{ id: alert.id, fingerprint: alert.fingerprint, status: alert.status, labels: { ...alert.labels } },
  ...{ annotations: { ...alert.annotations }, own: alert.own },
  startsAt: timeOf(alert.startsAt),
  receivedAt: timeOf(alert.receivedAt),
  ...timesOf({ endsAt: alert.endsAt }),
  ...present({ incidentId: alert.incidentId }),
});

export const muteOf = (mute: Mute): WireMute => ({
  ...{ id: mute.id, why: mute.why, subject: mute.subject },
  ...present({ namespace: mute.namespace, kind: mute.kind, name: mute.name, metricType: mute.metricType }),
  until: timeOf(mute.until),
  createdAt: timeOf(mute.createdAt),
});
