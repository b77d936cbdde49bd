import React, { type ReactNode } from 'react';
import { Alert, Button, EmptyState, LoadingPlaceholder } from '@grafana/ui';
import { sentence } from './format';
import { testIds } from './testIds';

export interface Failed {
  readonly kind: string;
  readonly message: string;
}

const titles: Readonly<Record<string, string>> = {
  Permission: 'You may not see this',
  Unreachable: 'KubeWise does not answer',
  NotAvailable: 'Not available',
  NotFound: 'Not found',
  Stale: 'It has changed',
  Refused: 'KubeWise refused',
  Invalid: 'The request was not understood',
  NotConfigured: 'KubeWise is not connected',
};
const hints: Readonly<Record<string, string>> = {
  Permission: 'Ask an administrator of this Grafana organisation for the role, or check the tokens of the data source.',
  Unreachable:
    'Nothing is shown because nothing is known. Check that KubeWise runs and that the data source has its address.',
  NotAvailable: 'The KubeWise behind this data source does not offer this yet. Nothing is wrong with your setup.',
};
const quiet = ['Permission', 'NotAvailable', 'NotFound'];

interface FailureProps {
  readonly failure: Failed;
  readonly onRetry?: () => void;
}

/** Why there is nothing to see, and what to do about it. */
export function FailureNotice({ failure, onRetry }: FailureProps) {
  return (
    <div data-testid={testIds.state.failure} data-kind={failure.kind}>
      <Alert
        severity={quiet.includes(failure.kind) ? 'info' : 'error'}
        title={titles[failure.kind] ?? 'Something went wrong'}
        topSpacing={1}
        bottomSpacing={0}
      >
        <p>{sentence(failure.message)}</p>
        {hints[failure.kind] && <p>{hints[failure.kind]}</p>}
        {onRetry && (
          <Button size="sm" variant="secondary" icon="sync" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Alert>
    </div>
  );
}

/** What is shown is from before: the last refresh failed. */
export function StaleNotice({ failure, onRetry }: FailureProps) {
  return (
    <div data-testid={testIds.state.stale} role="status">
      <Alert severity="warning" title="This is from before" topSpacing={1} buttonContent="Try again" onRemove={onRetry}>
        {failure.message}
      </Alert>
    </div>
  );
}

export function LoadingNotice({ what }: { readonly what: string }) {
  return (
    <div data-testid={testIds.state.loading} role="status">
      <LoadingPlaceholder text={`Loading ${what}…`} />
    </div>
  );
}

interface EmptyProps {
  readonly message: string;
  /** With Grafana's picture, where nothing else is on the page. */
  readonly large?: boolean;
  readonly children?: ReactNode;
}

export function EmptyNotice({ message, large = false, children }: EmptyProps) {
  return (
    <div data-testid={testIds.state.empty}>
      <EmptyState variant="completed" message={message} hideImage={!large}>
        {children}
      </EmptyState>
    </div>
  );
}

type AnswerLike<T> =
  | { readonly state: 'Loading' }
  | { readonly state: 'Failed'; readonly failure: Failed }
  | { readonly state: 'Ready'; readonly value: T; readonly failure?: Failed };

interface AnsweredProps<T> {
  readonly answer: AnswerLike<T>;
  readonly what: string;
  readonly onRetry?: () => void;
  readonly children: (value: T) => ReactNode;
}

/** Chooses between loading, failed, old and ready, the same way everywhere. */
export function Answered<T>({ answer, what, onRetry, children }: AnsweredProps<T>) {
  switch (answer.state) {
    case 'Loading':
      return <LoadingNotice what={what} />;
    case 'Failed':
      return <FailureNotice failure={answer.failure} onRetry={onRetry} />;
    case 'Ready':
      return (
        <>
          {answer.failure && <StaleNotice failure={answer.failure} onRetry={onRetry} />}
          {children(answer.value)}
        </>
      );
  }
}
