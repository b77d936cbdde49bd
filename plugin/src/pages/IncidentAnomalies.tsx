import React from 'react';
import type { IncidentDetail, WireAnomaly } from '@kubewise/backend/contract';
import { rights, roleFor, useAnswer, useWrite, type Instance } from '../api';
import { AnomalyList, Answered, EmptyNotice, SaidNotice, Section } from '../components';

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
  const { busy, said, run, dismiss } = useWrite();
  const onFeedback = (anomaly: WireAnomaly, verdict: 'TruePositive' | 'FalsePositive') =>
    void run(async () => {
      await instance.api.feedback({ anomalyId: anomaly.id, verdict });
      refresh();
      return '';
    });
  return (
    <Section title="Anomalies">
      <SaidNotice said={said} onDismiss={dismiss} />
      <Answered answer={answer} what="anomalies" onRetry={refresh}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyNotice message="No metric was unusual: this incident comes from events or alerts." />
          ) : (
            <AnomalyList
              anomalies={items}
              busy={busy}
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
