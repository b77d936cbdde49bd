import type { IncidentRow } from '@kubewise/backend/contract';
import { failureOf, type Failure, type Instance, type Params } from '../api';
import { phaseText } from '../components/Badges';

export type Show = 'open' | 'waiting' | 'closed' | 'all';
export type Sort = 'newest' | 'severity' | 'workload';
export type Group = 'none' | 'namespace' | 'severity' | 'phase' | 'cause';

/** What the list shows: all of it lives in the address, so that a link shows the same list. */
export interface View {
  readonly show: Show;
  readonly sort: Sort;
  readonly group: Group;
  readonly q: string;
  readonly severity: string;
  readonly namespace: string;
  readonly name: string;
}
export interface Row {
  readonly instance: Instance;
  readonly incident: IncidentRow;
}
export interface Listed {
  readonly rows: readonly Row[];
  readonly failures: ReadonlyArray<{ readonly instance: Instance; readonly failure: Failure }>;
  readonly more: boolean;
}

const shows: readonly Show[] = ['open', 'waiting', 'closed', 'all'];
const sorts: readonly Sort[] = ['newest', 'severity', 'workload'];
const groups: readonly Group[] = ['none', 'namespace', 'severity', 'phase', 'cause'];
const oneOf = <T extends string>(all: readonly T[], text: string | null, other: T): T =>
  all.find((one) => one === text) ?? other;

export const viewOf = (search: URLSearchParams): View => ({
  show: oneOf(shows, search.get('show'), 'open'),
  sort: oneOf(sorts, search.get('sort'), 'newest'),
  group: oneOf(groups, search.get('group'), 'none'),
  q: search.get('q') ?? '',
  severity: search.get('severity') ?? '',
  namespace: search.get('namespace') ?? '',
  name: search.get('name') ?? '',
});

const showParams: Readonly<Record<Show, Params>> = {
  open: { open: true },
  waiting: { phase: 'Proposed' },
  closed: { open: false },
  all: {},
};
/** The backend sorts: what comes first of all of them is on the first page. */
const sortParams: Readonly<Record<Sort, Params>> = {
  newest: { sort: 'openedAt', order: 'desc' },
  severity: { sort: 'severity', order: 'desc' },
  workload: { sort: 'targetKey', order: 'asc' },
};
export const paramsOf = ({ show, sort, q, severity, namespace, name }: View): Params => ({
  ...showParams[show],
  ...sortParams[sort],
  q,
  severity,
  namespace,
  name,
});

/** Incidents of every chosen KubeWise. One that fails takes away its own rows only. */
export async function list(chosen: readonly Instance[], view: View, limit: number): Promise<Listed> {
  const answers = await Promise.allSettled(chosen.map(({ api }) => page(api, view, limit)));
  const rows = answers.flatMap((answer, index) => {
    const instance = chosen[index];
    return answer.status === 'fulfilled' && instance
      ? answer.value.items.map((incident): Row => ({ instance, incident }))
      : [];
  });
  const failures = answers.flatMap((answer, index) => {
    const instance = chosen[index];
    return answer.status === 'rejected' && instance ? [{ instance, failure: failureOf(answer.reason) }] : [];
  });
  const more = answers.some((answer) => answer.status === 'fulfilled' && answer.value.next !== undefined);
  return { rows, failures, more };
}

/** The backend gives pages of at most 100: follows the cursor until `limit` rows are there. */
async function page(api: Instance['api'], view: View, limit: number) {
  const items: IncidentRow[] = [];
  let cursor: string | undefined;
  do {
    const answer = await api.incidents({ ...paramsOf(view), limit: 100, cursor });
    items.push(...answer.items);
    cursor = answer.next;
  } while (cursor !== undefined && items.length < limit);
  return { items, next: cursor };
}

const severityRank: Readonly<Record<string, number>> = { critical: 0, warning: 1, info: 2 };
const orders: Readonly<Record<Sort, (a: Row, b: Row) => number>> = {
  newest: (a, b) => b.incident.openedAt.localeCompare(a.incident.openedAt),
  severity: (a, b) =>
    (severityRank[a.incident.severity] ?? 3) - (severityRank[b.incident.severity] ?? 3) || orders.newest(a, b),
  workload: (a, b) => a.incident.target.label.localeCompare(b.incident.target.label) || orders.newest(a, b),
};
/** What several KubeWise answered, each in this order, as one list. */
export const sorted = (rows: readonly Row[], sort: Sort): readonly Row[] => [...rows].sort(orders[sort]);

const keys: Readonly<Record<Group, (row: Row) => string>> = {
  none: () => '',
  namespace: ({ incident }) => incident.target.namespace || 'cluster',
  severity: ({ incident }) => incident.severity,
  phase: ({ incident }) => phaseText(incident.phase),
  cause: ({ incident }) => incident.cause || 'no cause yet',
};
/** Groups in the order in which their first row comes. */
export function grouped(rows: readonly Row[], group: Group): ReadonlyArray<readonly [string, readonly Row[]]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keys[group](row);
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return [...found];
}
