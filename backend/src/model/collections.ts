import type { z } from 'zod';
import { Alert } from './alert.ts';
import { Anomaly } from './anomaly.ts';
import { EventRecord } from './event-record.ts';
import { Incident } from './incident.ts';
import { AuditEntry, Mute, Setting } from './records.ts';

/**
 * What the store keeps: one row per collection. `unique` holds lists of fields whose combination may stand once
 * (documents that lack a field are exempt); `indexes` what `find` filters and orders by.
 */
export interface CollectionSpec<T> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
  readonly unique: readonly (readonly string[])[];
  readonly indexes: readonly string[];
}

export const collections = {
  incidents: {
    name: 'incidents',
    schema: Incident,
    unique: [['openKey']],
    indexes: ['phase', 'nextAt', 'openedAt', 'updatedAt', 'targetKey', 'openKey', 'severity', 'cluster'],
  } as CollectionSpec<Incident>,
  anomalies: {
    name: 'anomalies',
    schema: Anomaly,
    unique: [],
    indexes: [
      ...['startedAt', 'updatedAt', 'targetKey', 'open', 'incidentId', 'metricType', 'severity', 'cluster'],
      'feedback.verdict',
    ],
  } as CollectionSpec<Anomaly>,
  events: {
    name: 'events',
    schema: EventRecord,
    unique: [],
    indexes: ['lastSeen', 'targetKey', 'reason', 'cluster'],
  } as CollectionSpec<EventRecord>,
  alerts: {
    name: 'alerts',
    schema: Alert,
    unique: [['cluster', 'fingerprint']],
    indexes: ['receivedAt', 'status', 'targetKey', 'fingerprint'],
  } as CollectionSpec<Alert>,
  audit: {
    name: 'audit',
    schema: AuditEntry,
    unique: [['writer', 'seq']],
    indexes: ['at', 'writer', 'seq', 'object'],
  } as CollectionSpec<AuditEntry>,
  mutes: { name: 'mutes', schema: Mute, unique: [], indexes: ['until'] } as CollectionSpec<Mute>,
  settings: { name: 'settings', schema: Setting, unique: [], indexes: [] } as CollectionSpec<Setting>,
} as const;
export type CollectionName = keyof typeof collections;
