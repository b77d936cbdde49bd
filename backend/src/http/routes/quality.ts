import type { z } from 'zod';
import type { Anomaly, Incident } from '../../model/index.ts';
import type { Operations, Store } from '../../pipeline/ports.ts';
import { route, type Backend, type Route } from '../route.ts';
import { timeOf } from '../views/basic-view.ts';
import { DetectorQuality } from '../wire/system.ts';

const week = 7 * 86_400;
const mostWeeks = 12;
/** Of the highest score of an anomaly; 0.8 is one in ten thousand samples, 0.9 one in a thousand million (DESIGN.md). */
const scoreEdges = [0, 0.8, 0.9, 0.95, 1];

export interface Judged {
  readonly truePositives: number;
  readonly falsePositives: number;
}
/** What people said of these anomalies. */
export function judged(anomalies: readonly Anomaly[]): Judged {
  const by = (verdict: string): number => anomalies.filter((one) => one.feedback?.verdict === verdict).length;
  return { truePositives: by('TruePositive'), falsePositives: by('FalsePositive') };
}

/** Of the incidents, those that nobody's alert and no event of Kubernetes opened. */
export const openedByDetection = (incidents: readonly Incident[]): number =>
  incidents.filter(({ timeline }) => timeline[0]?.reason === 'SignalsAgree').length;

export const budgetPerWeekOf = (operations: Operations): number =>
  Number(operations.config()['FALSE_ALARM_BUDGET'] ?? 3);

interface Span {
  readonly from: number;
  readonly to: number;
}
/** Whole weeks that retention keeps, the last of them up to now. */
function weeksBefore(now: number, operations: Operations): readonly Span[] {
  const kept = Math.floor((Number(operations.config()['RETENTION_DAYS'] ?? 30) * 86_400) / week);
  const count = Math.min(mostWeeks, Math.max(1, kept));
  return Array.from({ length: count }, (_, index) => {
    const to = now - (count - 1 - index) * week;
    return { from: to - week, to };
  });
}

async function weekOf(store: Store, { from, to }: Span, opinions: readonly Anomaly[]) {
  const inside = { gte: from, lt: to };
  const [anomalies, incidents] = await Promise.all([
    store.anomalies.count({ startedAt: inside }),
    store.incidents.find({ where: { openedAt: inside }, limit: 2000 }),
  ]);
  return {
    ...{ from: timeOf(from), to: timeOf(to), anomalies },
    ...judged(opinions.filter(({ startedAt }) => startedAt >= from && startedAt < to)),
    ...{ incidents: incidents.length, byDetection: openedByDetection(incidents) },
  };
}

const byScore = (opinions: readonly Anomaly[]) =>
  scoreEdges.slice(1).map((to, index) => {
    const from = scoreEdges[index] ?? 0;
    const isInside = ({ peak }: Anomaly): boolean => peak >= from && (peak < to || index === scoreEdges.length - 2);
    return { from, to, ...judged(opinions.filter(isInside)) };
  });

function calibrationOf({ calibration, startedAt }: Operations): Pick<z.input<typeof DetectorQuality>, 'calibration'> {
  if (!calibration) return {};
  const { samples, tails } = calibration();
  return { calibration: { since: timeOf(startedAt), samples, tails: [...tails] } };
}

/** Everything is counted from what is stored, so it outlives a restart; only the calibration begins anew. */
export const quality = ({ operations, store, clock }: Backend): Route =>
  route({
    ...{ method: 'get', path: '/api/v1/detectors/quality', tag: 'detection', answers: DetectorQuality },
    summary: 'How good detection was, week by week, and how far its scores can be believed',
    async handle() {
      const weeks = weeksBefore(clock.now(), operations);
      const since = weeks[0]?.from ?? clock.now();
      const opinions = await store.anomalies.find({
        where: { 'feedback.verdict': { exists: true }, startedAt: { gte: since } },
        orderBy: { field: 'startedAt', direction: 'desc' },
        limit: 5000,
      });
      return {
        weeks: await Promise.all(weeks.map((span) => weekOf(store, span, opinions))),
        budgetPerWeek: budgetPerWeekOf(operations),
        scores: byScore(opinions),
        ...calibrationOf(operations),
      };
    },
  });
