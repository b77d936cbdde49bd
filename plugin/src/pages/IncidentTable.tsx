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

const columns: ReadonlyArray<Column<Row>> = [
  { id: 'severity', title: 'Severity', cell: ({ incident }) => <SeverityBadge severity={incident.severity} /> },
  {
    id: 'title',
    title: 'Incident',
    cell: ({ incident, instance }) => (
      <>
        <TextLink href={incidentPath(incident.id, instance.uid)} inline={false}>
          {incident.title}
        </TextLink>
        <Text element="p" variant="bodySmall" color="secondary">
          {incident.target.label}
          {incident.cause && ` · ${words(incident.cause)}`}
          {incident.acknowledgedBy && ` · acknowledged by ${incident.acknowledgedBy}`}
        </Text>
      </>
    ),
  },
  {
    id: 'phase',
    title: 'Phase',
    oneLine: true,
    cell: ({ incident }) => (
      <Stack gap={0.5} wrap="wrap">
        <PhaseBadge phase={incident.phase} reason={incident.reason} />
        {incident.verdict && <VerdictBadge verdict={incident.verdict} />}
      </Stack>
    ),
  },
  { id: 'plan', title: 'Plan', cell: ({ incident }) => incident.plan?.summary ?? <Text color="secondary">–</Text> },
  {
    id: 'opened',
    title: 'Opened',
    oneLine: true,
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
