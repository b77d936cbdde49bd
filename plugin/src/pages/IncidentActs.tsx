import React from 'react';
import { Button, Stack, Text, Tooltip } from '@grafana/ui';
import type { IncidentDetail } from '@kubewise/backend/contract';
import { rights, roleFor, useWrite, type Instance } from '../api';
import { SaidNotice, testIds } from '../components';

interface IncidentActsProps {
  readonly instance: Instance;
  readonly incident: IncidentDetail;
  readonly onChanged: (incident: IncidentDetail) => void;
}
/** Seconds: the end is counted on KubeWise's clock, not on the browser's. */
const hours = (count: number): number => count * 3600;

/** What an Editor does with an incident without deciding about its plan. */
export function IncidentActs({ instance: { api }, incident, onChanged }: IncidentActsProps) {
  const { busy, said, run, dismiss } = useWrite();
  const may = rights()('incidents:write');
  const { id: incidentId, target } = incident;
  const changed = async (write: Promise<IncidentDetail>) => {
    onChanged(await write);
    return '';
  };
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
      act: () => changed(api.act({ act: 'acknowledge', incidentId })),
    },
    {
      icon: 'clock-nine',
      text: 'Snooze 1 h',
      id: testIds.anomaly.snooze,
      act: () => changed(api.act({ act: 'snooze', incidentId, forSeconds: hours(1) })),
    },
    { icon: 'bell-slash', text: 'Mute workload 4 h', id: testIds.anomaly.mute, act: mute },
    {
      icon: 'sync',
      text: 'Diagnose again',
      id: undefined,
      act: () => changed(api.act({ act: 'analyze', incidentId })),
    },
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
            disabled={!may || busy || !incident.open}
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
      <SaidNotice said={said} onDismiss={dismiss} />
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
