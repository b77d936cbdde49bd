import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Credibility, JointSurprise } from './joint-surprise.ts';

const surprise = fc.double({ min: 0, max: 60, noNaN: true });

test('a series that has always been calibrated is believed in full', () => {
  const credibility = new Credibility();
  for (let i = 0; i < 1000; i += 1) credibility.of(i % 10 === 0 ? 3 : 0.5);
  expect(credibility.of(40)).toBe(40);
});

test('the more often a series has shouted, the less its next shout counts; silence restores it', () => {
  const credibility = new Credibility();
  const shouts: number[] = [];
  for (let i = 0; i < 1000; i += 1) {
    const counted = credibility.of(i % 50 === 0 ? 40 : 1);
    if (i % 50 === 0) shouts.push(counted);
  }
  for (const [i, shout] of shouts.entries()) if (i > 0) expect(shout).toBeLessThan(shouts[i - 1]!);
  const last = shouts.at(-1) ?? 0;
  for (let i = 0; i < 2000; i += 1) credibility.of(1);
  expect(credibility.of(40)).toBeGreaterThan(last + 10);
});

test('it never adds to a surprise, never takes what a calibrated series may say, and keeps their order', () => {
  fc.assert(
    fc.property(fc.array(surprise, { maxLength: 200 }), surprise, surprise, (past, a, b) => {
      const after = (next: number): number => {
        const credibility = new Credibility();
        for (const one of past) credibility.of(one);
        return credibility.of(next);
      };
      expect(after(a)).toBeLessThanOrEqual(a);
      expect(after(a)).toBeGreaterThanOrEqual(Math.min(a, 5));
      expect(after(Math.max(a, b))).toBeGreaterThanOrEqual(after(Math.min(a, b)));
    }),
  );
});

test('the strangest three speak for a workload, and a round without series changes nothing', () => {
  const joint = new JointSurprise();
  for (const one of [1, 9, 2, 6, 3]) joint.add(one);
  joint.end();
  expect(joint.now).toBe(6);
  const before = joint.joint;
  joint.end();
  expect(joint.joint).toBe(before);
});
