import React, { useState } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2, PanelProps } from '@grafana/data';
import { Combobox, ScrollContainer, useStyles2 } from '@grafana/ui';
import type { WireAnomaly } from '@kubewise/backend/contract';
import { rights, roleFor, useAnswer, useWrite, type Instance, type Range } from '../../api';
import { AnomalyList, Answered, EmptyNotice, FailureNotice, SaidNotice } from '../../components';
import { mayAct, sourceOf } from '../source';
import { AnomalyChart } from './AnomalyChart';

export interface AnomaliesOptions {
  readonly limit: number;
  readonly namespace: string;
  readonly workload: string;
  readonly openOnly: boolean;
}

/** Anomalies of the dashboard's range: the series, its expected band, and "was this right?". */
export function AnomaliesPanel({
  data,
  options,
  width,
  height,
  timeRange,
  timeZone,
  replaceVariables,
}: PanelProps<AnomaliesOptions>) {
  const instance = sourceOf(data);
  const range = { from: timeRange.from.valueOf(), to: timeRange.to.valueOf() };
  const filter = {
    ...options,
    namespace: replaceVariables(options.namespace),
    workload: replaceVariables(options.workload),
  };
  return (
    <div style={{ width, height }}>
      <ScrollContainer>
        {instance ? (
          <Explorer
            key={instance.uid}
            instance={instance}
            options={filter}
            range={range}
            timeZone={timeZone}
            readOnly={!mayAct(data)}
          />
        ) : (
          <FailureNotice
            failure={{
              kind: 'NotConfigured',
              message: 'Choose a KubeWise data source for this panel, with a query for anomalies.',
            }}
          />
        )}
      </ScrollContainer>
    </div>
  );
}

interface ExplorerProps {
  readonly instance: Instance;
  readonly options: AnomaliesOptions;
  readonly range: Range;
  readonly timeZone: string;
  readonly readOnly: boolean;
}

function Explorer({ instance, options, range, timeZone, readOnly }: ExplorerProps) {
  const { namespace, workload: name, openOnly, limit } = options;
  const params = { namespace, name, limit, ...(openOnly && { open: true }) };
  const key = JSON.stringify([instance.uid, params]);
  const ask = () => instance.api.anomalies(params, range);
  const { answer, refresh } = useAnswer(key, ask, 30, JSON.stringify(range));
  return (
    <Answered answer={answer} what="anomalies" onRetry={refresh}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyNotice message="No anomaly in this range" />
        ) : (
          <Found
            anomalies={items}
            instance={instance}
            range={range}
            timeZone={timeZone}
            readOnly={readOnly}
            refresh={refresh}
          />
        )
      }
    </Answered>
  );
}

interface FoundProps extends Omit<ExplorerProps, 'options'> {
  readonly anomalies: readonly WireAnomaly[];
  readonly refresh: () => void;
}
/** What lasts comes before what is over, the most unusual first. */
const worstFirst = (one: WireAnomaly, other: WireAnomaly): number =>
  Number(other.open) - Number(one.open) || other.peak - one.peak;
const seriesKey = ({ target, metricType }: WireAnomaly): string => `${target.label} ${metricType}`;

function Found({ anomalies, instance, range, timeZone, readOnly, refresh }: FoundProps) {
  const styles = useStyles2(getStyles);
  const [picked, setPicked] = useState('');
  const { busy, said, run, dismiss } = useWrite();
  const keys = [...new Set([...anomalies].sort(worstFirst).map(seriesKey))];
  const shown = keys.includes(picked) ? picked : (keys[0] ?? '');
  const ofSeries = anomalies.filter((one) => seriesKey(one) === shown);
  const may = !readOnly && rights()('feedback:write');
  const write = (ask: () => Promise<unknown>, text: string) =>
    void run(async () => {
      await ask();
      refresh();
      return text;
    });
  const mute = ({ target, metricType }: WireAnomaly) =>
    write(
      () =>
        instance.api.mute({
          ...(target.namespace && { namespace: target.namespace }),
          kind: target.kind,
          name: target.name,
          metricType,
          forSeconds: 4 * 3600,
          why: 'Muted from the anomalies panel',
        }),
      `${metricType} of ${target.label} is muted for four hours.`
    );
  return (
    <div className={styles.panel}>
      {keys.length > 1 && (
        <Combobox
          aria-label="Series"
          options={keys.map((value) => ({ value, label: value }))}
          value={shown}
          onChange={({ value }) => setPicked(value)}
        />
      )}
      <SaidNotice said={said} onDismiss={dismiss} />
      <AnomalyChart key={shown} anomalies={ofSeries} instance={instance} range={range} timeZone={timeZone} />
      <AnomalyList
        anomalies={ofSeries}
        mayJudge={may}
        busy={busy}
        whyNot={
          readOnly ? 'This view only shows' : `Feedback needs the role ${roleFor('feedback:write')} in this Grafana`
        }
        onFeedback={({ id }, verdict) => write(() => instance.api.feedback({ anomalyId: id, verdict }), '')}
        onMute={mute}
        onAcknowledge={(incidentId) =>
          write(() => instance.api.act({ act: 'acknowledge', incidentId }), 'Its incident is acknowledged.')
        }
        onSnooze={(incidentId) =>
          write(
            () => instance.api.act({ act: 'snooze', incidentId, forSeconds: 3600 }),
            'Its incident is snoozed for an hour.'
          )
        }
      />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  panel: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), padding: theme.spacing(1) }),
});
