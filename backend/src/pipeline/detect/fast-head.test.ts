import { expect, test } from 'vitest';
import { FastHead } from './fast-head.ts';
import { randomOf } from './random.ts';

const start = 1_700_006_400;

/**
 * Two weeks of noise that is eight times as wide for three hours of each day: from 12:00 UTC on, or at hours that move;
 * what the last day says of it, and of a jolt at night.
 */
function strangest(moves: boolean): { readonly then: number; readonly jolt: number } {
  const head = new FastHead();
  head.grow(1);
  const random = randomOf(5);
  let then = 0;
  let jolt = 0;
  for (let i = 0; i < 14 * 1440; i += 1) {
    const time = start + 60 * i;
    const hour = Math.floor(time / 3600) % 24;
    const first = moves ? (12 + 5 * Math.floor(i / 1440)) % 24 : 12;
    const wide = (hour - first + 24) % 24 < 3;
    const isJolt = i > 13 * 1440 && hour === 3 && Math.floor(time / 60) % 60 === 30;
    const value = 100 + (wide ? 8 : 1) * (random() + random() + random() - 1.5) + (isJolt ? 8 : 0);
    const surprise = head.score(0, value, time);
    head.learn(0, value, time);
    if (i <= 13 * 1440) continue;
    if (wide) then = Math.max(then, surprise);
    if (isJolt) jolt = surprise;
  }
  return { then, jolt };
}

test('a jolt at a calm time of the day is not hidden by the noise of another time', () => {
  const told = strangest(false);
  const untold = strangest(true);
  expect(told.jolt).toBeGreaterThan(told.then + 1);
  expect(told.jolt).toBeGreaterThan(untold.jolt + 1);
  expect(told.then).toBeLessThan(untold.then + 0.5);
});
