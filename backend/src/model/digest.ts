import { createHash } from 'node:crypto';
import type { Json } from './json.ts';

/** JSON with sorted keys and without undefined: equal data gives equal text (RFC 8785 in spirit). */
export function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, v]) => `${JSON.stringify(key)}:${canonical(v)}`).join(',')}}`;
}

/** SHA-256 over the canonical form, hex. What an approval names. */
export const digestOf = (value: unknown): string =>
  createHash('sha256')
    .update(canonical(value as Json))
    .digest('hex');
