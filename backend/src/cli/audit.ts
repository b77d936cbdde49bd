import type { Context } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { plain, shortTime, table } from './table.ts';

/** `kubewise audit verify`: 1 when a link of the chain is damaged. */
export async function auditVerify(context: Context): Promise<ExitCode> {
  const verdict = await context.api().auditVerify();
  context.show(verdict, () => `${verdict.ok ? '✓' : '✗'} ${verdict.entries} entries: ${plain(verdict.message)}`);
  return verdict.ok ? exitCodes.ok : exitCodes.failed;
}

/** `kubewise audit list` */
export async function auditList(context: Context, options: { limit: string; object?: string }): Promise<ExitCode> {
  const page = await context.api().audit({ limit: options.limit, object: options.object });
  const rows = page.items.map((one) => [
    shortTime(one.at),
    plain(one.subject),
    one.action,
    plain(one.object),
    one.reason,
    plain(one.message),
  ]);
  context.show(page, () =>
    rows.length > 0 ? table(['AT', 'BY', 'WHAT', 'OBJECT', 'REASON', 'MESSAGE'], rows) : 'Nothing yet.',
  );
  return exitCodes.ok;
}
