import React, { useState } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { Button, Combobox, Counter, Field, Input, RadioButtonGroup, Stack, Text, useStyles2 } from '@grafana/ui';
import { useSearchParams } from 'react-router-dom';
import { instances, useAnswer, type Instance } from '../api';
import { Answered, EmptyNotice, FailureNotice, testIds } from '../components';
import { IncidentTable } from './IncidentTable';
import { NotConnected } from './NotConnected';
import {
  grouped,
  list,
  sorted,
  viewOf,
  type Group,
  type Listed,
  type Show,
  type Sort,
  type View,
} from './incident-list';

const showOptions: Array<{ value: Show; label: string }> = [
  { value: 'open', label: 'Open' },
  { value: 'waiting', label: 'Plan waiting' },
  { value: 'closed', label: 'Closed' },
  { value: 'all', label: 'All' },
];
const severityOptions = ['critical', 'warning', 'info'].map((value) => ({ value, label: value }));
const sortOptions: Array<{ value: Sort; label: string }> = [
  { value: 'newest', label: 'Newest first' },
  { value: 'severity', label: 'Severity' },
  { value: 'workload', label: 'Workload' },
];
const groupOptions: Array<{ value: Group; label: string }> = [
  { value: 'none', label: 'Not grouped' },
  { value: 'namespace', label: 'Namespace' },
  { value: 'severity', label: 'Severity' },
  { value: 'phase', label: 'Phase' },
  { value: 'cause', label: 'Cause' },
];
/** How many rows come at first, and with each "Show more": one page of the API, and drawn within half a second. */
const pace = 100;

/** What is wrong, over every KubeWise of this Grafana. */
export function IncidentsPage() {
  const styles = useStyles2(getStyles);
  const [search, setSearch] = useSearchParams();
  const all = instances();
  const picked = search.get('ds');
  const chosen = picked ? all.filter(({ uid }) => uid === picked) : all;
  const change = (name: string, value: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value) {
          next.set(name, value);
        } else {
          next.delete(name);
        }
        return next;
      },
      { replace: true }
    );
  return (
    <PluginPage>
      <div data-testid={testIds.incidents.page} className={styles.page}>
        {chosen.length === 0 ? (
          <NotConnected />
        ) : (
          <>
            <Controls view={viewOf(search)} all={all} picked={picked} change={change} />
            <Narrowed view={viewOf(search)} change={change} />
            <List chosen={chosen} view={viewOf(search)} showInstance={all.length > 1} />
          </>
        )}
      </div>
    </PluginPage>
  );
}

interface ControlsProps {
  readonly view: View;
  readonly all: readonly Instance[];
  readonly picked: string | null;
  readonly change: (name: string, value: string) => void;
}

function Controls({ view, all, picked, change }: ControlsProps) {
  return (
    <Stack gap={2} wrap="wrap" alignItems="flex-end">
      <RadioButtonGroup
        aria-label="Which incidents"
        options={showOptions}
        value={view.show}
        onChange={(value) => change('show', value)}
      />
      <Field label="Search" htmlFor="kubewise-search" noMargin>
        <Input
          // Begins anew where the address says other words than those that were typed.
          key={view.q}
          id="kubewise-search"
          data-testid={testIds.incidents.search}
          width={28}
          placeholder="workload, title, cause"
          defaultValue={view.q}
          onKeyDown={(event) => event.key === 'Enter' && change('q', event.currentTarget.value)}
          onBlur={(event) => change('q', event.currentTarget.value)}
        />
      </Field>
      <Field label="Severity" htmlFor="kubewise-severity" noMargin>
        <Combobox
          id="kubewise-severity"
          width={16}
          isClearable
          placeholder="all"
          options={severityOptions}
          value={view.severity || null}
          onChange={(option) => change('severity', option?.value ?? '')}
        />
      </Field>
      <Field label="Sort" htmlFor="kubewise-sort" noMargin>
        <Combobox
          id="kubewise-sort"
          width={18}
          options={sortOptions}
          value={view.sort}
          onChange={({ value }) => change('sort', value)}
        />
      </Field>
      <Field label="Group" htmlFor="kubewise-group" noMargin>
        <Combobox
          id="kubewise-group"
          data-testid={testIds.incidents.group}
          width={18}
          options={groupOptions}
          value={view.group}
          onChange={({ value }) => change('group', value)}
        />
      </Field>
      {all.length > 1 && (
        <Field label="KubeWise" htmlFor="kubewise-picker" noMargin>
          <Combobox
            id="kubewise-picker"
            data-testid={testIds.app.picker}
            width={24}
            isClearable
            placeholder="all"
            options={all.map(({ uid, name }) => ({ value: uid, label: name }))}
            value={picked}
            onChange={(option) => change('ds', option?.value ?? '')}
          />
        </Field>
      )}
    </Stack>
  );
}

