import React, { useMemo } from 'react';
import { Text } from '@grafana/ui';
import type { IncidentDetail, WireAnomaly, WireSeries } from '@kubewise/backend/contract';
import { useAnswer, type Instance, type Range } from '../api';
import {
  Answered,
  ChartLegend,
  EmptyNotice,
  newest,
  Section,
  SeriesChart,
  useWidth,
  withUnit,
  type Mark,
} from '../components';

interface IncidentSeriesProps {
  readonly instance: Instance;
  readonly incident: IncidentDetail;
}
const hour = 3_600_000;
const mostCharts = 6;

/** From an hour before the onset to half an hour after the end, or to now while it lasts. */
function rangeOf(incident: IncidentDetail, now: number): Range {
  const end = incident.closedAt ? Date.parse(incident.closedAt) + hour / 2 : now;
  return { from: Date.parse(incident.startedAt) - hour, to: Math.min(end, now) };
}

/** The series of the workload over their expected bands, with anomalies and changes drawn in. */
export function IncidentSeries({ instance: { uid, api }, incident }: IncidentSeriesProps) {
  const [ref, width] = useWidth();
  const { namespace, kind, name } = incident.target;
  const { answer, refresh } = useAnswer(
    `${uid} ${incident.id} series`,
    async () => {
      const range = rangeOf(incident, await api.now());
      const [series, anomalies] = await Promise.all([
        api.series(range, { namespace, kind, name }, mostCharts),
        api.anomalies({ incidentId: incident.id, limit: 50 }),
      ]);
      return { range, series: series.series, anomalies: anomalies.items };
    },
    30
  );
  const marks = useMemo(() => marksOf(incident), [incident]);
  return (
    <Section title="Series">
      <div ref={ref}>
        <Answered answer={answer} what="series" onRetry={refresh}>
          {({ series, anomalies, range }) =>
            series.length === 0 ? (
              <EmptyNotice message="No series of this workload is known in this range" />
            ) : (
              <>
                {series.map((one) => (
                  <Chart
                    key={`${one.query} ${one.target.label}`}
                    series={one}
                    anomalies={anomalies}
                    range={range}
                    marks={marks}
                    width={width}
                  />
                ))}
                <ChartLegend />
              </>
            )
          }
        </Answered>
      </div>
    </Section>
  );
}

const marksOf = (incident: IncidentDetail): readonly Mark[] => [
  ...incident.changes.map(({ at, byUs }) => ({ at: Date.parse(at), byUs })),
  ...incident.actions.flatMap(({ appliedAt }) => (appliedAt ? [{ at: Date.parse(appliedAt), byUs: true }] : [])),
];

interface ChartProps {
  readonly series: WireSeries;
  readonly anomalies: readonly WireAnomaly[];
  readonly range: Range;
  readonly marks: readonly Mark[];
  readonly width: number;
}

function Chart({ series, anomalies, range, marks, width }: ChartProps) {
  const regions = useMemo(
    () =>
      anomalies
        .filter(({ metricType, query }) => query === series.query || metricType === series.metricType)
        .map((one) => ({
          from: Date.parse(one.startedAt),
          to: one.endedAt ? Date.parse(one.endedAt) : range.to,
          severity: one.severity,
        })),
    [anomalies, series, range]
  );
  const last = newest(series.value);
  return (
    <div>
      <Text variant="bodySmall">
        <strong>{series.metricType}</strong> {withUnit(last, series.unit)}
      </Text>
      {width > 0 && (
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
          marks={marks}
          width={width}
          height={150}
        />
      )}
    </div>
  );
}
