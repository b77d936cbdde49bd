import {
  targetKey,
  targetName,
  type Alert,
  type Anomaly,
  type EventRecord,
  type Incident,
  type Intervention,
  type Mute,
  type Target,
} from '../model/index.ts';
import type { AnomalyBook } from './anomaly-book.ts';
import {
  callGraph,
  isCurrent,
  isMeaningful,
  isUnderChange,
  relatedIncident,
  severityOf,
  shouldOpen,
  signalsOf,
  type Neighbourhood,
  type Noticed,
} from './diagnose/index.ts';
import { recurring, timesThisWeek, week } from './episodes.ts';
import type { Ledger } from './ledger.ts';
import type { Ports } from './ports.ts';
import { createSequenceWatch } from './sequence-watch.ts';

/** How long an event or a change counts as part of what is going on now (s). */
const eventWindow = 600;
const changeWindow = 1800;

/** Opens incidents and hands new signals to open ones. The only writer of new incidents. */
export interface IncidentOpener {
  events(events: readonly EventRecord[]): void;
  alert(alert: Alert): void;
  /** Looks at every target about which something changed; resolves when what had to be written is written. */
  consider(targetKeys: readonly string[]): Promise<void>;
  /** Targets with news from events and alerts since the last call. */
  takeChanged(): readonly string[];
  restore(): Promise<void>;
}

export interface OpenerParts {
  readonly ports: Ports;
  readonly ledger: Ledger;
  readonly book: AnomalyBook;
  readonly mutes: () => readonly Mute[];
}

