import React from 'react';
import { dateTimeFormat } from '@grafana/data';
import { Badge, Stack, Text } from '@grafana/ui';
import type { DetectorQuality } from '@kubewise/backend/contract';
import { useAnswer, type Instance } from '../api';
import {
  Answered,
  clock,
  DataTable,
  EmptyNotice,
  scoreText,
  Section,
  testIds,
  withUnit,
  type Column,
} from '../components';

type Week = DetectorQuality['weeks'][number];
type Scored = DetectorQuality['scores'][number];
type Calibration = NonNullable<DetectorQuality['calibration']>;

/** How good detection was: what people said week by week, the false-alarm budget, and whether the scores can be believed. */
export function Quality({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} quality`, () => instance.api.quality(), 300);
  return (
    <Section title="Quality over time" testId={testIds.detectors.quality}>
      <Answered answer={answer} what="the quality of detection" onRetry={refresh}>
        {(quality) =>
          quality.weeks.some(({ anomalies, incidents }) => anomalies + incidents > 0) ? (
            <Stack direction="column" gap={2}>
              <Weeks quality={quality} />
              <Precision scores={quality.scores} />
              {quality.calibration && <Tails calibration={quality.calibration} />}
            </Stack>
          ) : (
            <EmptyNotice message="No anomaly and no incident yet: there is nothing to judge" />
          )
        }
      </Answered>
    </Section>
  );
}

type Judged = Pick<Week, 'truePositives' | 'falsePositives'>;
const judgedOf = ({ truePositives, falsePositives }: Judged): number => truePositives + falsePositives;
/** `80% of 10`: the share that people called right, and of how many. */
const rightText = (one: Judged): string =>
  judgedOf(one) === 0 ? 'not judged' : `${withUnit(one.truePositives / judgedOf(one), 'ratio')} of ${judgedOf(one)}`;

const day = (iso: string): string => dateTimeFormat(Date.parse(iso), { format: 'YYYY-MM-DD' });

function Weeks({ quality: { weeks, budgetPerWeek } }: { readonly quality: DetectorQuality }) {
  const columns: ReadonlyArray<Column<Week>> = [
    { id: 'week', title: 'Week', oneLine: true, cell: ({ from, to }) => `${day(from)} to ${day(to)}` },
    { id: 'anomalies', title: 'Anomalies', cell: ({ anomalies }) => anomalies },
    { id: 'right', title: 'Called right', cell: rightText },
    { id: 'false', title: 'False alarms', cell: ({ falsePositives }) => falsePositives },
    { id: 'incidents', title: 'Incidents', cell: ({ incidents }) => incidents },
    {
      id: 'budget',
      title: `By detection alone (budget ${budgetPerWeek})`,
      cell: ({ byDetection }) => (
        <>
          {byDetection} {byDetection > budgetPerWeek && <Badge color="orange" text="over the budget" />}
        </>
      ),
    },
  ];
  const newestFirst = [...weeks].reverse();
  return <DataTable label="Quality by week" rows={newestFirst} columns={columns} keyOf={({ from }) => from} />;
}

const scoreColumns: ReadonlyArray<Column<Scored>> = [
  { id: 'score', title: 'Highest score', cell: ({ from, to }) => `${scoreText(from)} to ${scoreText(to)}` },
  { id: 'right', title: 'Called right', cell: rightText },
  { id: 'false', title: 'False alarms', cell: ({ falsePositives }) => falsePositives },
];

/** A score is worth something when higher ones are right more often. */
function Precision({ scores }: { readonly scores: readonly Scored[] }) {
  const judged = scores.filter((one) => judgedOf(one) > 0);
  return (
    <div>
      <Text element="h3" variant="h5">
        Do higher scores mean more?
      </Text>
      {judged.length === 0 ? (
        <Text color="secondary">
          Nobody has judged an anomaly yet. Precision appears with the first &quot;Right&quot; or &quot;False
          alarm&quot;.
        </Text>
      ) : (
        <DataTable label="Precision by score" rows={judged} columns={scoreColumns} keyOf={({ from }) => String(from)} />
      )}
    </div>
  );
}

/** Are samples called as rare as they are? One in a hundred must be seen about once in a hundred samples. */
function Tails({ calibration: { since, samples, tails } }: { readonly calibration: Calibration }) {
  return (
    <div>
      <Text element="h3" variant="h5">
        Are scores calibrated?
      </Text>
      <Text element="p" color="secondary">
        {samples === 0
          ? 'No sample has been judged since KubeWise started: every series is still learning.'
          : `Of ${samples.toLocaleString('en')} samples since ${clock(since)}, which include those of real incidents:`}
      </Text>
      {samples > 0 && (
        <DataTable
          label="Calibration of scores"
          rows={tails}
          keyOf={({ probability }) => String(probability)}
          columns={[
            {
              id: 'tail',
              title: 'Called rarer than',
              cell: ({ probability }) => `1 in ${Math.round(1 / probability)}`,
            },
            { id: 'expected', title: 'Expected at most', cell: ({ probability }) => withUnit(probability, 'ratio') },
            { id: 'seen', title: 'Seen', cell: (tail) => withUnit(tail.samples / samples, 'ratio') },
          ]}
        />
      )}
    </div>
  );
}
