import type { IncidentDetail, RevisionRequest, WirePlan } from '@kubewise/backend/contract';
import { failureOf } from './failure';
import type { KubeWise } from './kubewise';

export type Decided =
  /** `plan`: the digest of the plan that there is now. */
  | { readonly kind: 'Done'; readonly message: string; readonly plan?: string }
  | { readonly kind: 'Changed'; readonly message: string }
  | { readonly kind: 'Failed'; readonly message: string };

/** Approves exactly the plan that was on the screen: its digest is sent, never who approves. */
export const approve = (api: KubeWise, plan: WirePlan): Promise<Decided> =>
  decided(
    () => api.approve({ planId: plan.id, digest: plan.digest, idempotencyKey: newKey(plan) }),
    (incident) => `Approved as ${approverOf(incident)}. KubeWise runs the plan now.`
  );

export const reject = (api: KubeWise, plan: WirePlan, reason: string): Promise<Decided> =>
  decided(
    () => api.reject({ planId: plan.id, reason, idempotencyKey: newKey(plan) }),
    () => 'Rejected. KubeWise does not run this plan.'
  );

async function decided(
  write: () => Promise<IncidentDetail>,
  say: (incident: IncidentDetail) => string
): Promise<Decided> {
  try {
    const incident = await write();
    return { kind: 'Done', message: say(incident), plan: incident.currentPlan?.digest };
  } catch (error) {
    const failure = failureOf(error);
    return { kind: failure.kind === 'Stale' ? 'Changed' : 'Failed', message: failure.message };
  }
}

/** The identity that the backend verified, as it recorded it. */
const approverOf = (incident: IncidentDetail): string => {
  const last = incident.approvals[incident.approvals.length - 1];
  return last ? `${last.subject} (${last.issuer})` : 'a person KubeWise did not name';
};

/** Proposes these steps in place of the plan that was on the screen: judged, dry-run and approved like any other. */
export const revise = (api: KubeWise, plan: WirePlan, steps: RevisionRequest['steps']): Promise<Decided> =>
  decided(
    () => api.revise(plan.incidentId, { digest: plan.digest, steps }),
    (incident) =>
      incident.phase === 'Proposed' ? 'This is the plan now. Look at its dry run, then approve it.' : incident.message
  );

/** One per decision. Not crypto.randomUUID: Grafana is often served over plain http, where browsers withhold it. */
const newKey = (plan: WirePlan): string => {
  const random = crypto.getRandomValues(new Uint32Array(4));
  return `${plan.digest.slice(0, 12)}-${[...random].map((one) => one.toString(36)).join('-')}`;
};
