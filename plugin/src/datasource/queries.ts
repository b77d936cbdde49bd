import type { DataFrame } from '@grafana/data';
import type { IncidentRow, WireAnomaly, WireTarget } from '@kubewise/backend/contract';
import type { Filter, KubeWise, Params, Range } from '../api';
import type { Row } from './filters';
import { actionsFrame, annotationsFrame, anomaliesFrame, incidentsFrame, plansFrame } from './frames';
import { bandFrames, scoreFrames } from './series-frames';
import { layers, type KubeWiseQuery } from './types';

/** One target, with its variables filled and its time range in Unix milliseconds. */
export interface Asked {
  readonly uid: string;
  readonly query: KubeWiseQuery;
  readonly range: Range;
  readonly keep: (row: Row) => boolean;
}

/** Rows of a table, and series of a chart, at most. */
const rowLimit = 500;
const seriesLimit = 20;

export async function frameOf(api: KubeWise, asked: Asked): Promise<DataFrame[]> {
  const frames = await answer(api, asked);
  return frames.map((frame) => ({
    ...frame,
    refId: asked.query.refId,
    meta: { ...frame.meta, custom: { ...frame.meta?.custom, kubewise: { uid: asked.uid, cluster: clusterOf(frame) } } },
  }));
}

async function answer(api: KubeWise, asked: Asked): Promise<DataFrame[]> {
  const { query, range, keep, uid } = asked;
  const filter = filterOf(query);
  switch (query.kind) {
    case 'anomalies': {
      const { items } = await api.anomalies(paramsOf(query), range);
      return [
        anomaliesFrame(
          items.filter((one) => keep(rowOf(one)) && isOf(query, one)),
          uid
        ),
      ];
    }
    case 'plans': {
      const { items } = await api.plans();
      return [
        plansFrame(
          items.filter(({ incident }) => keep(rowOf(incident)) && isOf(query, incident)),
          uid
        ),
      ];
    }
    case 'actions': {
      const events = await eventsOf(api, asked, ['executions', 'outcomes']);
      return [actionsFrame(events, uid)];
    }
    case 'annotations':
      return [annotationsFrame(await eventsOf(api, asked, query.layers ?? layers), uid)];
    case 'scores': {
      const { series } = await api.series(range, filter, seriesLimit);
      return scoreFrames(series.filter((one) => keep({ ...rowOf(one), metricType: one.metricType })));
    }
    case 'band': {
      const { series } = await api.series(range, filter, seriesLimit);
      return bandFrames(series.filter((one) => keep({ ...rowOf(one), metricType: one.metricType })));
    }
    default: {
      const { items } = await api.incidents({ ...paramsOf(query), from: iso(range.from), to: iso(range.to) });
      return [
        incidentsFrame(
          items.filter((one) => keep(rowOf(one))),
          uid
        ),
      ];
    }
  }
}

/**
 * Every layer is asked for at once and picked here: the annotation layers of a dashboard then are one and the same request
 * in flight, however many there are.
 */
async function eventsOf(api: KubeWise, { query, range, keep }: Asked, wanted: readonly string[]) {
  const answered = await api.annotations(layers, range, filterOf({ ...query, severity: undefined }));
  return answered.layers
    .filter(({ layer }) => wanted.includes(layer))
    .flatMap(({ events }) => events)
    .filter((event) => !query.severity || event.severity === query.severity)
    .filter((event) => keep({ ...targetRow(event.target), severity: event.severity }));
}

const iso = (ms: number): string => new Date(ms).toISOString();
const filterOf = ({ namespace, workload, severity, metricType }: KubeWiseQuery): Filter => ({
  ...(namespace && { namespace }),
  ...(workload && { name: workload }),
  ...(severity && { severity }),
  ...(metricType && { metricType }),
});
const paramsOf = (query: KubeWiseQuery): Params => ({
  ...filterOf(query),
  ...(query.openOnly && { open: true }),
  limit: rowLimit,
});

const targetRow = (target: WireTarget | undefined): Row =>
  target ? { namespace: target.namespace, workload: target.name } : {};
type HasTarget = { readonly target: WireTarget };
const rowOf = (one: HasTarget & Partial<Pick<IncidentRow & WireAnomaly, 'severity' | 'metricType'>>): Row => ({
  ...targetRow(one.target),
  severity: one.severity,
  metricType: one.metricType,
});
/** The backend filters too; this keeps a list that cannot be filtered there (plans) honest. */
const isOf = (
  { namespace, workload, severity }: KubeWiseQuery,
  one: HasTarget & { readonly severity: string }
): boolean =>
  (!namespace || one.target.namespace === namespace) &&
  (!workload || one.target.name === workload) &&
  (!severity || one.severity === severity);

const clusterOf = (frame: DataFrame): string => {
  const cluster: unknown = frame.meta?.custom?.cluster;
  return typeof cluster === 'string' ? cluster : '';
};
