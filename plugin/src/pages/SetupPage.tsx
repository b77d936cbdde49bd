import React from 'react';
import { Badge, Icon, Stack, Text, type BadgeColor } from '@grafana/ui';
import type { HealthExtended, Me, WirePermissionCheck, WireQuery } from '@kubewise/backend/contract';
import { useAnswer, type Instance } from '../api';
import { ago, Answered, DataTable, duration, EmptyNotice, Section, testIds, type Column } from '../components';
import { Frame } from './Frame';

/** First run: is it connected, as whom, what does it find, and what may it do? */
export function SetupPage() {
  return (
    <Frame testId={testIds.setup.page}>
      {(instance) => (
        <React.Fragment key={instance.uid}>
          <Connection instance={instance} />
          <Queries instance={instance} />
          <Permissions instance={instance} />
        </React.Fragment>
      )}
    </Frame>
  );
}

const colors: Readonly<Record<string, BadgeColor>> = {
  ok: 'green',
  found: 'green',
  degraded: 'orange',
  empty: 'orange',
  pending: 'blue',
  down: 'red',
  error: 'red',
  disabled: 'darkgrey',
  absent: 'darkgrey',
};

interface Connected {
  readonly health: HealthExtended;
  readonly me: Me;
}
const connect = async ({ api }: Instance): Promise<Connected> => {
  const [health, me] = await Promise.all([api.health(), api.me()]);
  return { health, me };
};

function Connection({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} connection`, () => connect(instance), 20);
  return (
    <Section title="Connection">
      <Answered answer={answer} what="the connection" onRetry={refresh}>
        {({ health, me }) => (
          <>
            <Check
              good
              text={`${instance.name} reaches KubeWise ${health.version}, up for ${duration(health.uptimeSeconds)}`}
            />
            <Check good text={`It watches cluster ${health.cluster}, mode ${health.mode}`} />
            <Check good={me.role === 'viewer'} text={tokenText(me)} />
            {Object.entries(health.components).map(([name, component]) => (
              <Stack key={name} gap={1} wrap="wrap" alignItems="center">
                <Badge color={colors[component.status] ?? 'red'} text={component.status} />
                <strong>{name}</strong>
                <Text color="secondary">
                  {component.message}
                  {component.lastSuccess && ` (last success ${ago(component.lastSuccess)})`}
                </Text>
              </Stack>
            ))}
          </>
        )}
      </Answered>
    </Section>
  );
}

const tokenText = ({ subject, role }: Me): string =>
  role === 'viewer'
    ? `Reads use the token "${subject}" of role viewer`
    : `Reads use the token "${subject}" of role ${role}: give the data source a token of role viewer for reading`;

function Check({ good, text }: { readonly good: boolean; readonly text: string }) {
  return (
    <div data-testid={testIds.setup.check}>
      <Icon name={good ? 'check-circle' : 'exclamation-triangle'} aria-label={good ? 'well' : 'look at this'} /> {text}
    </div>
  );
}

const queryColumns: ReadonlyArray<Column<WireQuery>> = [
  { id: 'state', title: 'State', cell: ({ state }) => <Badge color={colors[state] ?? 'red'} text={state} /> },
  { id: 'name', title: 'Query', cell: ({ name, query }) => <span title={query}>{name}</span> },
  {
    id: 'series',
    title: 'Series',
    cell: ({ series, dropped }) => `${series}${dropped > 0 ? ` (${dropped} dropped)` : ''}`,
  },
  { id: 'cost', title: 'Cost', cell: ({ seconds }) => `${Math.round(seconds * 1000)} ms` },
  { id: 'message', title: '', cell: ({ message }) => message },
];

function Queries({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} queries`, () => instance.api.queries(), 30);
  return (
    <Section title="Queries">
      <Answered answer={answer} what="queries" onRetry={refresh}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyNotice message="No query is configured" />
          ) : (
            <>
              <Text element="p" color="secondary">
                {items.filter(({ state }) => state === 'found').length} of {items.length} find series;{' '}
                {items.filter(({ state }) => state === 'absent').length} are about things this platform does not have,
                which is no error.
              </Text>
              <DataTable label="Queries" rows={items} columns={queryColumns} keyOf={({ name }) => name} />
            </>
          )
        }
      </Answered>
    </Section>
  );
}

const permissionKey = (one: WirePermissionCheck): string =>
  [one.action, one.verb, one.group, one.resource, one.subresource, one.namespace].join(' ');
const permissionColumns: ReadonlyArray<Column<WirePermissionCheck>> = [
  { id: 'action', title: 'For', cell: ({ action }) => action },
  {
    id: 'what',
    title: 'Permission',
    cell: ({ verb, group, resource, subresource }) =>
      `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group ? ` (${group})` : ''}`,
  },
  { id: 'where', title: 'Where', cell: ({ namespace }) => namespace ?? 'everywhere' },
  {
    id: 'allowed',
    title: 'Granted',
    cell: ({ allowed }) => <Badge color={allowed ? 'green' : 'orange'} text={allowed ? 'yes' : 'no'} />,
  },
];

function Permissions({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} permissions`, () => instance.api.permissions(), 120);
  return (
    <Section title="Permissions in the cluster">
      <Answered answer={answer} what="permissions" onRetry={refresh}>
        {({ items }) => (
          <DataTable label="Permissions" rows={items} columns={permissionColumns} keyOf={permissionKey} />
        )}
      </Answered>
    </Section>
  );
}
