import React, { useState } from 'react';
import { Alert, Badge, Button, ConfirmModal, RadioButtonGroup, Stack, Text } from '@grafana/ui';
import type { ActionRow, WirePermission } from '@kubewise/backend/contract';
import { rights, roleFor, useAnswer, useWrite, type Instance } from '../api';
import {
  Answered,
  DataTable,
  EmptyNotice,
  RiskBadge,
  SaidNotice,
  Section,
  testIds,
  words,
  type Column,
} from '../components';
import { Frame } from './Frame';

/** What KubeWise can do, how it went so far, and how far it may go alone. */
export function ActionsPage() {
  return (
    <Frame testId={testIds.actions.page}>
      {(instance) => (
        <React.Fragment key={instance.uid}>
          <Autonomy instance={instance} />
          <Catalogue instance={instance} />
        </React.Fragment>
      )}
    </Frame>
  );
}

interface State {
  readonly mode: 'MANUAL' | 'AUTO';
  readonly stopped: boolean;
}
const read = async ({ api }: Instance): Promise<State> => {
  const [{ mode }, { on }] = await Promise.all([api.mode(), api.killSwitch()]);
  return { mode, stopped: on };
};

function Autonomy({ instance }: { readonly instance: Instance }) {
  const asked = useAnswer(`${instance.uid} mode`, () => read(instance), 15);
  // Apart: a change of mode that is on its way never keeps anybody from stopping everything.
  const mode = useChange(asked.refresh);
  const kill = useChange(asked.refresh);
  return (
    <Section title="Mode and kill switch">
      {[mode, kill].map(({ said, dismiss }, index) => (
        <SaidNotice key={index} said={said} titles={['Changed', 'Not changed']} onDismiss={dismiss} />
      ))}
      <Answered answer={asked.answer} what="the mode" onRetry={asked.refresh}>
        {(state) => (
          <Stack direction="column" gap={2}>
            <ModeSwitch state={state} instance={instance} change={mode.change} />
            <KillSwitch state={state} instance={instance} change={kill.change} />
          </Stack>
        )}
      </Answered>
    </Section>
  );
}

/** One change at a time; what came of it is asked afterwards. */
function useChange(refresh: () => void) {
  const { said, run, dismiss } = useWrite();
  const change = (write: () => Promise<unknown>) =>
    void run(async () => {
      await write();
      refresh();
      return '';
    });
  return { said, dismiss, change };
}

interface SwitchProps {
  readonly state: State;
  readonly instance: Instance;
  readonly change: (write: () => Promise<unknown>) => void;
}
type Mode = State['mode'];
const modes: Array<{ value: Mode; label: string; description: string }> = [
  { value: 'MANUAL', label: 'MANUAL', description: 'Every plan waits for a person' },
  { value: 'AUTO', label: 'AUTO', description: 'Plans run alone where the policy grants it' },
];

function ModeSwitch({ state, instance, change }: SwitchProps) {
  const may = rights()('mode:write');
  const [asked, setAsked] = useState(false);
  const choose = (mode: Mode) => (mode === 'AUTO' ? setAsked(true) : change(() => instance.api.setMode('MANUAL')));
  return (
    <div data-testid={testIds.actions.mode} data-mode={state.mode}>
      <RadioButtonGroup aria-label="Mode" options={modes} value={state.mode} disabled={!may} onChange={choose} />
      <Text element="p" variant="bodySmall" color="secondary">
        {state.mode === 'MANUAL'
          ? 'Every plan waits for a person.'
          : 'Plans run without asking, but only where the policy says Auto: low risk and reversible unless it says otherwise.'}
        {!may && ` Changing it needs the role ${roleFor('mode:write')}.`}
      </Text>
      <ConfirmModal
        isOpen={asked}
        title="Let KubeWise act alone?"
        body="It will carry out plans without asking wherever the policy says Auto. This is recorded in the audit trail."
        confirmText="Switch to AUTO"
        confirmVariant="primary"
        onConfirm={() => {
          setAsked(false);
          change(() => instance.api.setMode('AUTO'));
        }}
        onDismiss={() => setAsked(false)}
      />
    </div>
  );
}

function KillSwitch({ state, instance, change }: SwitchProps) {
  const may = rights();
  return (
    <div data-testid={testIds.actions.kill} data-on={String(state.stopped)}>
      {state.stopped ? (
        <Alert severity="error" title="Everything is stopped">
          <p>No remediation runs, and none starts by itself again.</p>
          <Button
            variant="primary"
            icon="play"
            disabled={!may('mode:write')}
            tooltip={may('mode:write') ? undefined : `Starting again needs the role ${roleFor('mode:write')}`}
            onClick={() => change(() => instance.api.release())}
          >
            Allow remediations again
          </Button>
        </Alert>
      ) : (
        <Button
          variant="destructive"
          icon="times-circle"
          disabled={!may('killswitch:write')}
          tooltip={may('killswitch:write') ? undefined : `Stopping needs the role ${roleFor('killswitch:write')}`}
          onClick={() => change(() => instance.api.stop())}
        >
          Stop all remediations
        </Button>
      )}
    </div>
  );
}

const permissionText = ({ verb, resource, subresource }: WirePermission): string =>
  `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
const columns: ReadonlyArray<Column<ActionRow>> = [
  {
    id: 'name',
    title: 'Action',
    cell: (action) => (
      <>
        <strong>{action.name}</strong>
        <div>{action.summary}</div>
        <code>{action.usage}</code>
      </>
    ),
  },
  { id: 'kinds', title: 'For', cell: ({ kinds }) => kinds.join(', ') },
  {
    id: 'risk',
    title: 'Risk',
    cell: ({ risk, reversible }) => (
      <Stack gap={0.5} wrap="wrap">
        <RiskBadge risk={risk} />
        {!reversible && <Badge color="red" text="cannot be undone" />}
      </Stack>
    ),
  },
  {
    id: 'permissions',
    title: 'Needs',
    cell: ({ permissions }) =>
      permissions.map((one) => (
        <div key={permissionText(one)}>
          {permissionText(one)} {one.allowed ? '' : <Badge color="orange" text="not granted" />}
        </div>
      )),
  },
  {
    id: 'outcomes',
    title: 'Outcomes so far',
    oneLine: true,
    cell: ({ outcomes }) =>
      Object.keys(outcomes).length === 0 ? (
        <Text color="secondary">none yet</Text>
      ) : (
        Object.entries(outcomes).map(([verdict, count]) => (
          <div key={verdict}>
            {words(verdict)}: {count}
          </div>
        ))
      ),
  },
];

function Catalogue({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} actions`, () => instance.api.actions(), 60);
  return (
    <Section title="Actions">
      <Answered answer={answer} what="actions" onRetry={refresh}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyNotice message="No action is enabled" />
          ) : (
            <DataTable label="Actions" rows={items} columns={columns} keyOf={({ name }) => name} />
          )
        }
      </Answered>
    </Section>
  );
}
