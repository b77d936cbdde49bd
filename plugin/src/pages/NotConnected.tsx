import React from 'react';
import { LinkButton } from '@grafana/ui';
import { FailureNotice } from '../components';
import { pathTo } from './places';

/** Shown where this Grafana has no KubeWise data source that the user may see. */
export function NotConnected() {
  return (
    <>
      <FailureNotice
        failure={{
          kind: 'NotConfigured',
          message:
            'This Grafana has no KubeWise data source that you may see. An administrator adds one, with the address and the tokens of KubeWise.',
        }}
      />
      <LinkButton href="/connections/datasources/kubewise-datasource" icon="plus" variant="secondary">
        Add a KubeWise data source
      </LinkButton>{' '}
      <LinkButton href={pathTo('setup', undefined)} variant="secondary" fill="text">
        What is needed
      </LinkButton>
    </>
  );
}
