import type { Incident, Plan } from '../../model/index.ts';
import type { Identity } from '../../pipeline/ports.ts';
import { detailOf, incidentOfPlan } from '../find.ts';
import type { createIdempotency } from '../idempotency.ts';
import { settled } from '../problems.ts';
import { route, type Backend, type Route } from '../route.ts';
import { incidentRow, planOf } from '../views/incident-view.ts';
import { pageOf } from '../wire/basic.ts';
import { IncidentDetail, PendingPlan } from '../wire/incident.ts';
import { IdPath, ListQuery } from '../wire/queries.ts';
import { ApprovalRequest, RejectionRequest } from '../wire/requests.ts';

const pending = (incident: Incident & { plan: Plan }) => ({
  incident: incidentRow(incident),
  plan: planOf(incident.plan, incident.id),
});

/** This very plan has this person's approval already: a repeat after a restart or a lost answer. */
const approvedAlready = (incident: Incident, digest: string, by: Identity): boolean =>
  incident.phase !== 'Proposed' &&
  incident.approvals.some((one) => one.digest === digest && one.subject === by.subject && one.issuer === by.issuer);

export function planRoutes(backend: Backend, once: ReturnType<typeof createIdempotency>): Route[] {
  const { operations, recorder } = backend;
  const via = (by: Identity): string => (by.issuer === 'token' ? 'token' : 'grafana');

  async function approve(body: ApprovalRequest, by: Identity): Promise<Incident> {
    const incident = await incidentOfPlan(backend, body.planId);
    if (approvedAlready(incident, body.digest, by)) return incident;
    return settled(await operations.approve(incident.id, body.digest, by));
  }
  async function reject(body: RejectionRequest, by: Identity): Promise<Incident> {
    const incident = await incidentOfPlan(backend, body.planId);
    const rejected = settled(await operations.reject(incident.id, body.planId, body.reason, by));
    recorder.count('kubewise_approvals_total', { decision: 'Rejected', via: via(by) });
    return rejected;
  }

  return [
    route({
      ...{ method: 'get', path: '/api/v1/plans', tag: 'plans', query: ListQuery, answers: pageOf(PendingPlan) },
      summary: 'Plans that wait for a decision',
      async handle({ query }) {
        const waiting = (await operations.plans()).filter(
          (one): one is Incident & { plan: Plan } => one.plan !== undefined,
        );
        return { items: waiting.slice(0, query.limit).map(pending) };
      },
    }),
    route({
      ...{ method: 'get', path: '/api/v1/plans/{id}', tag: 'plans', params: IdPath, answers: PendingPlan },
      summary: 'One plan by its id',
      handle: async ({ params }) => pending(await incidentOfPlan(backend, params.id)),
    }),
    route({
      ...{ method: 'post', path: '/api/v1/approvals', tag: 'plans', body: ApprovalRequest, answers: IncidentDetail },
      summary: 'Approve a plan by its digest; refused with `PlanChanged` (412) when it is not that plan any more',
      async handle({ body, by, response }) {
        const decision = { planId: body.planId, digest: body.digest, approve: true };
        const { value, replayed } = await once(body.idempotencyKey, by, decision, () => approve(body, by));
        if (replayed) response.setHeader('Idempotent-Replayed', 'true');
        return detailOf(backend, value);
      },
    }),
    route({
      ...{ method: 'post', path: '/api/v1/rejections', tag: 'plans', body: RejectionRequest, answers: IncidentDetail },
      summary: 'Reject a plan, with a reason',
      async handle({ body, by, response }) {
        const decision = { planId: body.planId, reason: body.reason, approve: false };
        const { value, replayed } = await once(body.idempotencyKey, by, decision, () => reject(body, by));
        if (replayed) response.setHeader('Idempotent-Replayed', 'true');
        return detailOf(backend, value);
      },
    }),
  ];
}
