import { describe, expect, it } from 'vitest';
import { AdaptiveRandomForest } from './adaptive-random-forest.ts';
import { FeedbackForest, forestFrom, type Features } from './adaptive-random-forest-feedback.ts';
import { Adwin } from './drift.ts';
import { randomOf } from './random.ts';

describe('ADWIN', () => {
  it('keeps a window over a steady stream and drops the past after a change', () => {
    const random = randomOf(5);
    const adwin = new Adwin();
    let alarms = 0;
    for (let i = 0; i < 5000; i += 1) if (adwin.add(random() < 0.2 ? 1 : 0)) alarms += 1;
    expect(alarms).toBeLessThanOrEqual(2);
    expect(adwin.mean).toBeCloseTo(0.2, 1);
    let heard = -1;
    for (let i = 0; i < 400 && heard < 0; i += 1) if (adwin.add(random() < 0.8 ? 1 : 0)) heard = i;
    expect(heard).toBeGreaterThan(0);
    expect(heard).toBeLessThan(100);
    for (let i = 0; i < 2000; i += 1) adwin.add(random() < 0.8 ? 1 : 0);
    expect(adwin.mean).toBeGreaterThan(0.7);
    expect(adwin.width).toBeLessThan(2500);
  });

  it('knows the mean of what it holds', () => {
    const adwin = new Adwin(1e-9);
    const values = Array.from({ length: 1000 }, (_, i) => (i % 10) / 10);
    for (const value of values) adwin.add(value);
    expect(adwin.width).toBe(1000);
    expect(adwin.mean).toBeCloseTo(0.45, 9);
  });
});

describe('adaptive random forest', () => {
  const draw = (random: () => number) => Float64Array.from({ length: 6 }, () => random());

  it('learns an interaction of two features', () => {
    const random = randomOf(2);
    const forest = new AdaptiveRandomForest(6, randomOf(3));
    const truth = (x: Float64Array): 0 | 1 => (x[0]! > 0.5 && x[1]! > 0.4 ? 1 : 0);
    let right = 0;
    for (let i = 0; i < 2500; i += 1) {
      const x = draw(random);
      if (i >= 2000 && forest.predict(x) >= 0.5 === (truth(x) === 1)) right += 1;
      forest.learn(x, truth(x));
    }
    expect(right / 500).toBeGreaterThan(0.9);
  });

  it('follows when the meaning of the labels changes', () => {
    const random = randomOf(2);
    const forest = new AdaptiveRandomForest(6, randomOf(4));
    const teach = (count: number, sign: number): number => {
      let right = 0;
      for (let i = 0; i < count; i += 1) {
        const x = draw(random);
        const label = (x[2]! - 0.5) * sign > 0 ? 1 : 0;
        if (i >= count - 300 && forest.predict(x) >= 0.5 === (label === 1)) right += 1;
        forest.learn(x, label);
      }
      return right / 300;
    };
    expect(teach(1500, 1)).toBeGreaterThan(0.9);
    expect(teach(1500, -1)).toBeGreaterThan(0.9);
    expect(forest.drifts).toBeGreaterThan(0);
  });
});

/** Alarms as they look: real ones are far and long, false ones near and at night. */
function alarm(random: () => number, real: boolean): Features {
  const noise = () => random() - 0.5;
  return {
    S_short: 5 + 2 * noise() + (real ? 3 : 0),
    S_lag: 4 + 2 * noise(),
    residual: (real ? 0.6 : 0.15) + 0.2 * noise(),
    hour_sin: real ? noise() : 0.9 + 0.2 * noise(),
    episode: real ? 5 + 3 * noise() : 1 + noise(),
  };
}
/** Share of 400 false and 400 real alarms that still stand above their threshold of 3.5. */
function standing(forest: FeedbackForest): readonly [falseOnes: number, realOnes: number] {
  const random = randomOf(99);
  const rate = (real: boolean): number => {
    let count = 0;
    for (let i = 0; i < 400; i += 1) if (forest.corrected(5, alarm(random, real)) >= 3.5) count += 1;
    return count / 400;
  };
  return [rate(false), rate(true)];
}
function taught(labels: number, say: (real: boolean, random: () => number) => boolean, seed = 7): FeedbackForest {
  const random = randomOf(seed);
  const forest = new FeedbackForest(1);
  for (let i = 0; i < labels; i += 1) {
    const real = random() < 0.4;
    forest.learn(alarm(random, real), say(real, random));
  }
  return forest;
}

describe('feedback', () => {
  it('turns 30 honest labels into fewer false alarms without losing the real ones', () => {
    const [falseOnes, realOnes] = standing(taught(30, (real) => real));
    expect(falseOnes).toBeLessThan(0.6);
    expect(realOnes).toBeGreaterThan(0.98);
  });

  it('holds back at once what the like of it was on the same series, and there only', () => {
    const forest = new FeedbackForest(1);
    const quiet = { series: 7, S_fused: 3.2, sign: 1, residual: 0.2 };
    const loud = { series: 8, S_fused: 20, sign: 1, residual: 1 };
    for (let i = 0; i < 20; i += 1) forest.learn(i % 2 ? quiet : loud, i % 2 === 0);
    expect(forest.corrected(3.2, quiet)).toBeLessThan(1.5);
    expect(forest.corrected(20, loud)).toBe(20);
    expect(forest.corrected(3.2, { ...quiet, series: 9 })).toBeGreaterThan(2);
  });

  it('gets nothing out of random labels', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const [falseOnes, realOnes] = standing(taught(60, (_, random) => random() < 0.5, seed));
      expect(falseOnes).toBeGreaterThan(0.95);
      expect(realOnes).toBeGreaterThan(0.95);
    }
  });

  it('believes labels of one kind for their like only', () => {
    const random = randomOf(3);
    const forest = new FeedbackForest(1);
    const seen = alarm(random, false);
    for (let i = 0; i < 10; i += 1) forest.learn(seen, false);
    expect(forest.corrected(5, seen)).toBeLessThan(3.5);
    expect(forest.corrected(5, { ...seen, S_short: 30, residual: 3, episode: 20 })).toBeGreaterThan(4.5);
  });

  it('knows nothing at first, and is the same again from imported history', () => {
    expect(new FeedbackForest().corrected(4, {})).toBe(4);
    const random = randomOf(11);
    const history = Array.from({ length: 40 }, (_, i) => {
      const real = random() < 0.4;
      return { features: alarm(random, real), truePositive: real, at: i };
    });
    const [a, b] = [forestFrom(history), forestFrom(history.toReversed())];
    const probe = alarm(random, true);
    expect(a.labels).toBe(40);
    expect(a.corrected(5, probe)).toBe(b.corrected(5, probe));
  });

  it('answers with numbers whatever the features are', () => {
    const forest = taught(40, (real) => real);
    for (const value of [NaN, Infinity, -Infinity, 1e308]) {
      forest.learn({ S_short: value, residual: value }, true);
      expect(Number.isFinite(forest.corrected(5, { S_short: value, episode: value }))).toBe(true);
    }
  });
});
