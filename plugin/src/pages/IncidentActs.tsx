import React, { useState } from 'react';
import { Alert, Button, Stack, Text, Tooltip } from '@grafana/ui';
import type { IncidentDetail } from '@kubewise/backend/contract';
import { failureOf, rights, roleFor, type Instance } from '../api';
import { testIds } from '../components';

interface IncidentActsProps {
  readonly instance: Instance;
  readonly incident: IncidentDetail;
  readonly onChanged: (incident: IncidentDetail) => void;
}
/** Seconds: the end is counted on KubeWise's clock, not on the browser's. */
const hours = (count: number): number => count * 3600;

/** What an Editor does with an incident without deciding about its plan. */
export function IncidentActs({ instance: { api }, incident, onChanged }: IncidentActsProps) {
  const [said, setSaid] = useState<{ readonly failed: boolean; readonly text: string }>();
  const may = rights()('incidents:write');
  const run = (act: () => Promise<IncidentDetail | string>) =>
    act().then(
      (answer) => (typeof answer === 'string' ? setSaid({ failed: false, text: answer }) : onChanged(answer)),
      (error: unknown) => setSaid({ failed: true, text: failureOf(error).message })
    );
  const { id: incidentId, target } = incident;
  const mute = async () => {
    const { namespace, kind, name } = target;
    await api.mute({
      ...(namespace && { namespace }),
      kind,
      name,
      forSeconds: hours(4),
      why: `Muted from incident ${incidentId}`,
    });
    return `${target.label} is muted for four hours.`;
  };
  const acts = [
    {
      icon: 'check-circle',
      text: 'Acknowledge',
      id: testIds.anomaly.acknowledge,
      act: () => api.act({ act: 'acknowledge', incidentId }),
    },
    {
      icon: 'clock-nine',
      text: 'Snooze 1 h',
      id: testIds.anomaly.snooze,
      act: () => api.act({ act: 'snooze', incidentId, forSeconds: hours(1) }),
    },
    { icon: 'bell-slash', text: 'Mute workload 4 h', id: testIds.anomaly.mute, act: mute },
    { icon: 'sync', text: 'Diagnose again', id: undefined, act: () => api.act({ act: 'analyze', incidentId }) },
  ] as const;
  return (
    <div>
      <Stack gap={1} wrap="wrap" alignItems="center">
        {acts.map(({ icon, text, id, act }) => (
          <Button
            key={text}
            size="sm"
            variant="secondary"
            icon={icon}
            data-testid={id}
            disabled={!may || !incident.open}
            onClick={() => void run(act)}
          >
            {text}
          </Button>
        ))}
        <Button size="sm" variant="secondary" icon="download-alt" onClick={() => download(incident)}>
          Export
        </Button>
        {!may && (
          <Tooltip content="Ask an administrator of this organisation">
            <Text variant="bodySmall" color="secondary">
              Acting needs the role {roleFor('incidents:write')}
            </Text>
          </Tooltip>
        )}
      </Stack>
      {said && (
        <Alert
          severity={said.failed ? 'error' : 'success'}
          title={said.failed ? 'Not done' : 'Done'}
          topSpacing={1}
          onRemove={() => setSaid(undefined)}
        >
          {said.text}
        </Alert>
      )}
    </div>
  );
}

/** The incident with all its parts, as the API gives it. */
function download(incident: IncidentDetail): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(incident, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `kubewise-incident-${incident.id}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
