import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptiveScaling } from './adaptive-scaling.ts';
import { MultivariateHead } from './multivariate.ts';
import { WorkloadVectors } from './multivariate-workload.ts';
import { randomOf } from './random.ts';

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Load drives CPU and latency together: neither is strange alone when they part. */
function coupled(random: () => number, values: Float64Array): void {
  const load = normal(random);
  values[0] = 10 + 3 * load + 0.1 * normal(random);
  values[1] = 200 + 50 * load + 2 * normal(random);
  values[2] = 5 + normal(random);
}

describe('multivariate', () => {
  it('finds two metrics that part though each is in its range', () => {
    const random = randomOf(1);
    const head = new MultivariateHead(3);
    const values = new Float64Array(3);
    const usual: number[] = [];
    for (let i = 0; i < 3000; i += 1) {
      coupled(random, values);
      if (i > 1000) usual.push(head.score(values));
      head.learn(values);
    }
    const p99 = usual.sort((a, b) => a - b)[Math.floor(0.99 * usual.length)]!;
    expect(head.score(Float64Array.of(13, 150, 5))).toBeGreaterThan(p99);
    expect(head.score(Float64Array.of(13, 250, 5))).toBeLessThan(p99);
  });

  it('is not deaf after nonsense, whenever it came', () => {
    const strange = Float64Array.of(13, 150, 5);
    /** How strange two metrics that part are, 600 samples after the first; before sample `at` comes nonsense. */
    const saidAfter = (at: number, nonsense: readonly number[]): number => {
      const random = randomOf(4);
      const head = new MultivariateHead(3);
      const values = new Float64Array(3);
      for (let i = 0; i < 600; i += 1) {
        if (i === at) head.learn(Float64Array.from(nonsense));
        coupled(random, values);
        head.learn(values);
      }
      return head.score(strange);
    };
    const unhurt = saidAfter(-1, []);
    const wild = fc.constantFrom(1e308, -1e308, 1.7e308, Infinity, NaN, 1e29, -1e12, 1e6, 0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.tuple(wild, wild, wild), (at, nonsense) => {
        expect(saidAfter(at, nonsense)).toBeGreaterThan(0.2 * unhurt);
      }),
      { numRuns: 60 },
    );
    // of the very first sample, what is no measurement
    expect(saidAfter(0, [1e308, -1e308, NaN])).toBeGreaterThan(0.2 * unhurt);
  });

  it('does not take a long outage for normal soon', () => {
    const random = randomOf(2);
    const head = new MultivariateHead(3);
    const values = new Float64Array(3);
    for (let i = 0; i < 2000; i += 1) {
      coupled(random, values);
      head.learn(values);
    }
    const outage = Float64Array.of(40, 900, 25);
    const first = head.score(outage);
    for (let i = 0; i < 30; i += 1) head.learn(outage);
    expect(head.score(outage)).toBeGreaterThan(0.6 * first);
  });

  it('does not care about units, and answers with numbers to anything', () => {
    const random = randomOf(3);
    const [one, other] = [new MultivariateHead(3), new MultivariateHead(3)];
    const values = new Float64Array(3);
    for (let i = 0; i < 400; i += 1) {
      coupled(random, values);
      one.learn(values);
      other.learn(values.map((value) => value * 1000));
    }
    const probe = Float64Array.of(15, 100, 9);
    expect(one.score(probe)).toBeCloseTo(other.score(probe.map((value) => value * 1000)), 4);
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 3, maxLength: 3 }), (given) => {
        const strange = Float64Array.from(given);
        one.learn(strange);
        expect(Number.isFinite(one.score(strange))).toBe(true);
      }),
    );
  });

  it('judges workloads by themselves, from the rows of a round', () => {
    const random = randomOf(4);
    const vectors = new WorkloadVectors({ n: 10, height: 8, window: 100 }, randomOf(1));
    for (let row = 0; row < 6; row += 1) vectors.add(row, row < 3 ? 'web' : 'db');
    const values = new Float64Array(6);
    const batch = {
      rows: Uint32Array.from([0, 1, 2, 3, 4, 5]),
      values,
      masked: new Uint8Array(6),
      timestamp: 0,
      count: 6,
    };
    for (let i = 0; i < 1000; i += 1) {
      coupled(random, values.subarray(0, 3));
      coupled(random, values.subarray(3));
      vectors.observe(batch);
    }
    const quiet = [vectors.distance('web'), vectors.trees('web')];
    values.set([30, 20, 30]);
    vectors.observe(batch);
    expect(vectors.distance('web')).toBeGreaterThan(quiet[0]! + 1);
    expect(vectors.trees('web')).toBeGreaterThan(quiet[1]!);
    expect(vectors.distance('db')).toBeLessThan(2);
    expect(vectors.distance('nobody')).toBe(0);
  });

  it('scales to what the stream has shown', () => {
    const scaling = new AdaptiveScaling(1);
    expect(scaling.scaled(0, 5)).toBe(0);
    for (const value of [2, 4, NaN, Infinity, 3]) scaling.learn(0, value);
    expect([1, 2, 3, 4, 9].map((value) => scaling.scaled(0, value))).toEqual([0, 0, 0.5, 1, 1]);
  });
});
