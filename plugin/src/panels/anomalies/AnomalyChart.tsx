import React, { useMemo } from 'react';
import { Text } from '@grafana/ui';
import type { WireAnomaly } from '@kubewise/backend/contract';
import { useAnswer, type Instance, type Range } from '../../api';
import { Answered, ChartLegend, EmptyNotice, SeriesChart } from '../../components';

interface AnomalyChartProps {
  /** All of one series. */
  readonly anomalies: readonly WireAnomaly[];
  readonly instance: Instance;
  readonly range: Range;
  readonly width: number;
  readonly timeZone: string;
}

/** The measured series of these anomalies over its band, with what was changed meanwhile. */
export function AnomalyChart({ anomalies, instance, range, width, timeZone }: AnomalyChartProps) {
  const first = anomalies[0];
  const { answer, refresh } = useAnswer(
    JSON.stringify([instance.uid, first?.target.label, first?.metricType]),
    async () => {
      const { namespace = '', kind = '', name = '' } = first?.target ?? {};
      const [series, events] = await Promise.all([
        instance.api.series(range, { namespace, kind, name, metricType: first?.metricType ?? '' }, 1),
        instance.api.annotations(['interventions', 'executions'], range, { namespace, name }),
      ]);
      return { series: series.series[0], events: events.layers };
    },
    30,
    JSON.stringify(range)
  );
  const regions = useMemo(
    () =>
      anomalies.map((one) => ({
        from: Date.parse(one.startedAt),
        to: one.endedAt ? Date.parse(one.endedAt) : range.to,
        severity: one.severity,
      })),
    [anomalies, range.to]
  );
  return (
    <Answered answer={answer} what="the series" onRetry={refresh}>
      {({ series, events }) =>
        series ? (
          <>
            <SeriesChart
              title={`${series.target.label} ${series.metricType}`}
              unit={series.unit}
              time={series.time}
              value={series.value}
              expected={series.expected}
              low={series.low}
              high={series.high}
              from={range.from}
              to={range.to}
              regions={regions}
              marks={events.flatMap(({ layer, events: ofLayer }) =>
                ofLayer.map(({ time }) => ({ at: Date.parse(time), byUs: layer === 'executions' }))
              )}
              timeZone={timeZone}
              width={Math.max(200, width - 16)}
              height={200}
            />
            <ChartLegend />
            <Text element="p" variant="bodySmall" color="secondary">
              Forecast with and without the plan: not available.
            </Text>
          </>
        ) : (
          <EmptyNotice message="The series itself is no longer known in this range" />
        )
      }
    </Answered>
  );
}
