import React from 'react';
import { Badge, Text } from '@grafana/ui';
import type { Detectors, WireDetector } from '@kubewise/backend/contract';
import { useSearchParams } from 'react-router-dom';
import { useAnswer, type Instance } from '../api';
import { Answered, DataTable, EmptyNotice, scoreText, Section, testIds, type Column } from '../components';
import { Backtest } from './Backtest';
import { Frame } from './Frame';
import { Mutes } from './Mutes';
import { Quality } from './Quality';

/** What is watched, from which score on it counts, how good that was, and what another query would have found. */
export function DetectorsPage() {
  const [search] = useSearchParams();
  return (
    <Frame testId={testIds.detectors.page}>
      {(instance) => (
        <React.Fragment key={instance.uid}>
          <Watched instance={instance} />
          <Quality instance={instance} />
          <Backtest instance={instance} first={search.get('promql') ?? ''} />
          <Mutes instance={instance} />
        </React.Fragment>
      )}
    </Frame>
  );
}

const rated = ({ truePositives, falsePositives }: WireDetector): string => {
  const all = truePositives + falsePositives;
  return all === 0 ? 'no feedback yet' : `${truePositives} of ${all} right`;
};
/** What is judged without a series (sequences of events) has no score at any time. */
const scoreOf = ({ series }: WireDetector, score: number): string => (series === 0 ? '–' : scoreText(score));
const columns: ReadonlyArray<Column<WireDetector>> = [
  { id: 'type', title: 'Metric type', cell: (one) => <strong>{one.metricType}</strong> },
  { id: 'queries', title: 'Queries', cell: (one) => one.queries.join(', ') },
  {
    id: 'series',
    title: 'Series',
    cell: (one) => (
      <>
        {one.series} {one.learning > 0 && <Badge color="blue" text={`${one.learning} learning`} />}
        {one.anomalous > 0 && <Badge color="red" text={`${one.anomalous} anomalous`} />}
      </>
    ),
  },
  { id: 'threshold', title: 'Threshold', cell: (one) => scoreOf(one, one.threshold) },
  { id: 'highest', title: 'Highest now', cell: (one) => scoreOf(one, one.highest) },
  { id: 'anomalies', title: 'Anomalies', cell: (one) => one.anomalies },
  { id: 'feedback', title: 'Feedback', oneLine: true, cell: rated },
];

function Watched({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} detectors`, () => instance.api.detectors(), 30);
  return (
    <Section title="What is watched">
      <Answered answer={answer} what="detectors" onRetry={refresh}>
        {(detectors) => (
          <>
            <Budget detectors={detectors} />
            {detectors.items.length === 0 ? (
              <EmptyNotice message="Nothing is watched yet: no query has found a series" />
            ) : (
              <DataTable
                label="Detectors"
                rows={detectors.items}
                columns={columns}
                keyOf={({ metricType }) => metricType}
              />
            )}
          </>
        )}
      </Answered>
    </Section>
  );
}

function Budget({ detectors }: { readonly detectors: Detectors }) {
  const { incidentsLastWeek, budgetPerWeek, budget } = detectors;
  const spent = budget?.spentLastWeek ?? incidentsLastWeek;
  return (
    <Text element="p">
      False-alarm budget: {budgetPerWeek} notified incidents a week; {spent} in the last seven days
      {budget?.state === 'Kept' &&
        ` (the threshold ${budget.threshold.toFixed(2)} would have opened ${budget.expectedPerWeek.toFixed(1)} a week)`}
      {spent > budgetPerWeek && ', which is more than the budget: thresholds rise'}.
    </Text>
  );
}
