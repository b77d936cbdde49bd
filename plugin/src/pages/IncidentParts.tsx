import React from 'react';
import { Badge, Stack, Text, TextLink } from '@grafana/ui';
import type {
  IncidentDetail,
  WireAction,
  WireAuditEntry,
  WireCause,
  WireEvidence,
  WireOutcome,
} from '@kubewise/backend/contract';
import {
  ago,
  clock,
  DataTable,
  duration,
  jsonText,
  PhaseBadge,
  Section,
  sentence,
  testIds,
  VerdictBadge,
  withUnit,
  words,
} from '../components';
import { incidentPath } from './places';

export function Causes({ causes }: { readonly causes: readonly WireCause[] }) {
  return (
    <Section title="Suspected causes" testId={testIds.incident.causes}>
      {causes.length === 0 && <Text color="secondary">None found so far.</Text>}
      <ol>
        {causes.map((cause) => (
          <li key={`${cause.class} ${cause.target.label}`}>
            <strong>{words(cause.class)}</strong> {Math.round(cause.score * 100)}% · {cause.target.label}
            <div>{sentence(cause.message)}</div>
            <ul>
              {cause.evidence.map((line) => (
                <li key={line}>
                  <Text variant="bodySmall">{line}</Text>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </Section>
  );
}

const stateColor = (state: WireAction['state']) =>
  state === 'Failed' ? 'red' : state === 'Undone' ? 'orange' : 'green';

/** `API server: 409 Conflict.` */
const answerText = ({ answer }: WireAction): string =>
  answer ? `API server: ${[answer.status, answer.reason].filter(Boolean).join(' ')}.` : '';

export function Actions({ actions }: { readonly actions: readonly WireAction[] }) {
  if (actions.length === 0) {
    return null;
  }
  return (
    <Section title="What was done">
      <ul>
        {actions.map((action) => (
          <li key={action.id}>
            <Stack gap={1} wrap="wrap" alignItems="center">
              <Badge color={stateColor(action.state)} text={words(action.state)} />
              <strong>{action.sentence}</strong>
            </Stack>
            <code>{action.command}</code>
            <Text element="p" variant="bodySmall" color="secondary">
              {[action.message && `${sentence(action.message)}.`, answerText(action)].filter(Boolean).join(' ')}{' '}
              Approved by {action.approvedBy || 'policy'}, started {clock(action.startedAt)}.
            </Text>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function OutcomeView({ outcome }: { readonly outcome: WireOutcome }) {
  const milestones = [
    ['detected', outcome.detectedAfter],
    ['proposed', outcome.proposedAfter],
    ['executed', outcome.executedAfter],
    ['resolved', outcome.resolvedAfter],
  ] as const;
  return (
    <Section title="Outcome" actions={<VerdictBadge verdict={outcome.verdict} />}>
      <Text element="p">{sentence(outcome.message)}</Text>
      <DataTable
        label="Measurements before and after"
        rows={outcome.measurements}
        keyOf={({ name }) => name}
        columns={[
          { id: 'name', title: 'Measured', cell: ({ name }) => name },
          { id: 'before', title: 'Before', cell: ({ before, unit }) => withUnit(before, unit) },
          { id: 'after', title: 'After', cell: ({ after, unit }) => withUnit(after, unit) },
          { id: 'expected', title: 'Expected', cell: ({ expected, unit }) => withUnit(expected, unit) },
          { id: 'recovered', title: 'Recovered', cell: ({ recovered }) => (recovered ? 'yes' : 'no') },
        ]}
      />
      <Text element="p" variant="bodySmall" color="secondary">
        {milestones
          .flatMap(([name, after]) => (after === undefined ? [] : [`${name} after ${duration(after)}`]))
          .join(' · ')}
        {outcome.reverted && ' · somebody reverted it'}
      </Text>
      {outcome.review && (
        <Text element="p" variant="bodySmall" color="secondary">
          {outcome.review.model} thinks that it {outcome.review.helped ? 'helped' : 'did not help'}:{' '}
          {outcome.review.comment} The verdict comes from the numbers alone.
        </Text>
      )}
    </Section>
  );
}

export function Evidence({ evidence }: { readonly evidence: readonly WireEvidence[] }) {
  if (evidence.length === 0) {
    return null;
  }
  return (
    <Section title="Evidence">
      {evidence.map((one) => (
        <details key={`${one.question} ${one.at}`}>
          <summary>
            {one.question} {one.error ? `(${one.error})` : one.found ? '' : '(nothing found)'}
          </summary>
          {one.values.map(({ labels, value }) => (
            <div key={JSON.stringify(labels)}>
              <code>{jsonText(labels)}</code> {value}
            </div>
          ))}
          {one.objects.slice(0, 5).map((object, index) => (
            <pre key={index}>{JSON.stringify(object, null, 2).slice(0, 4000)}</pre>
          ))}
        </details>
      ))}
    </Section>
  );
}

export function Similar({ similar, uid }: { readonly similar: IncidentDetail['similar']; readonly uid: string }) {
  if (similar.length === 0) {
    return null;
  }
  return (
    <Section title="Similar incidents">
      <ul>
        {similar.map((one) => (
          <li key={one.id}>
            <TextLink href={incidentPath(one.id, uid)}>{one.title}</TextLink> {ago(one.openedAt)}{' '}
            {one.verdict ? <VerdictBadge verdict={one.verdict} /> : <PhaseBadge phase={one.phase} />}
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function Audit({ entries }: { readonly entries: readonly WireAuditEntry[] }) {
  return (
    <Section title="Audit trail" testId={testIds.incident.audit}>
      {entries.length === 0 ? (
        <Text color="secondary">Nothing recorded yet.</Text>
      ) : (
        <DataTable
          label="Audit trail"
          rows={entries}
          keyOf={({ id }) => id}
          columns={[
            { id: 'at', title: 'When', oneLine: true, cell: ({ at }) => clock(at) },
            { id: 'subject', title: 'Who', cell: ({ subject }) => subject },
            { id: 'action', title: 'What', cell: ({ action }) => action },
            { id: 'reason', title: 'Why', cell: ({ reason, message }) => `${words(reason)}. ${sentence(message)}` },
            {
              id: 'hash',
              title: 'Link',
              cell: ({ seq, hash }) => <code title={hash}>{`${seq} ${hash.slice(0, 8)}`}</code>,
            },
          ]}
        />
      )}
    </Section>
  );
}
