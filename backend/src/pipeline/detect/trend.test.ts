import { describe, expect, it } from 'vitest';
import { randomOf } from './random.ts';
import { Trend } from './trend.ts';

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe('trend', () => {
  it('tells a day ahead when a leak reaches its limit, at any interval', () => {
    for (const interval of [15, 60, 300]) {
      const random = randomOf(1);
      const trend = new Trend();
      trend.grow(1);
      const leak = 0.5 / 86_400;
      for (let at = 0; at <= 43_200; at += interval) trend.learn(0, 0.4 + leak * at + 0.005 * normal(random), at);
      const left = (1 - (0.4 + leak * 43_200)) / leak;
      const found = trend.timeTo(0, 1)!;
      expect(found.seconds).toBeGreaterThan(0.75 * left);
      expect(found.seconds).toBeLessThan(1.35 * left);
      expect(trend.timeTo(0, 0)).toBeUndefined();
    }
  });

  it('sees no trend in noise', () => {
    const random = randomOf(2);
    const trend = new Trend();
    trend.grow(1);
    let alarms = 0;
    for (let i = 0; i < 5000; i += 1) {
      trend.learn(0, 0.5 + 0.02 * normal(random), i * 60);
      const found = trend.timeTo(0, 1);
      if (found && found.seconds < 3600) alarms += 1;
    }
    expect(alarms).toBe(0);
  });
});
