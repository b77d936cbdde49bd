import { expect, test } from 'vitest';
import { FastHead, fastParameters } from './fast-head.ts';
import { randomOf } from './random.ts';

const start = 1_700_006_400;

/** Two weeks of noise that is eight times as wide from 12:00 to 15:00 UTC; what the last day says of it, and of a jolt at night. */
function strangest(calmRate: number): { readonly then: number; readonly jolt: number } {
  const head = new FastHead({ ...fastParameters, calmRate });
  head.grow(1);
  const random = randomOf(5);
  let then = 0;
  let jolt = 0;
  for (let i = 0; i < 14 * 1440; i += 1) {
    const time = start + 60 * i;
    const hour = Math.floor(time / 3600) % 24;
    const wide = hour >= 12 && hour < 15;
    const isJolt = i > 13 * 1440 && hour === 3 && Math.floor(time / 60) % 60 === 30;
    const value = 100 + (wide ? 8 : 1) * (random() + random() + random() - 1.5) + (isJolt ? 8 : 0);
    const surprise = head.step(0, value, time, true, 0);
    if (i <= 13 * 1440) continue;
    if (wide) then = Math.max(then, surprise);
    if (isJolt) jolt = surprise;
  }
  return { then, jolt };
}

test('a jolt at a calm time of the day is not hidden by the noise of another time', () => {
  const told = strangest(fastParameters.calmRate);
  const untold = strangest(0);
  expect(told.jolt).toBeGreaterThan(told.then + 1);
  expect(told.jolt).toBeGreaterThan(untold.jolt + 1);
  expect(told.then).toBeLessThan(untold.then + 0.5);
});
