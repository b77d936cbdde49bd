import React, { useState } from 'react';
import { Alert, Button } from '@grafana/ui';
import type { WirePlan } from '@kubewise/backend/contract';
import { Decision, type Decided } from './Decision';
import { PlanView } from './PlanView';
import { testIds } from './testIds';

interface PlanReviewProps {
  readonly plan: WirePlan;
  readonly waiting: boolean;
  /** How far KubeWise's clock is ahead of the browser's (ms). */
  readonly skew?: number;
  readonly mayDecide: boolean;
  readonly whyNot: string;
  /** A page that must not act at all (kiosk, snapshot): the plan without its buttons. */
  readonly readOnly?: boolean;
  readonly onApprove: (plan: WirePlan) => Promise<Decided>;
  readonly onReject: (plan: WirePlan, reason: string) => Promise<Decided>;
  readonly onRefresh: () => void;
  /** Digest of the plan that this person has just proposed: it takes the place of the one on the screen by itself. */
  readonly own?: string;
}

/**
 * A plan and the decision about it. What is shown stays as it is while it is read: a refresh that brings another plan shows
 * a notice, and the person chooses when to look at it.
 */
export function PlanReview(props: PlanReviewProps) {
  const { plan, waiting, readOnly = false, onRefresh } = props;
  const [shown, setShown] = useState({ plan, waiting });
  if (plan.digest === props.own && shown.plan.digest !== plan.digest) {
    setShown({ plan, waiting });
  }
  const changed = shown.plan.digest !== plan.digest || shown.waiting !== waiting;
  const lookAgain = () => {
    setShown({ plan, waiting });
    onRefresh();
  };
  return (
    <div>
      {changed && <ChangedNotice waiting={waiting} onLook={lookAgain} />}
      <PlanView plan={shown.plan} waiting={shown.waiting} skew={props.skew} />
      {shown.waiting && !readOnly && (
        <Decision
          key={shown.plan.digest}
          plan={shown.plan}
          mayDecide={props.mayDecide}
          whyNot={props.whyNot}
          onApprove={() => props.onApprove(shown.plan)}
          onReject={(reason) => props.onReject(shown.plan, reason)}
          onLookAgain={lookAgain}
        />
      )}
    </div>
  );
}

function ChangedNotice({ waiting, onLook }: { readonly waiting: boolean; readonly onLook: () => void }) {
  return (
    <div data-testid={testIds.plan.changed} role="status">
      <Alert
        severity="warning"
        title={waiting ? 'The plan changed, look again' : 'This plan no longer waits'}
        topSpacing={1}
      >
        <Button size="sm" variant="secondary" icon="eye" onClick={onLook}>
          Show it as it is now
        </Button>
      </Alert>
    </div>
  );
}
