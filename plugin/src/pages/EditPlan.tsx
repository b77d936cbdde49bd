import React, { useState } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Checkbox, Collapse, Field, Input, Stack, Text, useStyles2 } from '@grafana/ui';
import type { WirePlan } from '@kubewise/backend/contract';
import { revise, rights, roleFor, type Decided, type Instance } from '../api';
import { testIds } from '../components';

interface EditPlanProps {
  readonly instance: Instance;
  readonly plan: WirePlan;
  /** With the digest of the plan that there is now. */
  readonly onProposed: (digest: string | undefined) => void;
}
/** By step id: the command that is to stay, undefined = the step goes. */
type Edited = Readonly<Record<string, string | undefined>>;
const asItIs = ({ steps }: WirePlan): Edited => Object.fromEntries(steps.map(({ id, command }) => [id, command]));

/**
 * Some steps of a plan only, or steps with other parameters. Neither is approved here: what stays becomes a plan of its own,
 * which is judged, dry-run and shown with a digest of its own before anybody approves it.
 */
export function EditPlan({ instance, plan, onProposed }: EditPlanProps) {
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState(false);
  // Stays while the steps begin anew with the plan that was proposed.
  const [decided, setDecided] = useState<Decided>();
  return (
    <div className={styles.edit}>
      <Collapse label="Change it, or take only part of it" isOpen={open} onToggle={() => setOpen(!open)}>
        <Steps
          key={plan.digest}
          instance={instance}
          plan={plan}
          onDecided={(answer) => {
            setDecided(answer);
            if (answer.kind === 'Done') {
              onProposed(answer.plan);
            }
          }}
        />
        {decided && <Said decided={decided} />}
      </Collapse>
    </div>
  );
}

interface StepsProps extends Omit<EditPlanProps, 'onProposed'> {
  readonly onDecided: (answer: Decided) => void;
}

function Steps({ instance, plan, onDecided }: StepsProps) {
  const [edited, setEdited] = useState(() => asItIs(plan));
  const [busy, setBusy] = useState(false);
  const may = rights()('plans:approve');
  const kept = plan.steps.filter(({ id }) => edited[id] !== undefined);
  const isChanged = plan.steps.some(({ id, command }) => edited[id]?.trim() !== command);
  const isWhole = kept.length > 0 && kept.every(({ id }) => edited[id]?.trim());
  const send = async () => {
    setBusy(true);
    const answer = await revise(instance.api, plan, keptSteps(plan, edited));
    setBusy(false);
    onDecided(answer);
  };
  return (
    <Stack direction="column" gap={1} data-testid={testIds.plan.edit}>
      <Text element="p" color="secondary">
        What you propose replaces this plan and gets a dry run of its own. You approve it afterwards.
        {!may && ` It needs the role ${roleFor('plans:approve')} in this Grafana.`}
      </Text>
      {plan.steps.map((step) => (
        <EditStep
          key={step.id}
          step={step}
          command={edited[step.id]}
          disabled={!may || busy}
          onChange={(command) => setEdited({ ...edited, [step.id]: command })}
        />
      ))}
      <div>
        <Button
          variant="secondary"
          disabled={!may || busy || !isChanged || !isWhole}
          data-testid={testIds.plan.propose}
          onClick={() => void send()}
        >
          {kept.length === plan.steps.length
            ? 'Propose the changed plan'
            : `Propose ${kept.length} of ${plan.steps.length} steps`}
        </Button>
      </div>
    </Stack>
  );
}

const titles: Readonly<Record<Decided['kind'], string>> = {
  Done: 'Proposed',
  Changed: 'The plan changed, look again',
  Failed: 'Not proposed',
};
const severities = { Done: 'success', Changed: 'warning', Failed: 'error' } as const;

function Said({ decided: { kind, message } }: { readonly decided: Decided }) {
  return (
    <div role="status">
      <Alert severity={severities[kind]} title={titles[kind]} topSpacing={1}>
        {message}
      </Alert>
    </div>
  );
}

/** The steps that stay, each with its command only where that was changed. */
const keptSteps = ({ steps }: WirePlan, edited: Edited) =>
  steps.flatMap(({ id, command }) => {
    const wanted = edited[id]?.trim();
    return wanted === undefined ? [] : [wanted === command ? { id } : { id, command: wanted }];
  });

interface EditStepProps {
  readonly step: WirePlan['steps'][number];
  readonly command: string | undefined;
  readonly disabled: boolean;
  readonly onChange: (command: string | undefined) => void;
}

function EditStep({ step, command, disabled, onChange }: EditStepProps) {
  const id = `kubewise-step-${step.id}`;
  return (
    <div>
      <Checkbox
        label={step.sentence}
        value={command !== undefined}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked ? step.command : undefined)}
      />
      {command !== undefined && (
        <Field label="Command" htmlFor={id} noMargin>
          <Input
            id={id}
            maxLength={2000}
            value={command}
            disabled={disabled}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        </Field>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({ edit: css({ marginTop: theme.spacing(2) }) });
