import { canMove, type Incident, type IncidentIn, type Phase, type TimelineEntry } from './incident.ts';

/** Why and by whom an incident moves: `reason` is one PascalCase word and a metric label. */
export interface Move {
  readonly at: number;
  readonly reason: string;
  readonly message: string;
  readonly subject?: string;
  /** Id of the audit entry that this transition owes. */
  readonly auditId: string;
}

/** The tail of the timeline that is kept: an incident that flaps for weeks stays a small document. */
const maxTimeline = 200;

function noted(incident: Incident, phase: Phase, move: Move): Pick<Incident, 'timeline' | 'pendingAudit'> {
  const subject = move.subject ?? 'kubewise';
  const entry: TimelineEntry = { at: move.at, phase, reason: move.reason, message: move.message, subject };
  return {
    timeline: [...incident.timeline, entry].slice(-maxTimeline),
    pendingAudit: [
      ...incident.pendingAudit,
      {
        id: move.auditId,
        at: move.at,
        subject,
        action: `${incident.phase}→${phase}`,
        object: `incident/${incident.id}`,
        reason: move.reason,
        message: move.message,
      },
    ],
  };
}

/**
 * The incident one phase further, with its timeline entry and the audit entry it owes. `fields` are what the new phase
 * needs. Throws on a transition that the table does not list: that is a bug, not an input error.
 */
export function transition<P extends Phase>(
  incident: Incident,
  phase: P,
  move: Move,
  fields: Partial<Omit<IncidentIn<P>, 'phase'>> = {},
): IncidentIn<P> {
  if (!canMove(incident.phase, phase))
    throw new Error(`incident ${incident.id} cannot move ${incident.phase} → ${phase}`);
  const next = {
    ...incident,
    ...fields,
    ...noted(incident, phase, move),
    phase,
    reason: move.reason,
    message: move.message,
  };
  return { ...next, updatedAt: move.at, nextAt: fields.nextAt ?? move.at } as unknown as IncidentIn<P>;
}

/** A remark in the timeline and the audit log that changes no phase: an acknowledgement, an approval that is one of two. */
export function remark<I extends Incident>(incident: I, move: Move, fields: Partial<I> = {}): I {
  return { ...incident, ...fields, ...noted(incident, incident.phase, move), updatedAt: move.at };
}

/**
 * The end of an incident: its target is free for the next one. The phase stays, it says how it ended. Whoever was told
 * that it opened is told that it is over; about a silenced one nobody hears anything.
 */
export function closed<I extends Incident>(incident: I, at: number): I {
  const { openKey: _free, nextAt: _nothing, ...rest } = incident;
  const pendingNotifications =
    incident.phase === 'Suppressed' ? [] : [...incident.pendingNotifications, `${incident.id}:Resolved`];
  return { ...rest, pendingNotifications, closedAt: at, updatedAt: at } as unknown as I;
}
