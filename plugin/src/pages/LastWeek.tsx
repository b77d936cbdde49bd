import React from 'react';
import { dateTimeFormat } from '@grafana/data';
import { Text } from '@grafana/ui';
import { useAnswer, type Instance } from '../api';
import { Answered, DataTable, duration, EmptyNotice, Section, testIds } from '../components';
import { lastWeekOf, type LastWeek as Found, type WouldBe } from './model-info';

/** What KubeWise would have told in the week before it came, beside what the own alert rules told. */
export function LastWeek({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} last week`, () => instance.api.detectors(), 30);
  return (
    <Section title="The last days, as they would have been" testId={testIds.setup.lastWeek}>
      <Answered answer={answer} what="the backtest" onRetry={refresh}>
        {(detectors) => {
          const found = lastWeekOf(detectors);
          return found ? (
            <Shown found={found} />
          ) : (
            <EmptyNotice message="Not available">
              The warm start replays the past; this appears when it has ended, and never without a warm start.
            </EmptyNotice>
          );
        }}
      </Answered>
    </Section>
  );
}

function Shown({ found }: { readonly found: Found }) {
  const { days, incidents, perDay, alerts, matched } = found;
  const total = Math.round(perDay * days);
  return (
    <>
      <Text element="p">
        In the last {days === 1 ? 'day' : `${days} days`} KubeWise would have opened{' '}
        <strong>
          {total} {total === 1 ? 'incident' : 'incidents'}
        </strong>
        ; {alerts === 0 ? 'no alert of your own rules fired' : `${matched} of your ${alerts} firing alerts match`}.
        {leadText(found)}
      </Text>
      {incidents.length > 0 && (
        <DataTable<WouldBe>
          label="Incidents that would have been opened"
          rows={incidents}
          keyOf={({ target, at }) => `${target} ${at}`}
          columns={[
            { id: 'at', title: 'When', oneLine: true, cell: ({ at }) => dateTimeFormat(at) },
            { id: 'for', title: 'For', cell: ({ at, until }) => duration((until - at) / 1000) },
            { id: 'target', title: 'Object', cell: ({ target }) => target },
            { id: 'signals', title: 'Signals', cell: ({ signals }) => signals.join(', ') },
          ]}
        />
      )}
    </>
  );
}

function leadText({ matched, medianLead }: Found): string {
  if (matched === 0 || medianLead === undefined) {
    return '';
  }
  const how = duration(Math.abs(medianLead));
  return ` It would have been ${how} ${medianLead >= 0 ? 'before' : 'after'} your alert (median).`;
}
