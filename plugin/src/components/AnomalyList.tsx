import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Stack, Text, Tooltip, useStyles2, type IconName } from '@grafana/ui';
import type { WireAnomaly } from '@kubewise/backend/contract';
import { SeverityBadge } from './Badges';
import { ago, bandText, duration, scoredText, sentence, withUnit } from './format';
import { testIds } from './testIds';

type Verdict = 'TruePositive' | 'FalsePositive';
export interface AnomalyActs {
  readonly mayJudge: boolean;
  /** A write is on its way: nothing else is sent meanwhile. */
  readonly busy?: boolean;
  readonly whyNot: string;
  readonly onFeedback: (anomaly: WireAnomaly, verdict: Verdict) => void;
  readonly onMute?: (anomaly: WireAnomaly) => void;
  /** About the incident that the anomaly belongs to; offered only while it is open and has one. */
  readonly onAcknowledge?: (incidentId: string) => void;
  readonly onSnooze?: (incidentId: string) => void;
}
interface AnomalyListProps extends AnomalyActs {
  readonly anomalies: readonly WireAnomaly[];
}

/** Anomalies with the question "was this right?" beside each. */
export function AnomalyList({ anomalies, ...acts }: AnomalyListProps) {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.list}>
      {anomalies.map((anomaly) => (
        <AnomalyItem key={anomaly.id} anomaly={anomaly} {...acts} />
      ))}
    </ul>
  );
}

/** `began 5 min ago`, or `2 h ago, for 4 min` when it is over. */
const whenText = ({ startedAt, endedAt }: WireAnomaly): string =>
  endedAt
    ? `${ago(startedAt)}, for ${duration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}`
    : `began ${ago(startedAt)}`;

function AnomalyItem({ anomaly, ...acts }: AnomalyActs & { readonly anomaly: WireAnomaly }) {
  const styles = useStyles2(getStyles);
  const { unit } = anomaly;
  return (
    <li className={styles.item} data-testid={testIds.anomaly.row}>
      <div className={styles.text}>
        <Stack gap={1} wrap="wrap" alignItems="center">
          <SeverityBadge severity={anomaly.severity} />
          <strong>{anomaly.target.label}</strong>
          <Text color="secondary">{anomaly.metricType}</Text>
          <Text variant="bodySmall" color="secondary">
            {whenText(anomaly)}
          </Text>
        </Stack>
        <div>{sentence(anomaly.sentence)}</div>
        <Text variant="bodySmall" color="secondary">
          {withUnit(anomaly.value, unit)}, expected {bandText(anomaly.band, unit)},{' '}
          {scoredText(anomaly.peak, anomaly.threshold)}
        </Text>
      </div>
      <AnomalyButtons anomaly={anomaly} {...acts} />
    </li>
  );
}

function AnomalyButtons({
  anomaly,
  mayJudge,
  busy = false,
  whyNot,
  onFeedback,
  onMute,
  onAcknowledge,
  onSnooze,
}: AnomalyActs & { readonly anomaly: WireAnomaly }) {
  const given = anomaly.feedback?.verdict;
  const vote = (verdict: Verdict, icon: 'check' | 'times', text: string, id: string) => (
    <Button
      size="sm"
      icon={icon}
      variant={given === verdict ? 'primary' : 'secondary'}
      aria-pressed={given === verdict}
      disabled={!mayJudge || busy}
      data-testid={id}
      onClick={() => onFeedback(anomaly, verdict)}
    >
      {text}
    </Button>
  );
  const incidentId = anomaly.open ? anomaly.incidentId : undefined;
  const act = (icon: IconName, text: string, id: string, onClick: () => void) => (
    <Button size="sm" icon={icon} variant="secondary" disabled={!mayJudge || busy} data-testid={id} onClick={onClick}>
      {text}
    </Button>
  );
  const buttons = (
    <Stack gap={1} wrap="wrap">
      {vote('TruePositive', 'check', 'Right', testIds.anomaly.right)}
      {vote('FalsePositive', 'times', 'False alarm', testIds.anomaly.wrong)}
      {incidentId &&
        onAcknowledge &&
        act('check-circle', 'Acknowledge', testIds.anomaly.acknowledge, () => onAcknowledge(incidentId))}
      {incidentId && onSnooze && act('clock-nine', 'Snooze 1 h', testIds.anomaly.snooze, () => onSnooze(incidentId))}
      {onMute && act('bell-slash', 'Mute 4 h', testIds.anomaly.mute, () => onMute(anomaly))}
    </Stack>
  );
  return mayJudge ? buttons : <Tooltip content={whyNot}>{<span>{buttons}</span>}</Tooltip>;
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ listStyle: 'none', margin: 0 }),
  item: css({
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'space-between',
    alignItems: 'center',
    gap: theme.spacing(1),
    padding: theme.spacing(1, 0),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  text: css({ flex: '1 1 320px', minWidth: 0, overflowWrap: 'anywhere' }),
});
