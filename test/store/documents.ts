import {
  Alert,
  Anomaly,
  EventRecord,
  Incident,
  Setting,
  type AuditEntry,
  type PendingAudit,
} from '../../backend/src/model/index.ts';

const target = { cluster: 'c1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const key = 'c1/Deployment/shop/web';

export const incident = (id: string, fields: Partial<Incident> = {}): Incident =>
  Incident.parse({
    ...{ id, cluster: 'c1', target, targetKey: key, openKey: key, title: 'web', severity: 'warning' },
    ...{ phase: 'Firing', reason: 'New', message: '', startedAt: 1, openedAt: 1, updatedAt: 1 },
    ...fields,
  });
/** The same without the key that only an open incident has. */
export function closed(given: Incident): Incident {
  const { openKey: _, ...rest } = given;
  return Incident.parse(rest);
}

export const anomaly = (id: string, fields: Partial<Anomaly> = {}): Anomaly =>
  Anomaly.parse({
    ...{ id, cluster: 'c1', series: 's', query: 'q', metricType: 'memory', target, targetKey: key },
    ...{ value: 0.9, expected: 0.1, band: [0, 0.2], score: 0.9, peak: 0.9, threshold: 0.78, severity: 'warning' },
    ...{ confidence: 1, startedAt: 1, updatedAt: 1, open: true },
    ...fields,
  });

export const event = (id: string, fields: Partial<EventRecord> = {}): EventRecord =>
  EventRecord.parse({
    ...{ id, cluster: 'c1', type: 'Warning', reason: 'BackOff', firstSeen: 1, lastSeen: 1 },
    involved: { kind: 'Pod', name: 'web-1' },
    ...fields,
  });

export const alert = (id: string, fingerprint: string, fields: object = {}): Alert =>
  Alert.parse({
    ...{ id, cluster: 'c1', fingerprint, status: 'firing', labels: {}, annotations: {} },
    ...{ startsAt: 1, receivedAt: 1, targetKey: key },
    ...fields,
  });

export const setting = (id: string, value: unknown): Setting => Setting.parse({ id, value, subject: 's', at: 1 });

export const entry = (id: string, writer: string, seq: number): AuditEntry => ({
  ...{ id, version: 0, schemaVersion: 1, writer, seq, at: 1, subject: 's', action: 'a' },
  ...{ object: 'o', reason: 'r', message: 'm', previousHash: '', hash: '' },
});
export const pending = (id: string): PendingAudit => ({
  ...{ id, at: 1, subject: 's', action: 'approve', object: 'incidents/1', reason: 'r', message: `about ${id}` },
});
