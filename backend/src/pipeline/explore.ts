import { targetKey, targetName, type WatchedQuery } from '../model/index.ts';
import type { AuditLog } from './audit.ts';
import { aggregate } from './collect/index.ts';
import type { DetectionOptions } from './detect/index.ts';
import type { Observe } from './observe.ts';
import type { Switches } from './switches.ts';
import type {
  BacktestFound,
  Done,
  Excursion,
  Operations,
  Ports,
  ScoredSeries,
  ScoreRow,
  SeriesColumns,
  SeriesRequest,
} from './ports.ts';
import { anomaliesFor, forgotten, keyOfSeries, rememberedLine, type AskedSeries } from './remembered-series.ts';
import { rescore, thinned, type Column } from './rescore.ts';

export interface ExploreParts {
  readonly ports: Ports;
  readonly observe: Pick<Observe, 'scores' | 'queries' | 'replaceQueries'>;
  readonly audit: AuditLog;
  readonly switches: Switches;
  readonly detection: Omit<DetectionOptions, 'interval'>;
  readonly interval: number;
}

type Answers = Required<
  Pick<Operations, 'interventions' | 'series' | 'scoreSeries' | 'backtest' | 'saveQuery' | 'removeQuery'>
>;

/** History that fresh detectors learn from before the range that was asked for (s). */
const lead = 3 * 86_400;
const maxBacktestSeries = 500;
/** What of a backtest is answered as lines. */
const backtestLines = 50;
const backtestPoints = 2000;
const peakOf = ({ scores }: ScoredSeries): number => scores.reduce((peak, score) => Math.max(peak, score), 0);

const refused = (status: 400 | 404 | 422 | 503, reason: string, message: string) => ({
  ok: false as const,
  status,
  reason,
  message,
});

