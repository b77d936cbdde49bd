import {
  createDataFrame,
  FieldType,
  ThresholdsMode,
  type DataFrame,
  type FieldConfig,
  type Labels,
} from '@grafana/data';
import type { WireSeries } from '@kubewise/backend/contract';
import { unitId } from '../components/format';

const labelsOf = ({ target, metricType }: WireSeries): Labels => ({
  namespace: target.namespace,
  workload_kind: target.kind,
  workload: target.name,
  metric_type: metricType,
});
const nameOf = (series: WireSeries): string => `${series.target.label} ${series.metricType}`;

const field = (name: string, values: readonly unknown[], labels: Labels, config: FieldConfig) => ({
  name,
  type: FieldType.number,
  values: [...values],
  labels,
  config,
});

/** One frame per series: the score over time, and the threshold it is held against. */
export const scoreFrames = (all: readonly WireSeries[]): DataFrame[] =>
  all.map((series) =>
    createDataFrame({
      name: nameOf(series),
      meta: { preferredVisualisationType: 'graph', custom: { cluster: series.target.cluster } },
      fields: [
        { name: 'time', type: FieldType.time, values: [...series.time], config: {} },
        field('score', series.score, labelsOf(series), {
          displayName: nameOf(series),
          min: 0,
          max: 1,
          thresholds: {
            mode: ThresholdsMode.Absolute,
            steps: [
              { value: -Infinity, color: 'green' },
              { value: series.threshold, color: 'red' },
            ],
          },
        }),
      ],
    })
  );

/** One frame per series: measured, expected, and the band between `low` and `high`, drawn filled by the time series panel. */
export const bandFrames = (all: readonly WireSeries[]): DataFrame[] =>
  all.map((series) => {
    const labels = labelsOf(series);
    const unit = unitId(series.unit);
    const quiet = { lineWidth: 0, hideFrom: { legend: true, tooltip: false, viz: false } };
    return createDataFrame({
      name: nameOf(series),
      meta: { preferredVisualisationType: 'graph', custom: { cluster: series.target.cluster } },
      fields: [
        { name: 'time', type: FieldType.time, values: [...series.time], config: {} },
        field('value', series.value, labels, { unit, displayName: nameOf(series) }),
        field('expected', series.expected, labels, {
          unit,
          displayName: 'expected',
          custom: { lineStyle: { fill: 'dash', dash: [6, 6] } },
        }),
        field('low', series.low, labels, { unit, displayName: 'low', custom: quiet }),
        field('high', series.high, labels, { unit, displayName: 'high', custom: { ...quiet, fillBelowTo: 'low' } }),
      ],
    });
  });
