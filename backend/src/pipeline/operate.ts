import {
  remark,
  targetKey,
  transition,
  type Alert,
  type Anomaly,
  type Incident,
  type Move,
  type Mute,
  type PendingAudit,
  type Plan,
} from '../model/index.ts';
import type { AuditLog } from './audit.ts';
import { alertTarget, isOwnAlert } from './collect/index.ts';
import { commanded, isUndecided, moveBy, refused, revised, waitingPlan, type Refused } from './human-plan.ts';
import { mayApprove } from './plan/index.ts';
import type { Done, Identity, Operations, Ports } from './ports.ts';
import type { ReconcileParts } from './reconcile-step.ts';
import type { Switches } from './switches.ts';

export interface OperateParts extends ReconcileParts {
  readonly audit: AuditLog;
  readonly switches: Switches;
  /** An incident changed: reconcile looks at once. */
  kick(): void;
  /** Stored alerts, for loop one. */
  alerts(alerts: readonly Alert[]): void;
  /** An anomaly that a person has judged. */
  feedback(said: Anomaly): void;
}

type Decisions = Pick<
  Operations,
  | 'approve'
  | 'reject'
  | 'acknowledge'
  | 'assign'
  | 'snooze'
  | 'analyze'
  | 'command'
  | 'revise'
  | 'feedback'
  | 'mute'
  | 'unmute'
  | 'mode'
  | 'setMode'
  | 'setKillSwitch'
  | 'killSwitch'
  | 'receiveAlerts'
  | 'plans'
>;
const done = <T>(value: T): Done<T> => ({ ok: true, value });

