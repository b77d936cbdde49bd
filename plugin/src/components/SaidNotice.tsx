import React from 'react';
import { Alert } from '@grafana/ui';

interface SaidProps {
  readonly said: { readonly failed: boolean; readonly text: string } | undefined;
  /** The title of what went well, and of what did not. */
  readonly titles?: readonly [string, string];
  readonly onDismiss?: () => void;
}

/** How the last thing that a person asked for went, until the person has read it. */
export function SaidNotice({ said, titles: [done, notDone] = ['Done', 'Not done'], onDismiss }: SaidProps) {
  return (
    <div role="status">
      {said && (
        <Alert
          severity={said.failed ? 'error' : 'success'}
          title={said.failed ? notDone : done}
          topSpacing={1}
          bottomSpacing={0}
          onRemove={onDismiss}
        >
          {said.text}
        </Alert>
      )}
    </div>
  );
}
