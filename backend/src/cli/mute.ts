import type { MuteRequest, WireMute } from '../http/contract.ts';
import type { Context } from './context.ts';
import { secondsIn } from './duration.ts';
import { exitCodes, UsageError, type ExitCode } from './exit.ts';
import { plain, shortTime, table } from './table.ts';

export interface MuteOptions {
  readonly for: string;
  readonly why: string;
  readonly type?: string;
}

/** `shop` is a namespace, `shop/web` a workload of any kind, `Deployment/shop/web` exactly that one. */
function whomOf(target: string | undefined): Pick<MuteRequest, 'namespace' | 'kind' | 'name'> {
  if (target === undefined) return {};
  const parts = target.split('/');
  if (parts.length > 3 || parts.some((part) => part === ''))
    throw new UsageError(`"${target}" is not NAMESPACE, NAMESPACE/NAME or KIND/NAMESPACE/NAME`);
  const [first = '', second = '', third = ''] = parts;
  if (parts.length === 1) return { namespace: first };
  return parts.length === 2 ? { namespace: first, name: second } : { kind: first, namespace: second, name: third };
}

const labelOf = (mute: WireMute): string =>
  [[mute.kind, mute.namespace, mute.name].filter(Boolean).join('/'), mute.metricType].filter(Boolean).join(' ');

/** `kubewise mute add shop/web --for 2h --why "load test"` */
export async function muteAdd(context: Context, target: string | undefined, options: MuteOptions): Promise<ExitCode> {
  const whom = whomOf(target);
  if (target === undefined && options.type === undefined)
    throw new UsageError('name a target, or a metric type with --type');
  const made = await context.api().mute({
    ...whom,
    ...(options.type !== undefined && { metricType: options.type }),
    ...{ forSeconds: secondsIn(options.for), why: options.why },
  });
  context.show(
    made,
    () => `Muted ${plain(labelOf(made))} until ${shortTime(made.until)}. End it with: kubewise mute end ${made.id}`,
  );
  return exitCodes.ok;
}

export async function muteList(context: Context): Promise<ExitCode> {
  const page = await context.api().mutes();
  const rows = page.items.map((one) => [
    one.id,
    shortTime(one.until),
    plain(labelOf(one)),
    one.subject,
    plain(one.why),
  ]);
  context.show(page, () => (rows.length > 0 ? table(['ID', 'UNTIL', 'WHAT', 'BY', 'WHY'], rows) : 'Nothing is muted.'));
  return exitCodes.ok;
}

export async function muteEnd(context: Context, id: string): Promise<ExitCode> {
  await context.api().unmute(id);
  context.show({ ended: id }, () => `Mute ${id} ended.`);
  return exitCodes.ok;
}
