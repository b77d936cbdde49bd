import { targetKey, type Anomaly } from '../model/index.ts';
import type { Ports, ScoreRow, SeriesColumns, SeriesRequest } from './ports.ts';

/** A series that somebody asks about: judged now, or known from its stored anomalies alone. */
export type AskedSeries = Pick<
  ScoreRow,
  'target' | 'query' | 'metricType' | 'score' | 'threshold' | 'expected' | 'band' | 'window'
> & { readonly unit: string };

export const keyOfSeries = ({ target, query }: Pick<ScoreRow, 'target' | 'query'>): string =>
  `${query}|${targetKey(target)}`;

const atMost = 500;

/** Stored anomalies in the range that fit what is asked, newest first. */
export async function anomaliesFor(
  { store, cluster }: Pick<Ports, 'store' | 'cluster'>,
  request: SeriesRequest,
): Promise<readonly Anomaly[]> {
  const { kind, namespace, name, metricType, from, to } = request;
  const whole = kind !== undefined && namespace !== undefined && name !== undefined;
  const found = await store.anomalies.find({
    where: {
      startedAt: { lte: to },
      updatedAt: { gte: from },
      ...(metricType !== undefined && { metricType }),
      ...(whole && { targetKey: targetKey({ cluster, kind, namespace, name }) }),
    },
    orderBy: { field: 'startedAt', direction: 'desc' },
    limit: atMost,
  });
  return found.filter(
    ({ target }) =>
      (namespace === undefined || target.namespace === namespace) &&
      (kind === undefined || target.kind === kind) &&
      (name === undefined || target.name === name),
  );
}

/** The series of these anomalies that no detector holds any more: the pod is gone, or this process is younger. */
export function forgotten(anomalies: readonly Anomaly[], known: readonly ScoreRow[]): readonly AskedSeries[] {
  const held = new Set(known.map(keyOfSeries));
  const found = new Map<string, AskedSeries>();
  for (const { target, query, metricType, unit, peak, threshold, expected, band } of anomalies) {
    const key = keyOfSeries({ target, query });
    if (held.has(key) || found.has(key)) continue;
    found.set(key, { target, query, metricType, unit, score: peak, threshold, expected, band, window: [] });
  }
  return [...found.values()];
}

type Point = Readonly<Record<'time' | 'value' | 'expected' | 'low' | 'high' | 'score', number>>;

/** What an anomaly kept of its series: the value furthest from expected at its begin, the last one at its end. */
function pointsOf(anomaly: Anomaly): readonly Point[] {
  const [low, high] = anomaly.band;
  const { expected, startedAt, updatedAt } = anomaly;
  const last = { time: updatedAt, value: anomaly.value, score: anomaly.score, expected, low, high };
  if (updatedAt <= startedAt) return [last];
  const worst = anomaly.worst ?? anomaly.value;
  return [{ time: startedAt, value: worst, score: anomaly.peak, expected, low, high }, last];
}

function recentPoints({ window, expected, band: [low, high], score }: AskedSeries): readonly Point[] {
  return window.map(([time, value], index) => ({
    ...{ time, value, expected, low, high },
    score: index === window.length - 1 ? score : NaN,
  }));
}

/**
 * A line for a series that Prometheus does not know (any more): what the anomalies in the range kept of it, and the recent
 * values where a detector still holds it. Undefined when that is nothing.
 */
export function rememberedLine(
  asked: AskedSeries,
  anomalies: readonly Anomaly[],
  { from, to }: Pick<SeriesRequest, 'from' | 'to'>,
): SeriesColumns | undefined {
  const key = keyOfSeries(asked);
  const kept = [...anomalies.filter((one) => keyOfSeries(one) === key).flatMap(pointsOf), ...recentPoints(asked)];
  const inRange = kept.filter((point) => point.time >= from && point.time <= to);
  const points = [...new Map(inRange.map((point) => [point.time, point])).values()].sort((a, b) => a.time - b.time);
  if (points.length === 0) return undefined;
  const { target, query, metricType, unit, threshold } = asked;
  return {
    ...{ target, query, metricType, unit, threshold },
    times: points.map((point) => point.time),
    values: points.map((point) => point.value),
    expected: points.map((point) => point.expected),
    low: points.map((point) => point.low),
    high: points.map((point) => point.high),
    scores: points.map((point) => point.score),
  };
}