/** Looks at series on request: history, scores of what the caller brings, what would have alerted. Learns nothing. */
export function createExplore(parts: ExploreParts): Answers {
  const { ports, observe } = parts;

  function matching(request: SeriesRequest): readonly ScoreRow[] {
    return observe
      .scores()
      .filter(({ target, metricType }) => {
        const here = request.namespace === undefined || target.namespace === request.namespace;
        const kind = request.kind === undefined || target.kind === request.kind;
        const name = request.name === undefined || target.name === request.name;
        return here && kind && name && (request.metricType === undefined || metricType === request.metricType);
      })
      .sort((a, b) => b.score - a.score);
  }

  const unitOf = (name: string): string => observe.queries().find((one) => one.name === name)?.unit ?? '';

  /** One query of Prometheus per watched query, whatever the number of targets. */
  async function linesOf(
    query: WatchedQuery,
    rows: readonly AskedSeries[],
    request: SeriesRequest,
  ): Promise<SeriesColumns[]> {
    const step = Math.max(parts.interval, Math.ceil((request.to - request.from) / request.points));
    const answer = await ports.metrics.queryRange(query.query, request.from - lead, request.to, step);
    if (!answer.ok) return [];
    const wanted = new Map(rows.map((row) => [targetKey(row.target), row]));
    return aggregate(query, answer.series, ports.watcher.topology).flatMap(({ target, timestamps, values }) => {
      const row = wanted.get(targetKey(target));
      if (!row) return [];
      const column: Column = { name: targetName(target), key: targetKey(target), times: timestamps, values };
      const {
        excursions: _,
        anomalyScores: __,
        name: ___,
        ...line
      } = rescore(column, query, parts.detection, request.from);
      return [{ ...line, target, query: query.name, metricType: query.metricType, unit: query.unit }];
    });
  }

  async function remember(query: WatchedQuery | undefined, name: string, by: Parameters<Answers['removeQuery']>[1]) {
    const { ids, clock } = ports;
    const entry = {
      id: ids.next(),
      at: clock.now(),
      subject: by.subject,
      reason: query ? 'QuerySaved' : 'QueryRemoved',
    };
    await parts.audit.append([
      { ...entry, action: entry.reason, object: `query/${name}`, message: query?.query ?? '' },
    ]);
    await parts.switches.set(`query/${name}`, query ?? null, by);
    observe.replaceQueries(withSaved(observe.queries(), [[name, query]]));
  }

  return {
    interventions: (since) => ports.watcher.topology.interventions(since),
    async series(request) {
      const rows = matching(request);
      const anomalies = await anomaliesFor(ports, request);
      const found = [...rows.map((row) => ({ ...row, unit: unitOf(row.query) })), ...forgotten(anomalies, rows)];
      const kept = found.slice(0, request.limit);
      const byQuery = Map.groupBy(kept, (row) => row.query);
      const lines: SeriesColumns[] = [];
      for (const query of observe.queries()) {
        const asked = byQuery.get(query.name);
        if (asked) lines.push(...(await linesOf(query, asked, request)));
      }
      const drawn = new Set(lines.filter((line) => line.values.some(Number.isFinite)).map(keyOfSeries));
      const remembered = kept
        .filter((one) => !drawn.has(keyOfSeries(one)))
        .flatMap((one) => rememberedLine(one, anomalies, request) ?? []);
      const series = [...lines.filter((line) => drawn.has(keyOfSeries(line))), ...remembered];
      return { ok: true, value: { series, omitted: found.length - kept.length } };
    },
    async scoreSeries(series, direction) {
      const kind = { metricType: 'value', direction };
      const value = series.map((one) =>
        rescore({ name: one.name, key: one.name, times: one.times, values: one.values }, kind, parts.detection),
      );
      return { ok: true, value };
    },
    async backtest(ask, work): Promise<Done<BacktestFound>> {
      work.progress(0, 'fetching history');
      const answer = await ports.metrics.queryRange(ask.promql, ask.from, ask.to, ask.step);
      if (!answer.ok) return refused(422, answer.reason, `promql: ${answer.message}`);
      if (answer.series.length > maxBacktestSeries)
        return refused(
          422,
          'TooManySeries',
          `promql: ${answer.series.length} series; at most ${maxBacktestSeries}, aggregate by owner`,
        );
      const lines: ScoredSeries[] = [];
      let samples = 0;
      for (const [index, one] of answer.series.entries()) {
        if (work.signal.aborted) break;
        const name = nameOf(one.labels);
        const line = rescore({ name, key: name, times: one.timestamps, values: one.values }, ask, parts.detection);
        samples += line.times.length;
        lines.push(thinned(line, backtestPoints));
        work.progress((index + 1) / answer.series.length, `${index + 1} of ${answer.series.length} series`);
        // Other requests get their turn between two series.
        await new Promise((resolve) => setImmediate(resolve));
      }
      return {
        ok: true,
        value: {
          ...{ series: lines.length, samples, incidents: grouped(lines.flatMap((line) => line.excursions)) },
          lines: lines.toSorted((a, b) => peakOf(b) - peakOf(a)).slice(0, backtestLines),
        },
      };
    },
    async saveQuery(query, by) {
      const tried = await ports.metrics.query(query.query);
      if (!tried.ok) return refused(422, tried.reason, `query: ${tried.message}`);
      await remember(query, query.name, by);
      const saved = observe.queries().find((one) => one.name === query.name);
      return saved ? { ok: true, value: saved } : refused(503, 'NotSaved', `query ${query.name} was not taken up`);
    },
    async removeQuery(name, by) {
      if (!observe.queries().some((one) => one.name === name))
        return refused(404, 'QueryNotFound', `there is no query ${name}`);
      await remember(undefined, name, by);
      return { ok: true, value: undefined };
    },
  };
}

/** The query list with what people saved, replaced or removed (undefined) at run time. */
export function withSaved(
  queries: readonly WatchedQuery[],
  saved: readonly (readonly [name: string, query: WatchedQuery | undefined])[],
): readonly WatchedQuery[] {
  const names = new Set(saved.map(([name]) => name));
  return [...queries.filter((one) => !names.has(one.name)), ...saved.flatMap(([, query]) => (query ? [query] : []))];
}

const nameOf = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).filter(([key]) => key !== '__name__');
  return `${labels['__name__'] ?? ''}{${pairs.map(([key, value]) => `${key}="${value}"`).join(', ')}}`;
};

/** Excursions of one target that touch are one incident. */
function grouped(excursions: readonly Excursion[]): readonly Excursion[] {
  const merged: Excursion[] = [];
  for (const one of [...excursions].sort((a, b) => a.from - b.from)) {
    const index = merged.findIndex((other) => other.target === one.target && one.from - other.to <= 600);
    const before = merged[index];
    if (before) merged[index] = { ...before, to: Math.max(before.to, one.to), peak: Math.max(before.peak, one.peak) };
    else merged.push(one);
  }
  return merged;
}
