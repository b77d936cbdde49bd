import { planDigest, type Incident } from '../model/index.ts';
import type { AuditLog } from './audit.ts';
import { countIncident } from './incident-metrics.ts';
import type { Ports } from './ports.ts';

/** The one way in which incidents are written: compare-and-set, then whoever listens, then the audit chain. */
export interface Ledger {
  /** 'Duplicate': the target has an open incident already. */
  create(incident: Incident): Promise<'Inserted' | 'Duplicate'>;
  /** The saved document with its new version; undefined when somebody else was faster: read again. */
  save(before: Incident, after: Incident): Promise<Incident | undefined>;
  /** Appends audit entries that a crash left behind in the document. */
  settle(incident: Incident): Promise<void>;
  onIncident(listener: (incident: Incident) => void): () => void;
}

export function createLedger(ports: Pick<Ports, 'store' | 'recorder' | 'log'>, audit: AuditLog): Ledger {
  const listeners = new Set<(incident: Incident) => void>();
  const tell = (incident: Incident): void => {
    for (const listener of listeners) listener(incident);
  };
  const count = (before: Incident | undefined, after: Incident): void => {
    countIncident(ports.recorder, before, after);
    if (before?.phase === after.phase) return;
    const { id, phase, reason, targetKey } = after;
    ports.log.info({ module: 'incident', incident: id, phase, reason, target: targetKey }, after.message);
  };
  return {
    async create(incident) {
      const result = await ports.store.incidents.insert(incident);
      if (result === 'Duplicate') return result;
      count(undefined, incident);
      tell(incident);
      await audit.append(incident.pendingAudit);
      return result;
    },
    async save(before, after) {
      // What a crash or a failing store kept out of the chain: the new document no longer carries it.
      await audit.append(before.pendingAudit);
      const owed = after.pendingAudit.filter((entry) => !before.pendingAudit.some((old) => old.id === entry.id));
      const next: Incident = { ...after, pendingAudit: owed, formerPlans: [...formerPlans(before, after)] };
      if (!(await ports.store.incidents.replace(next, before.version))) return undefined;
      const saved: Incident = { ...next, version: before.version + 1 };
      count(before, saved);
      tell(saved);
      await audit.append(owed);
      return saved;
    },
    settle: (incident) => audit.append(incident.pendingAudit),
    onIncident(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A plan that is replaced is remembered by its id, the last twenty of them. */
const formerPlans = ({ plan }: Incident, after: Incident): readonly string[] =>
  plan && plan.id !== after.plan?.id ? [...after.formerPlans, plan.id].slice(-20) : after.formerPlans;

/** Does the approval that an incident carries name the plan that it carries? */
export const isApproved = (incident: Incident): boolean =>
  incident.plan !== undefined &&
  planDigest(incident.plan) === incident.plan.digest &&
  incident.approvals.some((approval) => approval.digest === incident.plan?.digest);
