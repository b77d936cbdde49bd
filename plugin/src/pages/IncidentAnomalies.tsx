import React, { useState } from 'react';
import { Alert } from '@grafana/ui';
import type { IncidentDetail, WireAnomaly } from '@kubewise/backend/contract';
import { failureOf, rights, roleFor, useAnswer, type Instance } from '../api';
import { AnomalyList, Answered, EmptyNotice, Section } from '../components';

interface IncidentAnomaliesProps {
  readonly instance: Instance;
  readonly incident: IncidentDetail;
}

/** The anomalies behind an incident, each with "was this right?". */
export function IncidentAnomalies({ instance, incident }: IncidentAnomaliesProps) {
  const { answer, refresh } = useAnswer(
    `${instance.uid} ${incident.id} anomalies`,
    () => instance.api.anomalies({ incidentId: incident.id, limit: 50 }),
    30
  );
  const [failed, setFailed] = useState('');
  const onFeedback = (anomaly: WireAnomaly, verdict: 'TruePositive' | 'FalsePositive') =>
    void instance.api
      .feedback({ anomalyId: anomaly.id, verdict })
      .then(refresh, (error: unknown) => setFailed(failureOf(error).message));
  return (
    <Section title="Anomalies">
      {failed && (
        <Alert severity="error" title="Not saved" onRemove={() => setFailed('')}>
          {failed}
        </Alert>
      )}
      <Answered answer={answer} what="anomalies" onRetry={refresh}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyNotice message="No metric was unusual: this incident comes from events or alerts." />
          ) : (
            <AnomalyList
              anomalies={items}
              mayJudge={rights()('feedback:write')}
              whyNot={`Feedback needs the role ${roleFor('feedback:write')} in this Grafana`}
              onFeedback={onFeedback}
            />
          )
        }
      </Answered>
    </Section>
  );
}