/** What a link from elsewhere (an alert, a badge) narrowed the list to: seen, and taken away with a click. */
function Narrowed({ view, change }: Pick<ControlsProps, 'view' | 'change'>) {
  const filters = narrowing.filter((name) => view[name] !== '');
  return (
    filters.length > 0 && (
      <Stack gap={1} wrap="wrap" alignItems="center">
        <Text color="secondary">Only</Text>
        {filters.map((name) => (
          <Button
            key={name}
            size="sm"
            variant="secondary"
            icon="times"
            iconPlacement="right"
            data-testid={testIds.incidents.filter}
            aria-label={`Do not filter by ${filterNames[name]} ${view[name]}`}
            onClick={() => change(name, '')}
          >
            {`${filterNames[name]} ${view[name]}`}
          </Button>
        ))}
      </Stack>
    )
  );
}
const narrowing = ['namespace', 'name'] as const;
const filterNames = { namespace: 'namespace', name: 'workload' } as const;

interface ListProps {
  readonly chosen: readonly Instance[];
  readonly view: View;
  readonly showInstance: boolean;
}

function List({ chosen, view, showInstance }: ListProps) {
  const [limit, setLimit] = useState(pace);
  const key = JSON.stringify([chosen.map(({ uid }) => uid), { ...view, group: '' }]);
  const { answer, refresh } = useAnswer(key, () => list(chosen, view, limit), 10);
  const more = () => {
    setLimit((before) => before + pace);
    refresh();
  };
  return (
    <Answered answer={answer} what="incidents" onRetry={refresh}>
      {(listed) => (
        <>
          {listed.failures.map(({ instance, failure }) => (
            <FailureNotice
              key={instance.uid}
              failure={{ ...failure, message: `${instance.name}: ${failure.message}` }}
              onRetry={refresh}
            />
          ))}
          <Groups listed={listed} view={view} showInstance={showInstance} />
          {listed.more && (
            <Stack gap={1} wrap="wrap" alignItems="center">
              <Text color="secondary">These are the first {listed.rows.length} in this order; groups are of them.</Text>
              <Button variant="secondary" data-testid={testIds.incidents.more} onClick={more}>
                Show more
              </Button>
            </Stack>
          )}
        </>
      )}
    </Answered>
  );
}

function Groups({ listed, view, showInstance }: { listed: Listed; view: View; showInstance: boolean }) {
  if (listed.rows.length === 0) {
    return listed.failures.length > 0 ? null : <Nothing view={view} />;
  }
  const rows = sorted(listed.rows, view.sort);
  return grouped(rows, view.group).map(([name, members]) => (
    <section key={name} aria-label={name || 'Incidents'}>
      {name && (
        <Text element="h2" variant="h5">
          {name} <Counter value={members.length} />
        </Text>
      )}
      <IncidentTable rows={members} showInstance={showInstance} />
    </section>
  ));
}

function Nothing({ view }: { readonly view: View }) {
  const narrowed = view.q || view.severity || view.namespace || view.name;
  if (narrowed) {
    return (
      <EmptyNotice large message="No incident matches these filters">
        {view.show === 'all' ? undefined : 'Choose All to search past ones too.'}
      </EmptyNotice>
    );
  }
  return view.show === 'open' ? (
    <EmptyNotice large message="Nothing is wrong">
      No open incident. Choose All to see past ones.
    </EmptyNotice>
  ) : (
    <EmptyNotice large message={view.show === 'waiting' ? 'No plan waits for a decision' : 'No incidents yet'} />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0 }),
});
