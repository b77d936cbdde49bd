import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2, PanelProps } from '@grafana/data';
import { ScrollContainer, TextLink, useStyles2 } from '@grafana/ui';
import type { PendingPlan } from '@kubewise/backend/contract';
import { approve, reject, rights, roleFor, useAnswer, type Instance } from '../../api';
import { Answered, EmptyNotice, FailureNotice, PlanReview, SeverityBadge } from '../../components';
import { mayAct, sourceOf } from '../source';

export interface PlanReviewOptions {
  readonly limit: number;
  readonly namespace: string;
}

/** The plans that wait for a decision, in a dashboard. */
export function PlanReviewPanel({ data, options, width, height }: PanelProps<PlanReviewOptions>) {
  const instance = sourceOf(data);
  return (
    <div style={{ width, height }}>
      <ScrollContainer>
        {instance ? (
          <Plans key={instance.uid} instance={instance} options={options} readOnly={!mayAct(data)} />
        ) : (
          <FailureNotice
            failure={{
              kind: 'NotConfigured',
              message: 'Choose a KubeWise data source for this panel, with a query for plans.',
            }}
          />
        )}
      </ScrollContainer>
    </div>
  );
}

interface PlansProps {
  readonly instance: Instance;
  readonly options: PlanReviewOptions;
  readonly readOnly: boolean;
}

async function plansOf({ api }: Instance) {
  const [{ items }, now] = await Promise.all([api.plans(), api.now()]);
  return { items, skew: now - Date.now() };
}

/** Plans are fetched live, not taken from frames: a snapshot of the dashboard then carries no plan detail. */
function Plans({ instance, options, readOnly }: PlansProps) {
  const asked = useAnswer(`${instance.uid} plans`, () => plansOf(instance), 15);
  return (
    <Answered answer={asked.answer} what="plans" onRetry={asked.refresh}>
      {({ items, skew }) => {
        const shown = items.filter(
          ({ incident }) => !options.namespace || incident.target.namespace === options.namespace
        );
        return shown.length === 0 ? (
          <EmptyNotice message="No plan waits for a decision" />
        ) : (
          shown
            .slice(0, options.limit)
            .map((pending) => (
              <Waiting
                key={pending.incident.id}
                pending={pending}
                skew={skew}
                instance={instance}
                onRefresh={asked.refresh}
                readOnly={readOnly}
              />
            ))
        );
      }}
    </Answered>
  );
}

interface WaitingProps {
  readonly pending: PendingPlan;
  readonly skew: number;
  readonly instance: Instance;
  readonly onRefresh: () => void;
  readonly readOnly: boolean;
}

function Waiting({ pending: { incident, plan }, skew, instance, onRefresh, readOnly }: WaitingProps) {
  const styles = useStyles2(getStyles);
  return (
    <section className={styles.plan} aria-label={incident.title}>
      <div className={styles.head}>
        <SeverityBadge severity={incident.severity} />
        <TextLink
          href={`/a/kubewise-app/incidents/${encodeURIComponent(incident.id)}?ds=${encodeURIComponent(instance.uid)}`}
        >
          {incident.title}
        </TextLink>
      </div>
      <PlanReview
        plan={plan}
        waiting={incident.phase === 'Proposed'}
        skew={skew}
        mayDecide={rights()('plans:approve')}
        whyNot={`Deciding needs the role ${roleFor('plans:approve')} in this Grafana`}
        readOnly={readOnly}
        onApprove={(shown) => approve(instance.api, shown)}
        onReject={(shown, reason) => reject(instance.api, shown, reason)}
        onRefresh={onRefresh}
      />
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  plan: css({ padding: theme.spacing(1), borderBottom: `1px solid ${theme.colors.border.weak}` }),
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    alignItems: 'center',
    marginBottom: theme.spacing(1),
  }),
});
