import React, { useState } from 'react';
import { Alert, Button, Collapse, Field, Input, Stack, Text } from '@grafana/ui';
import type { WirePlan } from '@kubewise/backend/contract';
import { propose, rights, roleFor, type Decided, type Instance } from '../api';
import { testIds } from '../components';

interface EditPlanProps {
  readonly instance: Instance;
  readonly plan: WirePlan;
  readonly onProposed: () => void;
}

/**
 * Part of a plan, or a step with other parameters. Neither is approved here: what is sent becomes a plan of one step, which
 * is judged, dry-run and shown with a digest of its own before anybody approves it.
 */
export function EditPlan({ instance, plan, onProposed }: EditPlanProps) {
  const [open, setOpen] = useState(false);
  const [decided, setDecided] = useState<Decided>();
  const [busy, setBusy] = useState(false);
  const send = async (command: string) => {
    setBusy(true);
    const answer = await propose(instance.api, plan.incidentId, command);
    setDecided(answer);
    setBusy(false);
    if (answer.kind === 'Done') {
      onProposed();
    }
  };
  const may = rights()('plans:approve');
  return (
    <Collapse label="Change it, or take only one step" isOpen={open} onToggle={() => setOpen(!open)}>
      <Stack direction="column" gap={1} data-testid={testIds.plan.edit}>
        <Text element="p" color="secondary">
          What you propose replaces this plan and gets a dry run of its own. You approve it afterwards.
          {!may && ` It needs the role ${roleFor('plans:approve')} in this Grafana.`}
        </Text>
        {plan.steps.map((step) => (
          <EditStep
            key={`${plan.digest} ${step.id}`}
            step={step}
            disabled={!may || busy}
            onPropose={(text) => void send(text)}
          />
        ))}
        {decided && (
          <Alert
            severity={decided.kind === 'Done' ? 'success' : 'error'}
            title={decided.kind === 'Done' ? 'Proposed' : 'Not proposed'}
          >
            {decided.message}
          </Alert>
        )}
      </Stack>
    </Collapse>
  );
}

interface EditStepProps {
  readonly step: WirePlan['steps'][number];
  readonly disabled: boolean;
  readonly onPropose: (command: string) => void;
}

function EditStep({ step, disabled, onPropose }: EditStepProps) {
  const [command, setCommand] = useState(step.command);
  const id = `kubewise-step-${step.id}`;
  return (
    <Stack gap={1} wrap="wrap" alignItems="flex-end">
      <Field label={step.sentence} htmlFor={id} noMargin>
        <Input
          id={id}
          width={70}
          maxLength={2000}
          value={command}
          disabled={disabled}
          onChange={(event) => setCommand(event.currentTarget.value)}
        />
      </Field>
      <Button
        variant="secondary"
        disabled={disabled || command.trim() === ''}
        data-testid={testIds.plan.propose}
        onClick={() => onPropose(command.trim())}
      >
        {command.trim() === step.command ? 'Propose only this step' : 'Propose the changed step'}
      </Button>
    </Stack>
  );
}
