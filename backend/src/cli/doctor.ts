import type { Detectors, HealthExtended, WirePermissionCheck, WireQuery } from '../http/contract.ts';
import { componentTable } from './check-connections.ts';
import type { Context } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { figure, plain, shortened, table } from './table.ts';

const advice: Readonly<Record<WireQuery['state'], string>> = {
  found: '',
  empty: 'the metric is there, but nothing matches',
  absent: 'this platform does not export it; nothing to do unless you expect it',
  error: 'the query is wrong',
  pending: 'not asked yet',
};

function queryTable(queries: readonly WireQuery[]): string {
  const rows = queries.map((one) => [
    one.name,
    one.metricType,
    one.state,
    String(one.series),
    one.dropped > 0 ? String(one.dropped) : '',
    `${figure(one.seconds * 1000)} ms`,
    shortened(plain(one.message || advice[one.state]), 80),
  ]);
  return table(['QUERY', 'TYPE', 'STATE', 'SERIES', 'DROPPED', 'COST', 'REMARK'], rows);
}

/** One line per action: what is missing for it, if anything. */
function permissionTable(checks: readonly WirePermissionCheck[]): string {
  const rows = [...Map.groupBy(checks, (one) => one.action)].map(([action, needed]) => {
    const missing = needed.filter((one) => !one.allowed).map((one) => `${one.verb} ${resourceOf(one)}`);
    return [
      missing.length === 0 ? `✓ ${action}` : `– ${action}`,
      missing.length === 0 ? 'allowed' : `missing: ${missing.join(', ')}`,
    ];
  });
  return table(['ACTION', 'RIGHTS IN THE CLUSTER'], rows);
}
const resourceOf = ({ resource, subresource, group }: WirePermissionCheck): string =>
  `${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`;

function warmUp({ items, budgetPerWeek, incidentsLastWeek }: Detectors): string {
  const total = items.reduce((sum, one) => sum + one.series, 0);
  const learning = items.reduce((sum, one) => sum + one.learning, 0);
  return `${total} series are watched, ${learning} of them still learn; ${incidentsLastWeek} incidents in the last week (false-alarm budget ${budgetPerWeek} a week)`;
}

const seconds = (queries: readonly WireQuery[]): number => queries.reduce((sum, one) => sum + one.seconds, 0);

interface Findings {
  readonly health: HealthExtended;
  readonly queries: readonly WireQuery[];
  readonly permissions: readonly WirePermissionCheck[];
  readonly detectors: Detectors;
}
function report({ health, queries, permissions, detectors }: Findings): string {
  const cost = `one round of queries costs Prometheus ${figure(seconds(queries))} s`;
  const acting = `mode ${health.mode}${health.killSwitch ? ', KILL SWITCH ON' : ''}`;
  return [
    `KubeWise ${health.version}, cluster ${health.cluster}, ${acting}`,
    componentTable(health.components),
    queryTable(queries),
    cost,
    permissionTable(permissions),
    'Missing rights are normal where actions are not wanted; "kubewise rbac" prints what they need.',
    warmUp(detectors),
  ].join('\n\n');
}

/** `kubewise doctor`: what can be seen and what not, and why. 1 when a component is down or a query is wrong. */
export async function doctor(context: Context): Promise<ExitCode> {
  const api = context.api();
  const [health, queries, permissions, detectors] = await Promise.all([
    api.health(),
    api.queries().then((page) => page.items),
    api.permissions().then((page) => page.items),
    api.detectors(),
  ]);
  context.show({ health, queries, permissions, detectors }, () => report({ health, queries, permissions, detectors }));
  const wrong = health.status === 'down' || queries.some((one) => one.state === 'error');
  return wrong ? exitCodes.failed : exitCodes.ok;
}
