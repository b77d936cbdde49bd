import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Icon, Stack, Text, useStyles2 } from '@grafana/ui';
import type { WireDryRun, WireForecast, WirePermission, WirePlan, WireStep } from '@kubewise/backend/contract';
import { RiskBadge } from './Badges';
import { Countdown } from './Countdown';
import { duration, jsonText, sentence, words } from './format';
import { testIds } from './testIds';

interface PlanViewProps {
  readonly plan: WirePlan;
  /** Whether the plan still waits: only then does its expiry mean anything. */
  readonly waiting: boolean;
  readonly skew?: number;
}

/** What a plan does, why, what the dry run said, and what it needs: everything that an approver signs. */
export function PlanView({ plan, waiting, skew }: PlanViewProps) {
  const styles = useStyles2(getStyles);
  return (
    <div data-testid={testIds.plan.root} data-plan={plan.id} className={styles.plan}>
      <Stack gap={1} wrap="wrap" alignItems="center">
        <RiskBadge risk={plan.risk} />
        <Badge color={plan.reversible ? 'green' : 'red'} text={plan.reversible ? 'reversible' : 'cannot be undone'} />
        <Badge color="blue" text={`by ${plan.author.kind.toLowerCase()} ${plan.author.name}`} />
        <DryRunBadge dryRuns={plan.dryRuns} />
        {waiting && (
          <Text variant="bodySmall" color="secondary">
            <Countdown until={plan.expiresAt} skew={skew} />
          </Text>
        )}
      </Stack>
      <p className={styles.why}>{sentence(plan.reasoning)}</p>
      <ol className={styles.steps}>
        {plan.steps.map((step) => (
          <StepView key={step.id} step={step} dryRun={plan.dryRuns.find(({ stepId }) => stepId === step.id)} />
        ))}
      </ol>
      {plan.expectedOutcome && !plan.reasoning.includes(plan.expectedOutcome) && (
        <Text element="p" color="secondary">
          Expected: {plan.expectedOutcome}
        </Text>
      )}
      <Permissions permissions={plan.permissions} />
      <Forecast forecast={plan.forecast} />
      <Text element="p" variant="bodySmall" color="secondary">
        {autonomyText(plan)} · digest <code title={plan.digest}>{plan.digest.slice(0, 12)}</code>
      </Text>
    </div>
  );
}

/** What became of earlier incidents like this one: frequencies of the past, not a model of the future. */
export function Forecast({ forecast }: { readonly forecast: WirePlan['forecast'] }) {
  return (
    <div data-testid={testIds.plan.forecast}>
      <Text element="p" variant="bodySmall" color="secondary">
        {forecast
          ? `Earlier incidents of this cause. Left alone: ${experienceText(forecast.doNothing)}. Treated like this: ${experienceText(forecast.withPlan)}.`
          : 'Forecast: not available, there is no earlier incident of this cause.'}{' '}
        Simulation: not available.
      </Text>
    </div>
  );
}

/** `2 of 3 got well, after 4 min (median)`. */
const experienceText = ({ seen, recovered, medianSeconds }: WireForecast['doNothing']): string =>
  seen === 0
    ? 'none yet'
    : `${recovered} of ${seen} got well${medianSeconds === undefined ? '' : `, after ${duration(medianSeconds)} (median)`}`;

const autonomies: Readonly<Record<WirePlan['autonomy'], string>> = {
  Observe: 'Only observed',
  Suggest: 'Only suggested',
  Approve: 'A person approves',
  Auto: 'Runs by itself',
};
/** Who lets it run, and which rule says so: `A person approves (mode manual)`. */
const autonomyText = ({ autonomy, autonomyReason }: WirePlan): string =>
  `${autonomies[autonomy]}${autonomyReason ? ` (${words(autonomyReason).toLowerCase()})` : ''}`;

