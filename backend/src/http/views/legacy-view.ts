import { legacyStatus, stepCommand, type Anomaly, type Incident } from '../../model/index.ts';
import type { ComponentHealth, ScoreRow } from '../../pipeline/ports.ts';
import type { z } from 'zod';
import type { LegacyEvent, LegacyHealth, LegacyMetrics } from '../wire/legacy.ts';
import { present, timeOf } from './basic-view.ts';

/** An anomaly with the incident it belongs to, in the words of the older systems. */
export function legacyEvent(anomaly: Anomaly, incident: Incident | undefined): z.input<typeof LegacyEvent> {
  const [cause] = incident?.causes ?? [];
  const { kind, namespace, name } = anomaly.target;
  return {
    anomaly_id: anomaly.id,
    ...present({ incident_id: incident?.id }),
    status: incident ? legacyStatus[incident.phase] : anomaly.open ? 'DETECTED' : 'RESOLVED',
    detection_timestamp: timeOf(anomaly.startedAt),
    entity_id: name,
    entity_type: kind.toLowerCase(),
    namespace,
    anomaly_score: anomaly.score,
    suggested_remediation_commands: incident?.plan?.steps.map(stepCommand) ?? [],
    ai_analysis: {
      root_cause: cause?.class ?? '',
      severity: (incident?.severity ?? anomaly.severity).toUpperCase(),
      description: incident?.plan?.reasoning ?? cause?.message ?? anomaly.sentence,
    },
  };
}

export function legacyMetrics(rows: readonly ScoreRow[]): z.input<typeof LegacyMetrics> {
  const metrics: z.input<typeof LegacyMetrics>['metrics'] = {};
  for (const row of rows) {
    const { kind, namespace, name } = row.target;
    const key = `${kind.toLowerCase()}/${name}`;
    const entry = (metrics[key] ??= { entity_id: name, entity_type: kind.toLowerCase(), namespace, metrics: [] });
    entry.metrics.push({
      query: row.query,
      values: row.window.filter(([, value]) => Number.isFinite(value)).map(([time, value]) => [time, value]),
      labels: { namespace, workload: name, workload_kind: kind, metric_type: row.metricType },
    });
  }
  return { metrics };
}

/** Our components under the names that the older systems' clients look for. */
const legacyNames: Readonly<Record<string, string>> = { Store: 'MongoDB', Model: 'Gemini API' };
const words: Readonly<Record<ComponentHealth['status'], string>> = {
  ok: 'healthy',
  degraded: 'degraded',
  down: 'unhealthy',
  disabled: 'disabled',
};

/** How all is, judged by the worst component. */
export function worstOf(components: Readonly<Record<string, ComponentHealth>>): 'ok' | 'degraded' | 'down' {
  const found = Object.values(components).map((one) => one.status);
  if (found.includes('down')) return 'down';
  return found.includes('degraded') ? 'degraded' : 'ok';
}

export function legacyHealth(
  components: Readonly<Record<string, ComponentHealth>>,
  version: string,
  now: number,
): z.input<typeof LegacyHealth> {
  const services = Object.entries(components).map(
    ([name, { status, message }]): [string, { status: string; message: string }] => [
      legacyNames[name] ?? name,
      { status: words[status], message },
    ],
  );
  return {
    ...{ status: words[worstOf(components)], version, services: Object.fromEntries(services) },
    timestamp: timeOf(now),
  };
}