export function createIncidentOpener(parts: OpenerParts): IncidentOpener {
  const { ports, ledger, book } = parts;
  const events = new Map<string, Map<string, EventRecord>>();
  /** What fires, by the alert's id. */
  const alerts = new Map<string, Alert>();
  const changed = new Set<string>();
  const sequences = createSequenceWatch(book, ports.watcher.topology);

  function keepEvent(event: EventRecord): void {
    if (!event.target) return;
    const known = events.get(event.targetKey) ?? new Map<string, EventRecord>();
    events.set(event.targetKey, known.set(event.id, event));
    changed.add(event.targetKey);
  }

  /** Whom an alert is about may not be known any more when it is resolved: its id says which one is over. */
  function keepAlert(alert: Alert): void {
    const before = alerts.get(alert.id);
    if (before) changed.add(before.targetKey);
    alerts.delete(alert.id);
    if (!alert.target || alert.status !== 'firing') return;
    alerts.set(alert.id, alert);
    changed.add(alert.targetKey);
  }

  function noticedAbout(key: string): Noticed {
    const now = ports.clock.now();
    const recent = [...(events.get(key)?.values() ?? [])].filter((event) => isCurrent(event, now));
    const firing = [...alerts.values()].filter((alert) => alert.targetKey === key);
    return { anomalies: book.openOf(key), events: recent.filter(isMeaningful), alerts: firing };
  }

  async function openIncident(key: string): Promise<Incident | undefined> {
    const [found] = await ports.store.incidents.find({ where: { openKey: key }, limit: 1 });
    return found;
  }

  async function considerOne(key: string): Promise<void> {
    const noticed = noticedAbout(key);
    const incident = await openIncident(key);
    if (incident) return attach(incident, noticed);
    const opening = shouldOpen(noticed);
    if (!opening.open) return book.explainWhyNot(noticed.anomalies, opening.reason);
    const target = targetOf(noticed);
    if (!target) return;
    if (isMuted(target, noticed.anomalies)) return book.explainWhyNot(noticed.anomalies, 'Muted');
    const fresh = await sinceTheLast(key, noticed);
    const again = shouldOpen(fresh);
    if (!again.open) return book.explainWhyNot(fresh.anomalies, again.reason);
    const { topology } = ports.watcher;
    const near = { objects: topology, graph: callGraph(topology), targetsOf };
    const part = await partOf(target, fresh, near);
    if (part) return attach(part, fresh);
    const now = ports.clock.now();
    if (isUnderChange(target, signalsOf(fresh), near, topology.interventions(now - eventWindow), now))
      return book.explainWhyNot(fresh.anomalies, 'ChangeUnderWay');
    await open(key, target, fresh, again.reason);
  }

  const targetsOf = ({ id }: Incident): readonly Target[] =>
    [...book.openRows().values()].filter((one) => one.incidentId === id).map((one) => one.target);

  /** The open incident that this trouble is a part of: one fault opens one incident, wherever it shows. */
  async function partOf(target: Target, noticed: Noticed, near: Neighbourhood): Promise<Incident | undefined> {
    // An alert that people wrote says that they want to hear of this very target.
    if (noticed.alerts.some((alert) => !alert.own)) return undefined;
    const among = await ports.store.incidents.find({ where: { openKey: { exists: true } }, limit: 200 });
    if (among.length === 0) return undefined;
    return relatedIncident(target, signalsOf(noticed), among, near);
  }

  /** What an incident that closed a moment ago was about does not open the next one: only what came after it. */
  async function sinceTheLast(key: string, noticed: Noticed): Promise<Noticed> {
    const recent = await ports.store.incidents.find({
      where: { updatedAt: { gte: ports.clock.now() - changeWindow } },
      orderBy: { field: 'updatedAt', direction: 'desc' },
      limit: 200,
    });
    const closed = recent.filter((one) => one.closedAt !== undefined);
    const last = closed.find((one) => one.targetKey === key);
    const closedAt = last?.closedAt ?? -Infinity;
    const heldBy = new Map(closed.flatMap((one) => one.eventIds.map((id) => [id, one.closedAt ?? 0] as const)));
    const closedIds = new Set(closed.map((one) => one.id));
    return {
      anomalies: noticed.anomalies.filter(
        (one) =>
          !closedIds.has(one.incidentId ?? '') &&
          (last === undefined || (one.incidentId === undefined && one.startedAt > closedAt)),
      ),
      events: noticed.events.filter((one) => {
        const over = Math.max(closedAt, heldBy.get(one.id) ?? -Infinity);
        return one.firstSeen > over || one.lastSeen > over + 120;
      }),
      alerts: noticed.alerts.filter((one) => !last?.alertIds.includes(one.id)),
    };
  }

  function isMuted(target: Target, anomalies: readonly Anomaly[]): boolean {
    const now = ports.clock.now();
    const label = Number(Date.parse(ports.watcher.topology.labelsOf(target)['kubewise.io/mute-until'] ?? '')) / 1000;
    if (label > now) return true;
    return parts.mutes().some((mute) => mute.until > now && covers(mute, target, anomalies));
  }

  /** Which incident of its kind this is in a week at this target, 1 = the first. */
  async function episodeOf(key: string, noticed: Noticed): Promise<number> {
    const where = { targetKey: key, openedAt: { gte: ports.clock.now() - week } };
    const past = await ports.store.incidents.find({ where, limit: 50 });
    const signals = new Set(signalsOf(noticed));
    return 1 + past.filter((one) => one.signals.some((signal) => signals.has(signal))).length;
  }

  async function open(key: string, target: Target, noticed: Noticed, reason: string): Promise<void> {
    const incident = incidentOf(ports, key, target, noticed, reason, await episodeOf(key, noticed));
    book.assign(noticed.anomalies, incident.id, 'InIncident');
    await book.flush();
    if ((await ledger.create(incident)) === 'Duplicate') {
      const other = await openIncident(key);
      if (other) await attach(other, noticed);
    }
  }

  /** New anomalies, events and alerts of an open incident; its phase is not ours to touch. */
  async function attach(incident: Incident, noticed: Noticed): Promise<void> {
    const fresh = noticed.anomalies.filter((anomaly) => anomaly.incidentId !== incident.id);
    book.assign(fresh, incident.id, 'InIncident');
    const signals = union(incident.signals, signalsOf(noticed));
    const alertIds = union(
      incident.alertIds,
      noticed.alerts.map((alert) => alert.id),
    );
    const grown = signals.length > incident.signals.length || alertIds.length > incident.alertIds.length;
    if (fresh.length === 0 && !grown) return;
    await book.flush();
    const now = ports.clock.now();
    const saved = await ledger.save(incident, {
      ...incident,
      signals,
      alertIds,
      anomalyIds: union(
        incident.anomalyIds,
        fresh.map((anomaly) => anomaly.id),
      ).slice(-500),
      eventIds: union(
        incident.eventIds,
        noticed.events.map((event) => event.id),
      ).slice(-200),
      updatedAt: now,
      ...(signals.length > incident.signals.length && { nextAt: now }),
    });
    // Somebody else was faster: the next look brings it again.
    if (!saved) changed.add(incident.targetKey);
  }

  return {
    events(batch) {
      sequences.note(
        batch.map((event) => ({ event, knownBefore: events.get(event.targetKey)?.get(event.id) })),
        ports.clock.now(),
      );
      for (const event of batch) {
        keepEvent(event);
        ports.recorder.count('kubewise_events_total', { type: event.type, reason: event.reason });
      }
      forget(events, ports.clock.now());
    },
    alert: keepAlert,
    async consider(keys) {
      sequences.settle(ports.clock.now());
      let failure: Error | undefined;
      for (const key of new Set(keys))
        try {
          await considerOne(key);
        } catch (error) {
          // What could not be looked at, or written, is looked at again in the next round.
          changed.add(key);
          failure ??= error instanceof Error ? error : new Error(String(error));
        }
      if (failure) throw failure;
    },
    takeChanged() {
      const keys = [...changed];
      changed.clear();
      return keys;
    },
    async restore() {
      const firing = await ports.store.alerts.find({ where: { status: 'firing' }, limit: 2000 });
      firing.forEach(keepAlert);
    },
  };
}

