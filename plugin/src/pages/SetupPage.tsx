import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Icon, Stack, Text, TextLink, useStyles2, type BadgeColor } from '@grafana/ui';
import type { Detectors, HealthExtended, Me, WirePermissionCheck, WireQuery } from '@kubewise/backend/contract';
import { allRights, rights, roleFor, useAnswer, type Instance } from '../api';
import { ago, Answered, DataTable, duration, EmptyNotice, Section, testIds, type Column } from '../components';
import { Frame } from './Frame';
import { LastWeek } from './LastWeek';
import { warmStartOf } from './model-info';
import { pathTo } from './places';

/** First run: is it connected, as whom, what does it find, and what may it do? */
export function SetupPage() {
  return (
    <Frame testId={testIds.setup.page}>
      {(instance) => (
        <React.Fragment key={instance.uid}>
          <Connection instance={instance} />
          <LastWeek instance={instance} />
          <Queries instance={instance} />
          <Rights />
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
  readonly detectors: Detectors;
}
const connect = async ({ api }: Instance): Promise<Connected> => {
  const [health, me, detectors] = await Promise.all([api.health(), api.me(), api.detectors()]);
  return { health, me, detectors };
};

function Connection({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} connection`, () => connect(instance), 20);
  return (
    <Section title="Connection">
      <Answered answer={answer} what="the connection" onRetry={refresh}>
        {({ health, me, detectors }) => (
          <Stack direction="column" gap={1}>
            <Check
              good
              text={`Data source "${instance.name}" reaches KubeWise ${health.version}, up for ${duration(health.uptimeSeconds)}`}
            />
            <Check good text={`It watches cluster ${health.cluster}`} />
            <Check good={!health.killSwitch} text={autonomyText(health)} />
            <WarmStart detectors={detectors} />
            <Check good={me.role === 'viewer'} text={tokenText(me)} />
            {Object.entries(health.components).map(([name, component]) => (
              <Stack key={name} gap={1} wrap="wrap" alignItems="center">
                <Badge color={colors[component.status] ?? 'red'} text={component.status} />
                <strong>{name}</strong>
                <Text color="secondary">
                  {component.message}
                  {component.lastSuccess && ` (last success ${ago(component.lastSuccess, Date.parse(health.now))})`}
                </Text>
              </Stack>
            ))}
          </Stack>
        )}
      </Answered>
    </Section>
  );
}

const autonomyText = ({ mode, killSwitch }: HealthExtended): string =>
  killSwitch
    ? 'The kill switch is on: nothing is carried out'
    : mode === 'MANUAL'
      ? 'Every plan waits for a person (MANUAL)'
      : 'Plans that the policy grants run by themselves, the others wait for a person (AUTO)';

/** Series that have too little history are learning: visible, never notified. */
function WarmStart({ detectors }: { readonly detectors: Detectors }) {
  const sum = (of: (one: Detectors['items'][number]) => number) =>
    detectors.items.reduce((total, one) => total + of(one), 0);
  const all = sum(({ series }) => series);
  const ready = all - sum(({ learning }) => learning);
  const warm = warmStartOf(detectors);
  return (
    <div data-testid={testIds.setup.warmStart} data-state={warm?.state}>
      <Check
        good={warm?.state === 'done' || (warm === undefined && all > 0)}
        text={`Warm start ${warmText[warm?.state ?? ''] ?? 'is not known'}; ${ready} of ${all} series know their normal, the others are learning`}
      />
      <progress max={Math.max(1, all)} value={ready} aria-label="Series that know their normal" />
    </div>
  );
}
const warmText: Readonly<Record<string, string>> = {
  pending: 'has not begun, or is off',
  running: 'is replaying the past',
  done: 'is done',
};

const tokenText = ({ subject, role }: Me): string =>
  role === 'viewer'
    ? `Reads use the token "${subject}" of role viewer`
    : `Reads use the token "${subject}" of role ${role}: give the data source a token of role viewer for reading`;

function Check({ good, text }: { readonly good: boolean; readonly text: string }) {
  const styles = useStyles2(getStyles);
  return (
    <div data-testid={testIds.setup.check}>
      <Icon
        className={good ? styles.good : styles.look}
        name={good ? 'check-circle' : 'exclamation-triangle'}
        aria-label={good ? 'well' : 'look at this'}
      />{' '}
      {text}
    </div>
  );
}
const getStyles = (theme: GrafanaTheme2) => ({
  good: css({ color: theme.colors.success.text }),
  look: css({ color: theme.colors.warning.text }),
});

const queryColumns: ReadonlyArray<Column<WireQuery>> = [
  { id: 'state', title: 'State', cell: ({ state }) => <Badge color={colors[state] ?? 'red'} text={state} /> },
  { id: 'name', title: 'Query', cell: ({ name, query }) => <span title={query}>{name}</span> },
  {
    id: 'series',
    title: 'Series',
    cell: ({ series, dropped }) => `${series}${dropped > 0 ? ` (${dropped} dropped)` : ''}`,
  },
  {
    id: 'cost',
    title: 'Cost',
    cell: ({ seconds }) => (seconds < 0.001 ? 'under 1 ms' : `${Math.round(seconds * 1000)} ms`),
  },
  { id: 'message', title: 'Note', cell: ({ message }) => message },
];
const backtestColumn = ({ uid }: Instance): Column<WireQuery> => ({
  id: 'backtest',
  title: 'Last 7 days',
  cell: ({ name, query, state }) =>
    state === 'found' && (
      <TextLink
        href={`${pathTo('detectors', uid)}&${new URLSearchParams({ promql: query }).toString()}`}
        aria-label={`Backtest ${name}`}
      >
        Backtest
      </TextLink>
    ),
});

function foundText(items: readonly WireQuery[]): string {
  const count = (state: WireQuery['state']) => items.filter((one) => one.state === state).length;
  const absent =
    count('absent') === 0
      ? ''
      : ` ${count('absent')} ask about things that this platform does not have, which is no error.`;
  return `${count('found')} of ${items.length} find series.${absent}`;
}

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
                {foundText(items)}
              </Text>
              <DataTable
                label="Queries"
                rows={items}
                columns={[...queryColumns, backtestColumn(instance)]}
                keyOf={({ name }) => name}
              />
            </>
          )
        }
      </Answered>
    </Section>
  );
}

const may = (allowed: boolean) => <Badge color={allowed ? 'green' : 'darkgrey'} text={allowed ? 'yes' : 'no'} />;

/** What the person in front of the page may do; the proxy and KubeWise decide again at each request. */
function Rights() {
  const has = rights();
  const rows = [
    { about: 'Read everything, and explain a panel', role: 'Viewer', allowed: true },
    ...allRights.map(({ right, about }) => ({ about, role: roleFor(right), allowed: has(right) })),
  ];
  return (
    <Section title="Your rights in this Grafana" testId={testIds.setup.rights}>
      <DataTable
        label="Your rights"
        rows={rows}
        keyOf={({ about }) => about}
        columns={[
          { id: 'about', title: 'To', cell: ({ about }) => about },
          { id: 'role', title: 'From role', cell: ({ role }) => role },
          { id: 'allowed', title: 'You', cell: ({ allowed }) => may(allowed) },
        ]}
      />
      <Text element="p" variant="bodySmall" color="secondary">
        Whose approval counts for which namespaces is in the policy of KubeWise (approvers), whatever the role here.
      </Text>
    </Section>
  );
}

/** What one action needs. */
interface Needs {
  readonly action: string;
  readonly checks: readonly WirePermissionCheck[];
}
const byAction = (checks: readonly WirePermissionCheck[]): readonly Needs[] =>
  [...new Set(checks.map(({ action }) => action))].map((action) => ({
    action,
    checks: checks.filter((one) => one.action === action),
  }));
const permissionText = ({ verb, group, resource, subresource, namespace }: WirePermissionCheck): string =>
  `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group ? ` (${group})` : ''}${namespace ? ` in ${namespace}` : ''}`;
const missing = ({ checks }: Needs): readonly WirePermissionCheck[] => checks.filter(({ allowed }) => !allowed);
const permissionColumns: ReadonlyArray<Column<Needs>> = [
  { id: 'action', title: 'For', cell: ({ action }) => action },
  { id: 'needs', title: 'Needs', cell: ({ checks }) => checks.map(permissionText).join(', ') },
  {
    id: 'allowed',
    title: 'Granted',
    cell: (needs) =>
      missing(needs).length === 0 ? (
        <Badge color="green" text="yes" />
      ) : (
        <Badge color="orange" text={`not granted: ${missing(needs).map(permissionText).join(', ')}`} />
      ),
  },
];

function Permissions({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} permissions`, () => instance.api.permissions(), 120);
  return (
    <Section title="Permissions in the cluster">
      <Answered answer={answer} what="permissions" onRetry={refresh}>
        {({ items }) => (
          <DataTable
            label="Permissions"
            rows={byAction(items)}
            columns={permissionColumns}
            keyOf={({ action }) => action}
          />
        )}
      </Answered>
    </Section>
  );
}
