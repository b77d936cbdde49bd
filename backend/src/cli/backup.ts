import type { Context } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';

/** `kubewise backup`: a consistent copy of the embedded database, beside it on the server. */
export async function backup(context: Context): Promise<ExitCode> {
  const copy = await context.api().backup();
  context.show(copy, () => `${copy.path} (${Math.ceil(copy.bytes / 1024)} KiB)`);
  return exitCodes.ok;
}
