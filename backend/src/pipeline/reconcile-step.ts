import { closed, transition, type Incident, type IncidentIn, type Phase } from '../model/index.ts';
import type { Governance } from './governance.ts';
import type { Ledger } from './ledger.ts';
import type { Ports } from './ports.ts';
import type { Reading } from './verify/index.ts';

export interface ReconcileParts {
  readonly ports: Ports;
  readonly ledger: Ledger;
  readonly governance: Governance;
  /** The last value of each series of a target: what a verification looks at. */
  readings(targetKey: string): readonly Reading[];
}

/** What one step of one incident may use. Every step ends in at most one save. */
export interface Step extends ReconcileParts {
  readonly now: number;
  save(before: Incident, after: Incident): Promise<Incident | undefined>;
  move<P extends Phase>(
    before: Incident,
    phase: P,
    reason: string,
    message: string,
    fields?: Partial<Omit<IncidentIn<P>, 'phase'>>,
  ): Promise<Incident | undefined>;
  close<P extends 'Resolved' | 'SelfRecovered'>(
    before: Incident,
    phase: P,
    reason: string,
    message: string,
    fields: Partial<Omit<IncidentIn<P>, 'phase'>>,
  ): Promise<Incident | undefined>;
  /** Nothing to do before `until`; saved, so that a restart waits as long. */
  wait(incident: Incident, until: number, message?: string): Promise<Incident | undefined>;
}

/** Whoever is escalated to is told so, once per escalation. */
const calling = (incident: Incident, now: number): Incident => ({
  ...incident,
  pendingNotifications: [...incident.pendingNotifications, `${incident.id}@${Math.round(now)}:Escalated`],
});

/** What one step may use, at this moment of domain time. */
export function stepOf(parts: ReconcileParts): Step {
  const now = parts.ports.clock.now();
  const move: Step['move'] = (before, phase, reason, message, fields) => {
    const after = transition(before, phase, { at: now, reason, message, auditId: parts.ports.ids.next() }, fields);
    return parts.ledger.save(before, phase === 'Escalated' ? calling(after, now) : after);
  };
  const close: Step['close'] = (before, phase, reason, message, fields) => {
    const move = { at: now, reason, message, auditId: parts.ports.ids.next() };
    return parts.ledger.save(before, closed(transition(before, phase, move, fields), now));
  };
  return {
    ...parts,
    readings: (key) => parts.readings(key),
    now,
    save: (before, after) => parts.ledger.save(before, after),
    move,
    close,
    wait: (incident, until, message) =>
      parts.ledger.save(incident, { ...incident, nextAt: until, updatedAt: now, ...(message && { message }) }),
  };
}
