import { expect, it } from 'vitest';
import { Episodes, timesThisWeek } from './episodes.ts';

const hour = 3600;

it('counts what begins again within a week, and what begins again at once as one', () => {
  const episodes = new Episodes();
  expect(episodes.note('a', 0)).toBe(1);
  expect(episodes.note('a', 0.2 * hour)).toBe(1);
  expect(episodes.note('b', 0)).toBe(1);
  expect(episodes.note('a', 5 * hour)).toBe(2);
  expect(episodes.note('a', 30 * hour)).toBe(3);
  expect(episodes.before('a', 31 * hour)).toBe(3);
  expect(episodes.note('a', 180 * hour)).toBe(2);
  expect(episodes.before('nobody', 0)).toBe(0);
});

it('forgets after a week, and does not grow', () => {
  const episodes = new Episodes();
  for (let i = 0; i < 1000; i += 1) episodes.note(`series ${i}`, i * hour);
  expect(episodes.size).toBeLessThanOrEqual(168);
  for (let i = 0; i < 300; i += 1) expect(episodes.note('busy', 1000 * hour + i * 0.55 * hour)).toBeLessThanOrEqual(33);
});

it.each([
  [1, ''],
  [2, 'the second time this week'],
  [3, 'the third time this week'],
  [12, 'the 12th time this week'],
])('says it in words: %i', (episode, words) => expect(timesThisWeek(episode)).toBe(words));
