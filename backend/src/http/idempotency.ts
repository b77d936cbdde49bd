import { digestOf } from '../model/index.ts';
import type { Identity } from '../pipeline/ports.ts';
import { HttpProblem } from './problems.ts';

const keptMs = 24 * 3600_000;
const keptAtMost = 10_000;

/**
 * A decision that is sent twice is made once: the same key, person and body get the first answer again; the same key with
 * anything else is refused. Remembered in this process; after a restart the digest and the phase of the incident refuse.
 */
export function createIdempotency(now: () => number = Date.now) {
  const seen = new Map<string, { readonly what: string; readonly at: number; readonly answer: Promise<unknown> }>();

  function forgetOld(): void {
    for (const [key, entry] of seen) {
      if (now() - entry.at < keptMs && seen.size <= keptAtMost) return;
      seen.delete(key);
    }
  }

  return async <T>(
    key: string,
    by: Identity,
    body: unknown,
    act: () => Promise<T>,
  ): Promise<{ value: T; replayed: boolean }> => {
    forgetOld();
    const what = digestOf([by.issuer, by.subject, body]);
    const before = seen.get(key);
    if (before && before.what !== what)
      throw new HttpProblem(
        409,
        'IdempotencyKeyReused',
        'this idempotency key was used for another decision; make a new one',
      );
    if (before) return { value: (await before.answer) as T, replayed: true };
    const answer = act();
    seen.set(key, { what, at: now(), answer });
    // A refusal may be asked again: the next try with this key is a try of its own.
    answer.catch(() => seen.delete(key));
    return { value: await answer, replayed: false };
  };
}
