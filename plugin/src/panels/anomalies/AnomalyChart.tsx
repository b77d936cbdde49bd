import React, { useMemo } from 'react';
import { Text } from '@grafana/ui';
import type { AnnotationLayer, WireAnomaly, WirePlan, WireSeries } from '@kubewise/backend/contract';
import { useAnswer, type Instance, type Range } from '../../api';
import { Answered, Forecast, SeriesCharts, type Charted, type Mark } from '../../components';

interface AnomalyChartProps {
  /** All of one series. */
  readonly anomalies: readonly WireAnomaly[];
  readonly instance: Instance;
  readonly range: Range;
  readonly timeZone: string;
}

interface Known {
  readonly series: WireSeries | undefined;
  readonly marks: readonly Mark[];
  /** What was proposed against it, while there is anything. */
  readonly plan: WirePlan | undefined;
}
const ours: AnnotationLayer = 'executions';

async function load({ api }: Instance, first: WireAnomaly | undefined, range: Range): Promise<Known> {
  const { namespace = '', kind = '', name = '' } = first?.target ?? {};
  const [{ series }, { layers }, plan] = await Promise.all([
    api.series(range, { namespace, kind, name, metricType: first?.metricType ?? '' }, 1),
    api.annotations(['interventions', ours], range, { namespace, name }),
    // The chart does not need it: whoever forgot the incident shows the chart all the same.
    first?.incidentId
      ? api.incident(first.incidentId).then(
          ({ currentPlan }) => currentPlan,
          () => undefined
        )
      : undefined,
  ]);
  const marks = layers.flatMap(({ layer, events }) =>
    events.map(({ time }) => ({ at: Date.parse(time), byUs: layer === ours }))
  );
  return { series: series[0], marks, plan };
}

/** The measured series of these anomalies over its band, with what was changed meanwhile, and what is to be expected. */
export function AnomalyChart({ anomalies, instance, range, timeZone }: AnomalyChartProps) {
  const first = anomalies[0];
  const { answer, refresh } = useAnswer(
    JSON.stringify([instance.uid, first?.target.label, first?.metricType]),
    () => load(instance, first, range),
    30,
    JSON.stringify(range)
  );
  return (
    <Answered answer={answer} what="the series" onRetry={refresh}>
      {(known) => (
        <>
          <Drawn known={known} anomalies={anomalies} range={range} timeZone={timeZone} />
          {known.plan ? (
            <Forecast forecast={known.plan.forecast} />
          ) : (
            <Text element="p" variant="bodySmall" color="secondary">
              No plan is proposed against this: there is no forecast with and without one.
            </Text>
          )}
        </>
      )}
    </Answered>
  );
}

interface DrawnProps extends Omit<AnomalyChartProps, 'instance'> {
  readonly known: Known;
}

function Drawn({ known: { series, marks }, anomalies, range, timeZone }: DrawnProps) {
  const charts = useMemo((): readonly Charted[] => {
    const regions = anomalies.map(({ startedAt, endedAt, severity }) => ({
      from: Date.parse(startedAt),
      to: endedAt ? Date.parse(endedAt) : range.to,
      severity,
    }));
    return series ? [{ ...series, title: `${series.target.label} ${series.metricType}`, regions, marks }] : [];
  }, [series, marks, anomalies, range.to]);
  return (
    <SeriesCharts
      charts={charts}
      range={range}
      height={200}
      empty="The series itself is no longer known in this range"
      timeZone={timeZone}
    />
  );
}
