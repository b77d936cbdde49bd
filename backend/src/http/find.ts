import { targetKey, type Anomaly, type AuditEntry, type Incident, type Plan } from '../model/index.ts';
import type { Condition } from '../pipeline/ports.ts';
import { HttpProblem } from './problems.ts';
import type { Backend } from './route.ts';
import { incidentDetail } from './views/incident-view.ts';
import { secondsOf } from './views/basic-view.ts';
import type { IncidentDetail } from './wire/incident.ts';

const missing = (what: string, id: string): HttpProblem =>
  new HttpProblem(404, `${what}NotFound`, `there is no ${what.toLowerCase()} ${id}`);

export async function incidentBy({ store }: Pick<Backend, 'store'>, id: string): Promise<Incident> {
  const found = await store.incidents.get(id);
  if (!found) throw missing('Incident', id);
  return found;
}

export async function anomalyBy({ store }: Pick<Backend, 'store'>, id: string): Promise<Anomaly> {
  const found = await store.anomalies.get(id);
  if (!found) throw missing('Anomaly', id);
  return found;
}

/** The incident of an anomaly. Throws 409 where nothing was opened: there is nothing to act on. */
export async function incidentOf(backend: Pick<Backend, 'store'>, anomaly: Anomaly): Promise<Incident> {
  if (anomaly.incidentId) return incidentBy(backend, anomaly.incidentId);
  const why = anomaly.reason || 'one anomalous series alone opens none';
  throw new HttpProblem(409, 'NoIncident', `anomaly ${anomaly.id} belongs to no incident (${why})`);
}

/** The incident whose current plan this is; plans of the past answer with their incident too. */
export async function incidentOfPlan(backend: Backend, planId: string): Promise<Incident & { plan: Plan }> {
  const waiting = await backend.operations.plans();
  const found = waiting.find((incident) => incident.plan?.id === planId) ?? (await decidedWith(backend, planId));
  if (found?.plan?.id === planId) return found as Incident & { plan: Plan };
  if (found) throw new HttpProblem(412, 'PlanChanged', `the plan changed, look at incident ${found.id} again`);
  throw missing('Plan', planId);
}
async function decidedWith({ store }: Backend, planId: string): Promise<Incident | undefined> {
  const recent = await store.incidents.find({ orderBy: { field: 'updatedAt', direction: 'desc' }, limit: 200 });
  return (
    recent.find((incident) => incident.plan?.id === planId) ??
    recent.find((incident) => incident.formerPlans.includes(planId))
  );
}

const auditTrail = ({ store }: Pick<Backend, 'store'>, incidentId: string): Promise<AuditEntry[]> =>
  store.audit.find({
    where: { object: `incident/${incidentId}` },
    orderBy: { field: 'at', direction: 'asc' },
    limit: 500,
  });

export interface Alike {
  readonly anomaly: Anomaly;
  readonly likeness: number;
}

/** Cosine of what the views said, halved when the other one went the other way; 0…1. */
function likenessOf(one: Anomaly, other: Anomaly): number {
  const names = new Set([...Object.keys(one.features), ...Object.keys(other.features)]);
  let [product, square, otherSquare] = [0, 0, 0];
  for (const name of names) {
    const [a, b] = [one.features[name] ?? 0, other.features[name] ?? 0];
    product += a * b;
    square += a * a;
    otherSquare += b * b;
  }
  const cosine = square > 0 && otherSquare > 0 ? product / Math.sqrt(square * otherSquare) : 0;
  const sameWay = Math.sign(one.value - one.expected) === Math.sign(other.value - other.expected);
  return Math.max(0, Math.min(1, sameWay ? cosine : cosine / 2));
}

/** Earlier anomalies of the metric type, of the same target before others, the most alike first; five at most. */
export async function alikeTo({ store }: Pick<Backend, 'store'>, anomaly: Anomaly): Promise<readonly Alike[]> {
  const { id, targetKey, metricType, startedAt } = anomaly;
  const orderBy = { field: 'startedAt', direction: 'desc' } as const;
  const past = { metricType, startedAt: { lte: startedAt } };
  const [own, others] = await Promise.all([
    store.anomalies.find({ where: { ...past, targetKey }, orderBy, limit: 100 }),
    store.anomalies.find({ where: past, orderBy, limit: 200 }),
  ]);
  const all = new Map([...own, ...others].map((one) => [one.id, one]));
  all.delete(id);
  return [...all.values()]
    .map((one) => ({ anomaly: one, likeness: likenessOf(anomaly, one) }))
    .sort((a, b) => rank(b, targetKey) - rank(a, targetKey))
    .slice(0, 5);
}
const rank = ({ anomaly, likeness }: Alike, targetKey: string): number =>
  likeness + (anomaly.targetKey === targetKey ? 1 : 0);

/** Past incidents of the same target first, then of the same cause; five at most. */
async function similarTo({ store }: Pick<Backend, 'store'>, incident: Incident): Promise<Incident[]> {
  const orderBy = { field: 'openedAt', direction: 'desc' } as const;
  const [same, recent] = await Promise.all([
    store.incidents.find({ where: { targetKey: incident.targetKey }, orderBy, limit: 6 }),
    store.incidents.find({ orderBy, limit: 100 }),
  ]);
  const cause = incident.causes[0]?.class;
  const alike = recent.filter((one) => cause !== undefined && one.causes[0]?.class === cause);
  const all = new Map([...same, ...alike].map((one) => [one.id, one]));
  all.delete(incident.id);
  return [...all.values()].slice(0, 5);
}

export async function detailOf(backend: Pick<Backend, 'store'>, incident: Incident): Promise<IncidentDetail> {
  const [audit, similar] = await Promise.all([auditTrail(backend, incident.id), similarTo(backend, incident)]);
  return incidentDetail(incident, audit, similar);
}

interface Whom {
  readonly namespace?: string | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
}
/** Does a target match a filter? An absent field matches everything. */
export const matches = (target: { kind: string; namespace: string; name: string }, whom: Whom): boolean =>
  (whom.namespace === undefined || target.namespace === whom.namespace) &&
  (whom.kind === undefined || target.kind === whom.kind) &&
  (whom.name === undefined || target.name === whom.name);

/** The index entry that a complete filter names; undefined when documents must be looked at one by one. */
export const keyOf = (whom: Whom, cluster: string): string | undefined =>
  whom.kind !== undefined && whom.name !== undefined && whom.namespace !== undefined
    ? targetKey({ cluster, kind: whom.kind, namespace: whom.namespace, name: whom.name })
    : undefined;

/** A condition on a time field; undefined when neither end is given. */
export function between(from: string | undefined, to: string | undefined): Condition | undefined {
  if (from === undefined && to === undefined) return undefined;
  return {
    ...(from !== undefined && { gte: secondsOf(from) }),
    ...(to !== undefined && { lte: secondsOf(to) }),
  };
}
/** The conditions that are given. */
export const conditions = (all: Readonly<Record<string, Condition | undefined>>): Record<string, Condition> =>
  Object.fromEntries(Object.entries(all).filter((entry): entry is [string, Condition] => entry[1] !== undefined));
