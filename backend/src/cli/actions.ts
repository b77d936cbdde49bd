import type { ActionRow } from '../http/contract.ts';
import type { Context } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { table } from './table.ts';

const outcomesText = ({ outcomes }: ActionRow): string =>
  Object.entries(outcomes)
    .map(([verdict, count]) => `${verdict} ${count}`)
    .join(', ');

/** `kubewise actions`: what KubeWise can do, what it may do here, and how it went. */
export async function actions(context: Context): Promise<ExitCode> {
  const page = await context.api().actions();
  const rows = page.items.map((one) => [
    one.usage,
    one.risk,
    one.reversible ? 'yes' : 'no',
    one.permissions.every((permission) => permission.allowed) ? 'yes' : 'no',
    outcomesText(one),
    one.summary,
  ]);
  context.show(page, () => table(['COMMAND', 'RISK', 'REVERSIBLE', 'ALLOWED', 'SO FAR', 'WHAT IT DOES'], rows));
  return exitCodes.ok;
}
