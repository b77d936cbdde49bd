import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangePoint } from './change-point.ts';
import { randomOf } from './random.ts';

const [minute, hour, day] = [60, 3600, 86_400];
const start = 19_000 * day;

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

interface Fire {
  readonly at: number;
  readonly way: -1 | 1;
  readonly onset: number;
  readonly size: number;
}

/** Feeds `valueAt(seconds since the start)`; what was proven, in seconds since the start. */
function firesOf(valueAt: (at: number) => number, days: number, interval = minute): readonly Fire[] {
  const levels = new ChangePoint();
  levels.grow(1);
  const fires: Fire[] = [];
  for (let at = 0; at < days * day; at += interval) {
    const way = levels.learn(0, valueAt(at), start + at);
    const shift = way === 0 ? undefined : levels.shift(0, start + at, day);
    if (way !== 0 && shift) fires.push({ at, way, onset: shift.at - start, size: shift.to - shift.from });
  }
  return fires;
}

/** A level with a rhythm of the day and noise that lasts some minutes, as of a service under load. */
function service(seed: number, weekend = 0) {
  const random = randomOf(seed);
  let wander = 0;
  return (at: number): number => {
    wander = 0.9 * wander + 0.4 * normal(random);
    const isWeekend = Math.floor(at / day) % 7 >= 5;
    return 100 + 30 * Math.sin((2 * Math.PI * at) / day) + 2 * wander - (isWeekend ? weekend : 0);
  };
}

describe('change point', () => {
  it('is silent about a rhythm of the day, noise, spikes and a job each night', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const healthy = service(seed);
      const random = randomOf(seed + 100);
      const spiky = (at: number): number => {
        const isJob = at % day >= 2 * hour && at % day < 2 * hour + 20 * minute;
        return healthy(at) + (random() < 0.002 ? 200 : 0) + (isJob ? 40 : 0);
      };
      expect(firesOf(healthy, 10)).toEqual([]);
      expect(firesOf(spiky, 10)).toEqual([]);
    }
  });

  it('knows the rhythm of the week once it was seen', () => {
    const fires = firesOf(service(3, 25), 28);
    expect(fires.map(({ at }) => Math.floor(at / day))).toEqual([5, 7]);
  });

  it.each([
    ['up', 25, 1, minute],
    ['down', -25, -1, minute],
    ['up, every 30 s', 25, 1, 30],
    ['up, every 5 minutes', 25, 1, 300],
  ] as const)('tells a step once, since when and how far: %s', (_, size, way, interval) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const healthy = service(seed);
      const stepAt = 4 * day + seed * hour + 7 * minute;
      const fires = firesOf((at) => healthy(at) + (at >= stepAt ? size : 0), 8, interval);
      expect(fires).toHaveLength(1);
      const [fire] = fires;
      expect(fire?.way).toBe(way);
      expect(fire!.at - stepAt).toBeLessThan(80 * minute);
      expect(Math.abs(fire!.onset - stepAt)).toBeLessThanOrEqual(Math.max(5 * minute, 2 * interval));
      expect(fire!.size / size).toBeGreaterThan(0.6);
      expect(fire!.size / size).toBeLessThan(1.4);
    }
  });

  it('suspects a step within minutes, when something else is wrong there and one asks', () => {
    const levels = new ChangePoint();
    levels.grow(1);
    const healthy = service(5);
    const stepAt = 3 * day;
    for (let at = 0; at < stepAt; at += 30) levels.learn(0, healthy(at), start + at);
    expect(levels.shift(0, start + stepAt, day)).toBeUndefined();
    for (let at = stepAt; at <= stepAt + 3 * minute; at += 30) levels.learn(0, healthy(at) + 60, start + at);
    const shift = levels.shift(0, start + stepAt + 3 * minute, day);
    expect(shift?.at).toBe(start + stepAt);
    expect(shift!.to - shift!.from).toBeGreaterThan(50);
  });

  it('does not depend on the unit, nor do rows on each other', () => {
    const healthy = service(7);
    const values = Array.from({ length: (5 * day) / 300 }, (_, i) => healthy(300 * i) + (i > 1000 ? 40 : 0));
    const at = (i: number): number => values[i] ?? 0;
    const plain = firesOf((second) => at(second / 300), 5, 300);
    expect(plain).toHaveLength(1);
    fc.assert(
      fc.property(fc.integer({ min: -12, max: 12 }), (power) => {
        const scale = 2 ** (3 * power);
        const other = firesOf((second) => scale * at(second / 300), 5, 300);
        expect(other.map((one) => one.at)).toEqual(plain.map((one) => one.at));
      }),
      { numRuns: 20 },
    );
    const levels = new ChangePoint();
    levels.grow(2);
    for (const [i, value] of values.entries()) {
      levels.learn(0, value, start + 300 * i);
      expect(levels.learn(1, 5, start + 300 * i)).toBe(0);
    }
  });

  it('whatever comes in, what it says is finite and its state does not grow', () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 1e308, -1e308, 0, 5e-324));
    const gap = fc.constantFrom(-60, 0, 30, 60, 300, 7200, 90_000);
    fc.assert(
      fc.property(fc.array(fc.tuple(value, gap), { maxLength: 300 }), (samples) => {
        const levels = new ChangePoint();
        levels.grow(1);
        let at = start;
        for (const [one, passed] of samples) {
          at += passed;
          expect([-1, 0, 1]).toContain(levels.learn(0, one, at));
          const shift = levels.shift(0, at, Infinity);
          if (shift) expect([shift.at, shift.from, shift.to].every(Number.isFinite)).toBe(true);
        }
      }),
    );
  });

  it('starts anew after a reset', () => {
    const levels = new ChangePoint();
    levels.grow(2);
    for (let i = 0; i < 1000; i += 1) levels.learn(1, i < 800 ? 1 : 9, start + 300 * i);
    expect(levels.shift(1, start + 300_000, day)).toBeDefined();
    levels.reset(1);
    expect(levels.shift(1, start + 300_000, day)).toBeUndefined();
  });
});
