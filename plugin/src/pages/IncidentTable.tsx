import React from 'react';
import { Stack, Text, TextLink } from '@grafana/ui';
import {
  ago,
  clock,
  DataTable,
  PhaseBadge,
  SeverityBadge,
  testIds,
  VerdictBadge,
  words,
  type Column,
} from '../components';
import type { Row } from './incident-list';
import { incidentPath } from './places';

/** The workload where the title does not name it already, the cause, and who has seen it. */
const detailsOf = ({ title, target, cause, acknowledgedBy }: Row['incident']): string =>
  [
    title.includes(target.label) ? '' : target.label,
    cause && words(cause),
    acknowledgedBy && `acknowledged by ${acknowledgedBy}`,
  ]
    .filter(Boolean)
    .join(' · ');

const columns: ReadonlyArray<Column<Row>> = [
  {
    id: 'severity',
    title: 'Severity',
    width: '110px',
    cell: ({ incident }) => <SeverityBadge severity={incident.severity} />,
  },
  {
    id: 'title',
    title: 'Incident',
    cell: ({ incident, instance }) => (
      <>
        <TextLink href={incidentPath(incident.id, instance.uid)} inline={false}>
          {incident.title}
        </TextLink>
        <Text element="p" variant="bodySmall" color="secondary">
          {detailsOf(incident)}
        </Text>
      </>
    ),
  },
  {
    id: 'phase',
    title: 'Phase',
    oneLine: true,
    width: '190px',
    cell: ({ incident }) => (
      <Stack gap={0.5} wrap="wrap">
        <PhaseBadge phase={incident.phase} reason={incident.reason} />
        {incident.verdict && <VerdictBadge verdict={incident.verdict} />}
      </Stack>
    ),
  },
  {
    id: 'plan',
    title: 'Plan',
    width: '32%',
    cell: ({ incident }) => incident.plan?.summary ?? <Text color="secondary">–</Text>,
  },
  {
    id: 'opened',
    title: 'Opened',
    oneLine: true,
    width: '150px',
    cell: ({ incident }) => (
      <time dateTime={incident.openedAt} title={clock(incident.openedAt)}>
        {ago(incident.openedAt)}
      </time>
    ),
  },
];
const instanceColumn: Column<Row> = { id: 'instance', title: 'KubeWise', cell: ({ instance }) => instance.name };

interface IncidentTableProps {
  readonly rows: readonly Row[];
  readonly showInstance: boolean;
}

export function IncidentTable({ rows, showInstance }: IncidentTableProps) {
  return (
    <DataTable
      label="Incidents"
      columns={showInstance ? [...columns, instanceColumn] : columns}
      rows={rows}
      keyOf={({ instance, incident }) => `${instance.uid} ${incident.id}`}
      rowTestId={testIds.incidents.row}
    />
  );
}
