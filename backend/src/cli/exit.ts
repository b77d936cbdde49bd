import { ConfigError } from '../config.ts';
import { Refused, Unreachable } from '../http/client.ts';

/** What a script may rely on; `kubewise --help` prints it. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3, refused: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodesText = `Exit codes:
  0  done
  1  failed, or what was asked about is not well
  2  wrong usage or configuration
  3  no KubeWise answers at that address
  4  refused: no right, plan changed, not found, not valid`;

/** A mistake of the caller that the parser cannot see. */
export class UsageError extends Error {}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof ConfigError) return exitCodes.usage;
  if (error instanceof Unreachable) return exitCodes.unreachable;
  return error instanceof Refused ? exitCodes.refused : exitCodes.failed;
}

/** What went wrong and what to do about it, for a person. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof Unreachable)
    return `${text}\nIs it running? Start it with "kubewise serve", or name it with --url.`;
  if (error instanceof Refused && error.status === 401) return `${text}\nGive a token with --token or KUBEWISE_TOKEN.`;
  if (error instanceof Refused && error.reason === 'PlanChanged')
    return `${text}\nRead the new one with "kubewise plan show" and decide again.`;
  return text;
}
