import { quantity as parsed } from '../quantity.ts';

/** A Kubernetes quantity as a number (cores or bytes); `missing` when there is none. */
export function quantity(text: unknown, missing = Infinity): number {
  const value = parsed(text);
  return Number.isNaN(value) ? missing : value;
}