/** Each human request is one saved step: compare-and-set, timeline and audit entry with it, or a refusal with a reason. */
export function createOperate(parts: OperateParts): Decisions {
  const { ports, ledger, audit, switches } = parts;
  const now = (): number => ports.clock.now();
  const entry = (by: Identity, reason: string, message: string): Move => moveBy(ports, by, reason, message);

  /** Reads, decides, saves; again when somebody else was faster. */
  async function change(
    id: string,
    decide: (incident: Incident) => Incident | Refused | Promise<Incident | Refused>,
  ): Promise<Done<Incident>> {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const before = await ports.store.incidents.get(id);
      if (!before) return refused(404, 'IncidentNotFound', `there is no incident ${id}`);
      const after = await decide(before);
      if ('ok' in after) return after;
      const saved = await ledger.save(before, after);
      if (!saved) continue;
      parts.kick();
      return done(saved);
    }
    return refused(409, 'Conflict', `incident ${id} is changing too fast; look again`);
  }

  function approvable(incident: Incident, digest: string, by: Identity): Refused | undefined {
    const plan = waitingPlan(incident, digest);
    if ('ok' in plan) return plan;
    if (plan.autonomy === 'Observe' || plan.autonomy === 'Suggest')
      return refused(403, 'SuggestOnly', `the policy lets KubeWise only suggest this plan (${plan.autonomyReason})`);
    if (now() >= plan.expiresAt) return refused(409, 'PlanExpired', 'the plan expired; ask for a new one');
    if (switches.killSwitch()) return refused(409, 'KillSwitch', 'the kill switch is on; nothing is executed');
    if (!mayApprove(by, incident.target, plan.steps, parts.governance.policy()))
      return refused(
        403,
        'NotAnApprover',
        `${by.subject} is not among the policy's approvers for every namespace that the plan touches`,
      );
    return undefined;
  }

  const approvedBy = (incident: Incident & { plan: Plan }, by: Identity): Incident =>
    transition(incident, 'Approved', entry(by, 'ApprovedByPerson', `approved by ${by.subject}`), {
      plan: incident.plan,
      approvals: [
        ...incident.approvals,
        { subject: by.subject, issuer: by.issuer, digest: incident.plan.digest, at: now() },
      ],
    });

  const note = (
    id: string,
    by: Identity,
    reason: string,
    message: string,
    fields: (incident: Incident) => Partial<Incident>,
  ) =>
    change(id, (incident) => {
      if (incident.closedAt !== undefined) return refused(409, 'Closed', `incident ${id} is closed`);
      return remark(incident, entry(by, reason, message), fields(incident));
    });

  /** An audit entry of its own, for what belongs to no incident. */
  async function record(by: Identity, action: string, object: string, message: string): Promise<void> {
    const made: PendingAudit = {
      ...{ id: ports.ids.next(), at: now(), subject: by.subject, action, object, reason: action, message },
    };
    await audit.append([made]);
  }

  return {
    approve: (id, digest, by) =>
      change(
        id,
        (incident) => approvable(incident, digest, by) ?? approvedBy(incident as Incident & { plan: Plan }, by),
      ),
    reject: (id, planId, reason, by) =>
      change(id, (incident) => {
        if (incident.phase !== 'Proposed')
          return refused(409, 'NotProposed', `incident ${id} is ${incident.phase}; there is no plan to reject`);
        if (incident.plan.id !== planId)
          return refused(412, 'PlanChanged', `the plan changed, look again: it is now ${incident.plan.id}`);
        return transition(incident, 'Rejected', entry(by, 'RejectedByPerson', reason), {
          pastPlans: [...incident.pastPlans, incident.plan],
          nextAt: now() + 60,
        });
      }),
    acknowledge: (id, by) =>
      note(id, by, 'Acknowledged', `acknowledged by ${by.subject}`, (incident) => ({
        acknowledgedBy: by.subject,
        pendingNotifications: [...incident.pendingNotifications, `${id}@${Math.round(now())}:Acknowledged`],
      })),
    assign: (id, assignee, by) => note(id, by, 'Assigned', `assigned to ${assignee}`, () => ({ assignee })),
    snooze(id, until, by) {
      if (until <= now()) return Promise.resolve(refused(400, 'BadTime', 'until: must lie in the future'));
      const message = `snoozed until ${new Date(until * 1000).toISOString()}`;
      return note(id, by, 'Snoozed', message, () => ({ snoozedUntil: until }));
    },
    analyze: (id, by) =>
      change(id, (incident) => {
        if (!isUndecided(incident))
          return refused(409, 'WrongPhase', `incident ${id} is ${incident.phase}; it cannot be analysed again now`);
        if (incident.phase === 'Diagnosed') return { ...incident, nextAt: now(), updatedAt: now() };
        return transition(incident, 'Diagnosed', entry(by, 'AnalysisAsked', `${by.subject} asked to look again`));
      }),
    async command(id, line, by) {
      const proposed = await change(id, (incident) => commanded(parts, incident, line, by));
      if (!proposed.ok || (by.role !== 'approver' && by.role !== 'admin')) return proposed;
      const { plan } = proposed.value;
      return plan?.autonomy === 'Approve' || plan?.autonomy === 'Auto'
        ? change(
            id,
            (incident) =>
              approvable(incident, plan.digest, by) ?? approvedBy(incident as Incident & { plan: Plan }, by),
          )
        : proposed;
    },
    revise: (id, revision, by) => change(id, (incident) => revised(parts, incident, revision, by)),
    async feedback(anomalyId, verdict, comment, by) {
      const anomaly = await ports.store.anomalies.get(anomalyId);
      if (!anomaly) return refused(404, 'AnomalyNotFound', `there is no anomaly ${anomalyId}`);
      const said = { ...anomaly, feedback: { verdict, comment, subject: by.subject, at: now() } };
      await ports.store.anomalies.upsert([said]);
      await record(by, 'FeedbackGiven', `anomaly/${anomalyId}`, verdict);
      if (verdict === 'FalsePositive')
        ports.recorder.count('kubewise_false_positives_total', {
          entity_type: anomaly.target.kind,
          namespace: anomaly.target.namespace,
        });
      parts.feedback(said);
      return done(said);
    },
    async mute(wanted, by) {
      if (wanted.until <= now()) return refused(400, 'BadTime', 'until: must lie in the future');
      const mute: Mute = {
        ...wanted,
        ...{ id: ports.ids.next(), version: 0, schemaVersion: 1, cluster: ports.cluster },
        ...{ subject: by.subject, createdAt: now() },
      };
      await ports.store.mutes.upsert([mute]);
      await record(by, 'Muted', `mute/${mute.id}`, mute.why);
      await switches.reloadMutes();
      return done(mute);
    },
    async unmute(id, by) {
      const mute = await ports.store.mutes.get(id);
      if (!mute) return refused(404, 'MuteNotFound', `there is no mute ${id}`);
      await ports.store.mutes.upsert([{ ...mute, until: now() }]);
      await record(by, 'Unmuted', `mute/${id}`, '');
      await switches.reloadMutes();
      return done(undefined);
    },
    mode: () => switches.mode(),
    async setMode(mode, by) {
      await record(by, 'ModeChanged', 'settings/mode', mode);
      await switches.set('mode', mode, by);
      ports.log.warn({ module: 'operate', subject: by.subject, mode }, `the mode is now ${mode}`);
      parts.kick();
      return done(mode);
    },
    async setKillSwitch(on, by) {
      if (on) await switches.set('killSwitch', on, by);
      await record(by, on ? 'KillSwitchOn' : 'KillSwitchOff', 'settings/killSwitch', '');
      if (!on) await switches.set('killSwitch', on, by);
      ports.log.warn({ module: 'operate', subject: by.subject }, `the kill switch is ${on ? 'on' : 'off'}`);
      parts.kick();
      return done(on);
    },
    killSwitch: () => switches.killSwitch(),
    async receiveAlerts(alerts) {
      const records = alerts.map((alert) => recordOf(ports, alert));
      await ports.store.alerts.upsert(records);
      parts.alerts(records);
      return done({ stored: records.length });
    },
    plans: () =>
      ports.store.incidents.find({
        where: { phase: 'Proposed' },
        orderBy: { field: 'openedAt', direction: 'desc' },
        limit: 200,
      }),
  };
}

type Received = Parameters<Operations['receiveAlerts']>[0][number];

/** One document per cluster and fingerprint: a repeat updates it. */
function recordOf(ports: Ports, alert: Received): Alert {
  const target = alertTarget(alert.labels, ports.watcher.topology);
  return {
    ...alert,
    ...{ id: `${ports.cluster}/${alert.fingerprint}`, version: 0, schemaVersion: 1, cluster: ports.cluster },
    receivedAt: ports.clock.now(),
    own: isOwnAlert(alert.labels),
    targetKey: target ? targetKey(target) : '',
    ...(target && { target }),
  };
}
