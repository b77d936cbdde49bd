import React from 'react';
import { Alert } from '@grafana/ui';

interface SaidProps {
  readonly said: { readonly failed: boolean; readonly text: string } | undefined;
  readonly onDismiss: () => void;
}

/** How the last write went, until the person has read it. */
export function SaidNotice({ said, onDismiss }: SaidProps) {
  return (
    <div role="status">
      {said && (
        <Alert
          severity={said.failed ? 'error' : 'success'}
          title={said.failed ? 'Not done' : 'Done'}
          topSpacing={1}
          onRemove={onDismiss}
        >
          {said.text}
        </Alert>
      )}
    </div>
  );
}
