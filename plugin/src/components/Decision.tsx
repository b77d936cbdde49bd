import React, { useState } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, ConfirmModal, Field, Modal, Stack, TextArea, Tooltip, useStyles2 } from '@grafana/ui';
import type { WirePlan } from '@kubewise/backend/contract';
import { testIds } from './testIds';

/** How a decision went: taken by a verified person, the plan had changed, or why not. */
export type Decided =
  | { readonly kind: 'Done'; readonly message: string }
  | { readonly kind: 'Changed'; readonly message: string }
  | { readonly kind: 'Failed'; readonly message: string };

interface DecisionProps {
  readonly plan: WirePlan;
  readonly mayDecide: boolean;
  /** Why the buttons are off, for the one who may not. */
  readonly whyNot: string;
  readonly onApprove: () => Promise<Decided>;
  readonly onReject: (reason: string) => Promise<Decided>;
  /** Shows the plan as it is now. Called only when the person asked for it: nothing moves under an open dialog. */
  readonly onLookAgain: () => void;
}

type Dialog = 'None' | 'Approve' | 'Reject';

/** Approve and reject. What is sent is the digest of the plan on the screen. */
export function Decision({ plan, mayDecide, whyNot, onApprove, onReject, onLookAgain }: DecisionProps) {
  const styles = useStyles2(getStyles);
  const [dialog, setDialog] = useState<Dialog>('None');
  const [busy, setBusy] = useState(false);
  const [decided, setDecided] = useState<Decided>();
  const take = async (decision: () => Promise<Decided>) => {
    setBusy(true);
    setDialog('None');
    setDecided(await decision());
    setBusy(false);
  };
  if (decided && decided.kind !== 'Failed') {
    return (
      <AfterDecision
        decided={decided}
        onLookAgain={() => {
          setDecided(undefined);
          onLookAgain();
        }}
      />
    );
  }
  return (
    <div className={styles.decision}>
      {decided && <Alert severity="error" title="Not done" topSpacing={1}>{`${decided.message}`}</Alert>}
      <Stack gap={1} wrap="wrap">
        <Guarded off={!mayDecide} why={whyNot}>
          <Button
            icon="check"
            disabled={!mayDecide || busy}
            data-testid={testIds.plan.approve}
            onClick={() => setDialog('Approve')}
          >
            Approve
          </Button>
        </Guarded>
        <Guarded off={!mayDecide} why={whyNot}>
          <Button
            icon="times"
            variant="secondary"
            disabled={!mayDecide || busy}
            data-testid={testIds.plan.reject}
            onClick={() => setDialog('Reject')}
          >
            Reject
          </Button>
        </Guarded>
      </Stack>
      <ConfirmModal
        isOpen={dialog === 'Approve'}
        title="Approve this plan?"
        body={<Summary plan={plan} />}
        confirmText="Approve and run"
        confirmVariant="primary"
        onConfirm={() => void take(onApprove)}
        onDismiss={() => setDialog('None')}
      />
      <RejectDialog
        open={dialog === 'Reject'}
        onReject={(reason) => void take(() => onReject(reason))}
        onDismiss={() => setDialog('None')}
      />
    </div>
  );
}

function Guarded({ off, why, children }: { off: boolean; why: string; children: React.ReactElement }) {
  return off ? (
    <Tooltip content={why}>
      <span>{children}</span>
    </Tooltip>
  ) : (
    children
  );
}

function Summary({ plan }: { readonly plan: WirePlan }) {
  return (
    <div>
      <ul>
        {plan.steps.map((step) => (
          <li key={step.id}>{step.sentence}</li>
        ))}
      </ul>
      <p>
        Exactly this is approved: plan digest <code>{plan.digest.slice(0, 12)}</code>. If anything relevant changes
        before it runs, KubeWise does not run it and asks again.
      </p>
    </div>
  );
}

interface RejectDialogProps {
  readonly open: boolean;
  readonly onReject: (reason: string) => void;
  readonly onDismiss: () => void;
}

function RejectDialog({ open, onReject, onDismiss }: RejectDialogProps) {
  const [reason, setReason] = useState('');
  return (
    <Modal title="Reject this plan" isOpen={open} onDismiss={onDismiss}>
      <Field
        label="Why? KubeWise keeps it with the incident and learns from it."
        htmlFor="kubewise-reject-reason"
        noMargin
      >
        <TextArea
          id="kubewise-reject-reason"
          rows={3}
          maxLength={1000}
          value={reason}
          data-testid={testIds.plan.reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </Field>
      <Modal.ButtonRow>
        <Button variant="secondary" onClick={onDismiss}>
          Cancel
        </Button>
        <Button
          variant="destructive"
          disabled={reason.trim() === ''}
          data-testid={testIds.plan.confirmReject}
          onClick={() => onReject(reason.trim())}
        >
          Reject
        </Button>
      </Modal.ButtonRow>
    </Modal>
  );
}

function AfterDecision({ decided, onLookAgain }: { readonly decided: Decided; readonly onLookAgain: () => void }) {
  const changed = decided.kind === 'Changed';
  return (
    <div data-testid={changed ? testIds.plan.changed : testIds.plan.decided} role="status">
      <Alert
        severity={changed ? 'warning' : 'success'}
        title={changed ? 'The plan changed, look again' : 'Decided'}
        topSpacing={1}
      >
        <p>{decided.message}</p>
        <Button size="sm" variant="secondary" icon={changed ? 'eye' : 'sync'} onClick={onLookAgain}>
          {changed ? 'Show the plan as it is now' : 'Show what happens'}
        </Button>
      </Alert>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({ decision: css({ marginTop: theme.spacing(2) }) });