/** All that was noticed under one key is about one object. */
const targetOf = ({ anomalies, events, alerts }: Noticed): Target | undefined =>
  (anomalies[0] ?? events[0] ?? alerts[0])?.target;

const union = (before: readonly string[], more: readonly string[]): string[] => [...new Set([...before, ...more])];

function forget(events: Map<string, Map<string, EventRecord>>, now: number): void {
  for (const [key, known] of events) {
    for (const [id, event] of known) if (now - event.lastSeen > eventWindow) known.delete(id);
    if (known.size === 0) events.delete(key);
  }
}

function covers(mute: Mute, target: Target, anomalies: readonly Anomaly[]): boolean {
  const here =
    (mute.namespace === undefined || mute.namespace === target.namespace) &&
    (mute.kind === undefined || mute.kind === target.kind) &&
    (mute.name === undefined || mute.name === target.name);
  if (!here || mute.metricType === undefined) return here;
  return anomalies.length > 0 && anomalies.every((anomaly) => anomaly.metricType === mute.metricType);
}

const changeOf = ({ at, kind, message, byUs }: Intervention) => ({ at, kind, message, byUs });

/** A new incident, in its first phase, with what it owes: an audit entry and a notification. */
function incidentOf(
  ports: Ports,
  key: string,
  target: Target,
  noticed: Noticed,
  reason: string,
  episode: number,
): Incident {
  const now = ports.clock.now();
  const startedAt = Math.min(
    now,
    ...noticed.anomalies.map((one) => one.startedAt),
    ...noticed.events.map((one) => Math.max(one.firstSeen, now - eventWindow)),
  );
  const changes = ports.watcher.topology
    .interventions(startedAt - changeWindow)
    .filter((one) => targetKey(one.target) === key)
    .map(changeOf);
  const worst = [...noticed.anomalies].sort((a, b) => b.peak - a.peak)[0];
  const said = worst?.sentence ?? noticed.events[0]?.message ?? noticed.alerts[0]?.labels['alertname'] ?? '';
  const again = episode > 1 ? `; an incident of this kind for ${timesThisWeek(episode)}` : '';
  const message = `${targetName(target)}: ${said}`.slice(0, 400) + again;
  const id = ports.ids.next();
  return {
    id,
    version: 0,
    schemaVersion: 1,
    cluster: ports.cluster,
    target,
    targetKey: key,
    openKey: key,
    title: `${targetName(target)}: ${signalsOf(noticed)
      .map((signal) => signal.replace(/^\w+:/, ''))
      .join(', ')}`,
    // Whatever was done about it did not last.
    severity: episode >= recurring ? 'critical' : severityOf(noticed),
    reason,
    message,
    phase: 'Firing',
    anomalyIds: noticed.anomalies.map((one) => one.id),
    eventIds: noticed.events.map((one) => one.id),
    alertIds: noticed.alerts.map((one) => one.id),
    changes,
    signals: [...signalsOf(noticed)],
    diagnosedSignals: [],
    causes: [],
    evidence: [],
    timeline: [{ at: now, phase: 'Firing', reason, message, subject: 'kubewise' }],
    approvals: [],
    pastPlans: [],
    formerPlans: [],
    actions: [],
    pendingAudit: [
      {
        id: ports.ids.next(),
        at: now,
        subject: 'kubewise',
        action: '→Firing',
        object: `incident/${id}`,
        reason,
        message,
      },
    ],
    pendingNotifications: [`${id}:IncidentOpen`],
    startedAt,
    openedAt: now,
    updatedAt: now,
    nextAt: now,
    attempts: 0,
  };
}
