import React, { useState } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Stack, Text, TextLink, useStyles2 } from '@grafana/ui';
import type { IncidentDetail } from '@kubewise/backend/contract';
import { useParams } from 'react-router-dom';
import { approve, reject, rights, roleFor, useAnswer, type Asked, type Instance } from '../api';
import {
  Answered,
  clock,
  clockAndAgo,
  PhaseBadge,
  PlanReview,
  Section,
  sentence,
  SeverityBadge,
  testIds,
  Timeline,
  VerdictBadge,
  words,
} from '../components';
import { EditPlan } from './EditPlan';
import { Frame } from './Frame';
import { IncidentActs } from './IncidentActs';
import { IncidentAnomalies } from './IncidentAnomalies';
import { Actions, Audit, Causes, Evidence, OutcomeView, Similar } from './IncidentParts';
import { IncidentSeries } from './IncidentSeries';
import { pathTo } from './places';

/** One incident: what happened, why, what is proposed, what was done, and who decided. */
export function IncidentPage() {
  const { id = '' } = useParams();
  return (
    <Frame testId={testIds.incident.page}>
      {(instance) => <Loaded key={`${instance.uid} ${id}`} instance={instance} id={id} />}
    </Frame>
  );
}

interface Known {
  readonly incident: IncidentDetail;
  readonly skew: number;
}
async function load({ api }: Instance, id: string): Promise<Known> {
  const [incident, now] = await Promise.all([api.incident(id), api.now()]);
  return { incident, skew: now - Date.now() };
}

function Loaded({ instance, id }: { readonly instance: Instance; readonly id: string }) {
  const asked = useAnswer(`${instance.uid} ${id}`, () => load(instance, id), 10);
  return (
    <>
      <TextLink href={pathTo('incidents', instance.uid)} inline={false}>
        All incidents
      </TextLink>
      <Answered answer={asked.answer} what="the incident" onRetry={asked.refresh}>
        {(known) => <Shown instance={instance} known={known} asked={asked} />}
      </Answered>
    </>
  );
}

interface ShownProps {
  readonly instance: Instance;
  readonly known: Known;
  readonly asked: Asked<Known>;
}

function Shown({ instance, known, asked }: ShownProps) {
  const { incident, skew } = known;
  const styles = useStyles2(getStyles);
  return (
    <>
      <Header incident={incident} />
      <IncidentActs
        instance={instance}
        incident={incident}
        onChanged={(changed) => asked.replace({ incident: changed, skew })}
      />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Plan instance={instance} incident={incident} skew={skew} onRefresh={asked.refresh} />
          <IncidentSeries instance={instance} incident={incident} />
          <IncidentAnomalies instance={instance} incident={incident} />
          {incident.outcome && <OutcomeView outcome={incident.outcome} />}
          <Actions actions={incident.actions} />
        </div>
        <div className={styles.column}>
          <Causes causes={incident.causes} />
          <Section title="Timeline">
            <Timeline entries={incident.timeline} />
          </Section>
          <Evidence evidence={incident.evidence} />
          <Similar similar={incident.similar} uid={instance.uid} />
        </div>
      </div>
      <Audit entries={incident.audit} />
    </>
  );
}

/** While its plan waits, an incident says what the plan below says. */
const isSaidByPlan = ({ message, currentPlan }: IncidentDetail): boolean => currentPlan?.reasoning === message;

function Header({ incident }: { readonly incident: IncidentDetail }) {
  const styles = useStyles2(getStyles);
  return (
    <header className={styles.header}>
      <Text element="h1" variant="h3">
        {incident.title}
      </Text>
      <Stack gap={1} wrap="wrap" alignItems="center">
        <SeverityBadge severity={incident.severity} />
        <PhaseBadge phase={incident.phase} reason={incident.reason} />
        {incident.verdict && <VerdictBadge verdict={incident.verdict} />}
        <Text color="secondary">
          {incident.target.label} · cluster {incident.cluster} · opened {clockAndAgo(incident.openedAt)}
          {incident.closedAt && ` · closed ${clockAndAgo(incident.closedAt)}`}
        </Text>
        {incident.acknowledgedBy && <Badge color="blue" text={`acknowledged by ${incident.acknowledgedBy}`} />}
        {incident.snoozedUntil && <Badge color="blue" text={`snoozed until ${clock(incident.snoozedUntil)}`} />}
      </Stack>
      <Text element="p">
        <strong>{words(incident.reason)}.</strong> {isSaidByPlan(incident) ? '' : sentence(incident.message)}
      </Text>
    </header>
  );
}

interface PlanProps {
  readonly instance: Instance;
  readonly incident: IncidentDetail;
  readonly skew: number;
  readonly onRefresh: () => void;
}

function Plan({ instance, incident, skew, onRefresh }: PlanProps) {
  const plan = incident.currentPlan;
  const [own, setOwn] = useState<string>();
  if (!plan) {
    return (
      <Section title="Plan">
        <Text color="secondary">No plan. {sentence(incident.message)}</Text>
      </Section>
    );
  }
  return (
    <Section title={incident.phase === 'Proposed' ? 'Plan, waiting for a decision' : 'Plan'}>
      <PlanReview
        plan={plan}
        own={own}
        waiting={incident.phase === 'Proposed'}
        skew={skew}
        mayDecide={rights()('plans:approve')}
        whyNot={`Deciding needs the role ${roleFor('plans:approve')} in this Grafana`}
        onApprove={(shown) => approve(instance.api, shown)}
        onReject={(shown, reason) => reject(instance.api, shown, reason)}
        onRefresh={onRefresh}
      />
      {incident.phase === 'Proposed' && (
        <EditPlan
          instance={instance}
          plan={plan}
          onProposed={(digest) => {
            setOwn(digest);
            onRefresh();
          }}
        />
      )}
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  header: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), '& p': { margin: 0 } }),
  columns: css({
    display: 'grid',
    gap: theme.spacing(2),
    gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 2fr)',
    [theme.breakpoints.down('lg')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  column: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0 }),
});
