import type { Context } from './context.ts';
import { exitCodes, UsageError, type ExitCode } from './exit.ts';

/** `kubewise mode [MANUAL|AUTO]` */
export async function mode(context: Context, wanted: string | undefined): Promise<ExitCode> {
  const word = wanted?.toUpperCase();
  if (word !== undefined && word !== 'MANUAL' && word !== 'AUTO') throw new UsageError('the mode is MANUAL or AUTO');
  const api = context.api();
  const answer = word === undefined ? await api.mode() : await api.setMode(word);
  context.show(answer, () => answer.mode);
  return exitCodes.ok;
}

/** `kubewise killswitch [on|off]`: on stops every remediation; it never goes off by itself. */
export async function killSwitch(context: Context, wanted: string | undefined): Promise<ExitCode> {
  if (wanted !== undefined && wanted !== 'on' && wanted !== 'off') throw new UsageError('say on or off');
  const api = context.api();
  const answer = wanted === undefined ? await api.killSwitch() : await api.setKillSwitch(wanted === 'on');
  context.show(answer, () => (answer.on ? 'on: nothing is executed' : 'off'));
  return exitCodes.ok;
}
