import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangePoint } from './change-point.ts';
import { randomOf } from './random.ts';
import { EntityHistory } from './sequences.ts';
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

describe('change point', () => {
  it('proves a change of level within a few samples, once, and stays calm about spikes and noise', () => {
    const random = randomOf(3);
    const detector = new ChangePoint();
    detector.grow(1);
    const found: number[] = [];
    for (let i = 0; i < 3000; i += 1) {
      const level = i >= 2000 ? 16 : 10;
      const value = level + normal(random) + (i % 500 === 250 ? 40 : 0);
      if (detector.learn(0, value) !== 0) found.push(i);
    }
    expect(found.length).toBeGreaterThanOrEqual(1);
    expect(found.length).toBeLessThanOrEqual(2);
    expect(found[0]).toBeGreaterThanOrEqual(2000);
    expect(found[0]).toBeLessThan(2012);
  });

  it('says nothing about what is not a number', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 200 }), (values) => {
        const detector = new ChangePoint();
        detector.grow(1);
        for (const value of values) expect([-1, 0, 1]).toContain(detector.learn(0, value));
      }),
    );
  });
});

describe('event sequences', () => {
  it('recognises a known sequence once per episode, whatever lies in between, per entity', () => {
    const history = new EntityHistory();
    const names = (entity: string, reason: string, at: number) =>
      history.note(entity, reason, at).map((one) => one.sequence.name);
    expect(names('web', 'OOMKilling', 100)).toEqual([]);
    expect(names('db', 'BackOff', 110)).toEqual([]);
    expect(names('web', 'Pulled', 120)).toEqual([]);
    expect(names('web', 'BackOff', 160)).toEqual(['OomLoop']);
    expect(names('web', 'BackOff', 200)).toEqual([]);
    expect(names('web', 'OOMKilling', 5000)).toEqual([]);
    expect(names('web', 'BackOff', 5100)).toEqual(['OomLoop']);
    expect(history.past('web')).toEqual({ episodes: 2, lastAt: 5100, bySequence: { OomLoop: 2 } });
    expect(history.past('db').episodes).toBe(0);
  });

  it('needs the order and the time', () => {
    const history = new EntityHistory();
    history.note('web', 'BackOff', 0);
    expect(history.note('web', 'OOMKilling', 10)).toEqual([]);
    expect(history.note('web', 'BackOff', 2000)).toEqual([]);
    history.forget(3000);
    expect(history.past('web').episodes).toBe(0);
  });
});
