import type { HealthExtended } from '../http/contract.ts';
import type { Context } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { plain, shortTime, table } from './table.ts';

const marks = { ok: '✓', degraded: '!', down: '✗', disabled: '–' } as const;

export function componentTable(components: HealthExtended['components']): string {
  const rows = Object.entries(components).map(([name, one]) => [
    `${marks[one.status]} ${name}`,
    one.status,
    shortTime(one.lastSuccess),
    plain(one.message),
  ]);
  return table(['COMPONENT', 'STATUS', 'LAST SUCCESS', 'MESSAGE'], rows);
}

/** `kubewise check-connections`: 1 when something that is configured is down. */
export async function checkConnections(context: Context): Promise<ExitCode> {
  const health = await context.api().health();
  context.show(health, () => componentTable(health.components));
  return health.status === 'down' ? exitCodes.failed : exitCodes.ok;
}
