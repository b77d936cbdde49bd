import React, { useMemo } from 'react';
import { Text } from '@grafana/ui';
import type { IncidentDetail, WireAnomaly, WireSeries } from '@kubewise/backend/contract';
import { useAnswer, type Instance, type Range } from '../api';
import { Answered, newest, Section, SeriesCharts, withUnit, type Charted, type Mark } from '../components';

interface IncidentSeriesProps {
  readonly instance: Instance;
  readonly incident: IncidentDetail;
}
const hour = 3_600_000;
/** Of those that are asked for, the ones with an anomaly come first. */
const [mostAsked, mostCharts] = [12, 6];

/** From an hour before the onset to half an hour after the end, or to now while it lasts. */
function rangeOf(incident: IncidentDetail, now: number): Range {
  const end = incident.closedAt ? Date.parse(incident.closedAt) + hour / 2 : now;
  return { from: Date.parse(incident.startedAt) - hour, to: Math.min(end, now) };
}

interface Known {
  readonly range: Range;
  readonly series: readonly WireSeries[];
  readonly anomalies: readonly WireAnomaly[];
}
async function load({ api }: Instance, incident: IncidentDetail): Promise<Known> {
  const { namespace, kind, name } = incident.target;
  const range = rangeOf(incident, await api.now());
  const [{ series }, { items }] = await Promise.all([
    api.series(range, { namespace, kind, name }, mostAsked),
    api.anomalies({ incidentId: incident.id, limit: 50 }),
  ]);
  return { range, series, anomalies: items };
}

/** The series of the workload over their expected bands, with anomalies and changes drawn in. */
export function IncidentSeries({ instance, incident }: IncidentSeriesProps) {
  const { answer, refresh } = useAnswer(`${instance.uid} ${incident.id} series`, () => load(instance, incident), 30);
  return (
    <Section title="Series">
      <Answered answer={answer} what="series" onRetry={refresh}>
        {(known) => <Charts known={known} incident={incident} />}
      </Answered>
    </Section>
  );
}

function Charts({ known, incident }: { readonly known: Known; readonly incident: IncidentDetail }) {
  const charts = useMemo(() => chartsOf(known, marksOf(incident)), [known, incident]);
  return (
    <SeriesCharts
      charts={charts}
      range={known.range}
      height={150}
      empty="No series of this workload is known in this range"
    />
  );
}

const marksOf = (incident: IncidentDetail): readonly Mark[] => [
  ...incident.changes.map(({ at, byUs }) => ({ at: Date.parse(at), byUs })),
  ...incident.actions.flatMap(({ appliedAt }) => (appliedAt ? [{ at: Date.parse(appliedAt), byUs: true }] : [])),
];

export function chartsOf({ series, anomalies, range }: Known, marks: readonly Mark[]): readonly Charted[] {
  const charts = series.map((one): Charted & Required<Pick<Charted, 'regions'>> => ({
    ...one,
    title: `${one.target.label} ${one.metricType}`,
    heading: (
      <Text variant="bodySmall">
        <strong>{one.metricType}</strong> {withUnit(newest(one.value), one.unit)}
      </Text>
    ),
    regions: anomalies
      .filter(({ metricType, query }) => query === one.query || metricType === one.metricType)
      .map(({ startedAt, endedAt, severity }) => ({
        from: Date.parse(startedAt),
        to: endedAt ? Date.parse(endedAt) : range.to,
        severity,
      })),
    marks,
  }));
  return charts
    .sort((one, other) => Number(other.regions.length > 0) - Number(one.regions.length > 0))
    .slice(0, mostCharts);
}