function DryRunBadge({ dryRuns }: { readonly dryRuns: readonly WireDryRun[] }) {
  const verdicts = dryRuns.map(({ verdict }) => verdict);
  if (verdicts.length === 0) {
    return <Badge color="orange" icon="question-circle" text="no dry run" />;
  }
  if (verdicts.includes('Block')) {
    return <Badge color="red" icon="times" text="dry run: blocked" />;
  }
  return verdicts.includes('Warn') ? (
    <Badge color="orange" icon="exclamation-triangle" text="dry run: warning" />
  ) : (
    <Badge color="green" icon="check" text="dry run: passed" />
  );
}

function StepView({ step, dryRun }: { readonly step: WireStep; readonly dryRun: WireDryRun | undefined }) {
  const styles = useStyles2(getStyles);
  return (
    <li>
      <strong>{step.sentence}</strong>
      <div>
        <code className={styles.command}>{step.command}</code>
      </div>
      {step.preconditions.length > 0 && (
        <Text element="p" variant="bodySmall" color="secondary">
          Only if {step.preconditions.join('; ')}
        </Text>
      )}
      {dryRun && <DryRunView dryRun={dryRun} />}
    </li>
  );
}

function DryRunView({ dryRun }: { readonly dryRun: WireDryRun }) {
  const styles = useStyles2(getStyles);
  return (
    <div>
      {dryRun.verdict !== 'Pass' && (
        <Text element="p" variant="bodySmall" color="warning">
          {words(dryRun.reason)}: {dryRun.message}
        </Text>
      )}
      {dryRun.diff.length > 0 && (
        // What scrolls must be reachable by keyboard.
        <div className={styles.scroll} tabIndex={0} role="region" aria-label="Changes of this step">
          <table className={styles.diff} data-testid={testIds.plan.diff}>
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Now</th>
                <th scope="col">After</th>
              </tr>
            </thead>
            <tbody>
              {dryRun.diff.map((change) => (
                <tr key={change.path}>
                  <td>{change.path}</td>
                  <td className={styles.before}>{jsonText(change.before)}</td>
                  <td className={styles.after}>{jsonText(change.after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

const permissionText = ({ verb, resource, subresource, namespace }: WirePermission): string =>
  `${verb} ${resource}${subresource ? `/${subresource}` : ''}${namespace ? ` in ${namespace}` : ''}`;

function Permissions({ permissions }: { readonly permissions: readonly WirePermission[] }) {
  const styles = useStyles2(getStyles);
  if (permissions.length === 0) {
    return null;
  }
  return (
    <ul className={styles.permissions} aria-label="Permissions that the plan needs">
      {permissions.map((permission) => (
        <li key={permissionText(permission)}>
          <Icon name={permission.allowed ? 'check' : 'times'} aria-label={permission.allowed ? 'granted' : 'missing'} />{' '}
          {permissionText(permission)}
          {!permission.allowed && <strong> (not granted)</strong>}
        </li>
      ))}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  plan: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), '& p': { margin: 0 } }),
  why: css({ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }),
  steps: css({ margin: 0, paddingLeft: theme.spacing(3), '& li': { marginBottom: theme.spacing(1) } }),
  command: css({ overflowWrap: 'anywhere', whiteSpace: 'normal' }),
  scroll: css({ overflowX: 'auto', marginTop: theme.spacing(0.5) }),
  diff: css({
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
    borderCollapse: 'collapse',
    '& th, & td': {
      textAlign: 'left',
      padding: theme.spacing(0.25, 1),
      border: `1px solid ${theme.colors.border.weak}`,
      verticalAlign: 'top',
      // Long words break, but a value of a few letters stays whole: the table scrolls before that.
      overflowWrap: 'anywhere',
      minWidth: '9ch',
    },
    '& th': { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightMedium },
  }),
  before: css({ background: theme.colors.error.transparent }),
  after: css({ background: theme.colors.success.transparent }),
  permissions: css({
    listStyle: 'none',
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0.5, 2),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
});
