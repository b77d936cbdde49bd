import { UsageError } from './exit.ts';

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90s`, `15m`, `2h`, `7d`, `1w` → seconds. Throws UsageError. */
export function secondsIn(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text) ?? [];
  const seconds = Number(amount) * (units[unit ?? ''] ?? NaN);
  if (seconds > 0) return seconds;
  throw new UsageError(`"${text}" is not a duration; write 90s, 15m, 2h, 7d or 1w`);
}

/** A time (RFC 3339), or so long before `now`: `7d`. → RFC 3339. Throws UsageError. */
export function timeIn(text: string, now: string): string {
  const time = Date.parse(text);
  if (/^\d{4}-/.test(text) && Number.isFinite(time)) return new Date(time).toISOString();
  return new Date(Date.parse(now) - secondsIn(text) * 1000).toISOString();
}
