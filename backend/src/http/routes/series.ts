import type { z } from 'zod';
import type { ScoreRow, SeriesRequest } from '../../pipeline/ports.ts';
import { merged, type Happening } from '../annotations.ts';
import { matches } from '../find.ts';
import {
  anomaliesIn,
  incidentsIn,
  isIncidentLayer,
  ofAnomalies,
  ofIncidents,
  ofIntervention,
  type Shown,
} from '../layers.ts';
import { available, HttpProblem, settled } from '../problems.ts';
import { route, type Backend, type Route } from '../route.ts';
import { recentSeries, scoredFrame, scoreOf, seriesOf } from '../views/anomaly-view.ts';
import { present, secondsOf } from '../views/basic-view.ts';
import { suggestRule } from '../views/suggested-rule.ts';
import {
  Annotations,
  ScoreFramesAnswer,
  ScoreFramesRequest,
  SeriesAnswer,
  WireScore,
  type AnnotationLayer,
} from '../wire/anomaly.ts';
import { pageOf } from '../wire/basic.ts';
import { AnnotationsQuery, ScoresQuery, SeriesQuery } from '../wire/queries.ts';

function rangeOf({ from, to }: { from: string; to: string }): Shown {
  const range = { from: secondsOf(from), to: secondsOf(to) };
  if (range.from < range.to) return range;
  const message = 'must be after from';
  throw new HttpProblem(400, 'BadRequest', `query.to: ${message}`, [{ field: 'query.to', message }]);
}

/** Each store is read once, however many layers are asked for. */
async function happeningsIn(backend: Backend, layers: readonly AnnotationLayer[], shown: Shown) {
  const { store, operations } = backend;
  const [incidents, anomalies] = await Promise.all([
    layers.some(isIncidentLayer) ? incidentsIn(store, shown) : [],
    layers.includes('anomalies') ? anomaliesIn(store, shown) : [],
  ]);
  return (layer: AnnotationLayer): readonly Happening[] => {
    if (layer === 'anomalies') return ofAnomalies(anomalies, shown);
    if (layer === 'interventions') return (operations.interventions?.(shown.from) ?? []).map(ofIntervention);
    return ofIncidents(layer, incidents, shown);
  };
}

function annotate(backend: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/annotations', tag: 'grafana', query: AnnotationsQuery, answers: Annotations },
    summary: 'What happened in a range, in layers of at most 300 events, merged by target and time',
    async handle({ query }) {
      const shown = rangeOf(query);
      const happenings = await happeningsIn(backend, query.layers, shown);
      const wanted = ({ target, severity, from, to = from }: Happening): boolean =>
        matches(target, query) && (query.severity?.includes(severity) ?? true) && from <= shown.to && to >= shown.from;
      const layers = query.layers.map((layer) => {
        const found = happenings(layer).filter(wanted);
        return { layer, total: found.length, ...merged(found, shown.to - shown.from) };
      });
      return { from: query.from, to: query.to, layers };
    },
  });
}

const byScore = (a: ScoreRow, b: ScoreRow): number => b.score - a.score;

function scores({ operations }: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/scores', tag: 'detection', query: ScoresQuery, answers: pageOf(WireScore) },
    summary: 'The present score of every series, highest first',
    async handle({ query }) {
      const { namespace, metricType, state, limit } = query;
      const rows = operations.scores(present({ namespace, metricType }));
      const wanted = rows.filter((row) => matches(row.target, query) && (state === undefined || row.state === state));
      return { items: wanted.sort(byScore).slice(0, limit).map(scoreOf) };
    },
  });
}

/** Until there is a history of scores, the ring of recent values answers for the end of the range. */
function recentAnswer(backend: Backend, ask: SeriesRequest): Pick<z.input<typeof SeriesAnswer>, 'series' | 'omitted'> {
  const { namespace, metricType } = ask;
  const rows = backend.operations.scores(present({ namespace, metricType })).filter((row) => matches(row.target, ask));
  const chosen = [...rows].sort(byScore).slice(0, ask.limit);
  return { series: chosen.map((row) => recentSeries(row, ask.from, ask.to)), omitted: rows.length - chosen.length };
}

function seriesInRange(backend: Backend): Route {
  return route({
    ...{ method: 'get', path: '/api/v1/series', tag: 'detection', query: SeriesQuery, answers: SeriesAnswer },
    summary: 'Values with their expected band and score over a range',
    async handle({ query }) {
      const { namespace, kind, name, metricType, limit, points } = query;
      const ask: SeriesRequest = {
        ...rangeOf(query),
        limit,
        points,
        ...present({ namespace, kind, name, metricType }),
      };
      const range = { from: query.from, to: query.to };
      if (!backend.operations.series) return { ...range, ...recentAnswer(backend, ask) };
      const { series, omitted } = settled(await backend.operations.series(ask));
      return { ...range, series: series.map(seriesOf), omitted };
    },
  });
}

function scoreFrames({ operations }: Backend): Route {
  return route({
    ...{
      method: 'post',
      path: '/api/v1/score',
      tag: 'detection',
      body: ScoreFramesRequest,
      answers: ScoreFramesAnswer,
    },
    summary: 'Scores the frames of a panel with fresh detectors; nothing is stored or learnt',
    maxBody: 8_000_000,
    async handle({ body }) {
      const score = available(operations.scoreSeries, 'scoring of frames');
      const brought = body.frames.map((frame, index) => {
        if (frame.time.length === frame.values.length)
          return {
            name: frame.name,
            times: frame.time.map((ms) => ms / 1000),
            values: frame.values.map((v) => v ?? NaN),
          };
        const message = `has ${frame.values.length} entries, time has ${frame.time.length}`;
        const field = `body.frames.${index}.values`;
        throw new HttpProblem(400, 'BadRequest', `${field}: ${message}`, [{ field, message }]);
      });
      const scored = settled(await score(brought, body.direction ?? 'both'));
      const panel = scored.map((one, index) => ({ query: body.frames[index]?.query, scored: one }));
      return { frames: scored.map(scoredFrame), ...present({ rule: suggestRule(panel) }) };
    },
  });
}

export const seriesRoutes = (backend: Backend): Route[] => [
  annotate(backend),
  scores(backend),
  seriesInRange(backend),
  scoreFrames(backend),
];
