import { describe, expect, it } from 'vitest';
import { randomOf } from './random.ts';
import { Trend, trendParameters } from './trend.ts';

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

  it('tells minutes ahead when a fast leak reaches its limit, and says nothing where samples are too rare for that', () => {
    const secondsLeft = (interval: number): number | undefined => {
      const random = randomOf(3);
      const trend = new Trend(trendParameters.minutes);
      trend.grow(1);
      const leak = 0.5 / 600;
      const valueAt = (at: number): number => 0.5 + leak * Math.max(0, at) + 0.01 * normal(random);
      for (let at = -86_400; at <= 360; at += interval) trend.learn(0, valueAt(at), at);
      return trend.timeTo(0, 1)?.seconds;
    };
    for (const interval of [15, 30, 60]) {
      expect(secondsLeft(interval)).toBeGreaterThan(0.6 * 240);
      expect(secondsLeft(interval)).toBeLessThan(1.6 * 240);
    }
    expect(secondsLeft(300)).toBeUndefined();
  });

  it('sees no fast leak in noise that wanders', () => {
    const random = randomOf(4);
    const trend = new Trend(trendParameters.minutes);
    trend.grow(1);
    let [x, alarms] = [0, 0];
    for (let i = 0; i < 20_000; i += 1) {
      x = 0.9 * x + 0.02 * Math.sqrt(1 - 0.81) * normal(random);
      trend.learn(0, 0.5 + x, i * 30);
      if (trend.timeTo(0, 1)) alarms += 1;
    }
    expect(alarms).toBeLessThan(20);
  });
});
