import type { Alert, Anomaly, EventRecord, Incident } from '../model/index.ts';
import type { Store } from './ports.ts';

/** How long symptoms must be gone before an incident counts as over by itself (s). */
const quietSeconds = 300;

/** What was noticed about an incident's target, newest first, bounded. */
export interface Noticed {
  readonly anomalies: readonly Anomaly[];
  readonly events: readonly EventRecord[];
  readonly alerts: readonly Alert[];
}

export async function noticedBy(store: Store, incident: Incident): Promise<Noticed> {
  const { id, targetKey, startedAt } = incident;
  const [anomalies, events, alerts] = await Promise.all([
    store.anomalies.find({
      where: { incidentId: id },
      orderBy: { field: 'updatedAt', direction: 'desc' },
      limit: 100,
    }),
    store.events.find({
      where: { targetKey, lastSeen: { gte: startedAt - 600 } },
      orderBy: { field: 'lastSeen', direction: 'desc' },
      limit: 50,
    }),
    store.alerts.find({
      where: { targetKey, status: 'firing' },
      orderBy: { field: 'receivedAt', direction: 'desc' },
      limit: 50,
    }),
  ]);
  return { anomalies, events, alerts };
}

/** Is nothing wrong any more, and has not been for a while? */
export function isQuiet({ anomalies, events, alerts }: Noticed, now: number): boolean {
  const quiet = (at: number) => now - at >= quietSeconds;
  return (
    anomalies.every((anomaly) => !anomaly.open && quiet(anomaly.endedAt ?? anomaly.updatedAt)) &&
    events.filter((event) => event.type === 'Warning').every((event) => quiet(event.lastSeen)) &&
    alerts.every((alert) => alert.own)
  );
}
