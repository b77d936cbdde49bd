import type { WireAnomaly } from '../http/contract.ts';
import type { Context } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { figure, plain, shortTime, table } from './table.ts';

export interface AnomalyOptions {
  readonly limit: string;
  readonly open?: boolean;
  readonly namespace?: string;
  readonly type?: string;
}

const rowOf = (one: WireAnomaly): string[] => [
  shortTime(one.startedAt),
  one.open ? 'open' : 'over',
  one.severity,
  one.score.toFixed(3),
  one.metricType,
  plain(one.target.label),
  `${figure(one.value)} (${figure(one.band[0])}…${figure(one.band[1])}) ${one.unit}`.trim(),
  one.incidentId ? `incident ${one.incidentId}` : one.reason,
];

/** `kubewise list-anomalies --limit 50` */
export async function listAnomalies(context: Context, options: AnomalyOptions): Promise<ExitCode> {
  const { limit, namespace, type, open } = options;
  const page = await context.api().anomalies({ limit, namespace, metricType: type, ...(open && { open }) });
  const header = ['SINCE', 'STATE', 'SEVERITY', 'SCORE', 'TYPE', 'TARGET', 'VALUE (EXPECTED)', 'LED TO'];
  context.show(page, () => (page.items.length > 0 ? table(header, page.items.map(rowOf)) : 'No anomalies.'));
  return exitCodes.ok;
}
