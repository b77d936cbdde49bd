import React from 'react';
import { Badge, TextLink } from '@grafana/ui';
import type { IncidentRow, Page } from '@kubewise/backend/contract';
import { instanceBy, instances, useAnswer } from '../api';
import { testIds } from '../components/testIds';
import type { IncidentBadgeProps } from './badge-props';

const none = { count: 0, more: false };
const countOf = ({ items, next }: Page<IncidentRow>) => ({ count: items.length, more: next !== undefined });

/** How many incidents are open, linked to them. Shows nothing where KubeWise cannot be asked: it is a guest on other pages. */
export function IncidentBadge({ namespace, workload, datasourceUid }: IncidentBadgeProps) {
  const instance = datasourceUid ? instanceBy(datasourceUid) : instances()[0];
  const { answer } = useAnswer(
    `${instance?.uid} ${namespace} ${workload ?? ''}`,
    async () =>
      instance ? countOf(await instance.api.incidents({ open: true, namespace, name: workload, limit: 50 })) : none,
    60
  );
  if (!instance || answer.state !== 'Ready') {
    return null;
  }
  const { count, more } = answer.value;
  const search = new URLSearchParams({ namespace, ...(workload && { name: workload }), ds: instance.uid });
  return (
    <span data-testid={testIds.badge.root}>
      <TextLink inline href={`/a/kubewise-app/incidents?${search.toString()}`}>
        <Badge
          color={count > 0 ? 'red' : 'green'}
          icon={count > 0 ? 'exclamation-circle' : 'check'}
          text={
            more
              ? `${count}+ incidents`
              : count === 0
                ? 'No incident'
                : count === 1
                  ? '1 incident'
                  : `${count} incidents`
          }
        />
      </TextLink>
    </span>
  );
}
