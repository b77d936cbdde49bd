import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptiveScaling } from './adaptive-scaling.ts';
import { ChangePoint } from './change-point.ts';
import { blockOf } from './columns.ts';
import { FastHead } from './fast-head.ts';
import { defaultTrees, HalfSpaceTrees, splitsOf } from './half-space-trees.ts';
import { MultivariateHead } from './multivariate.ts';
import { WorkloadVectors } from './multivariate-workload.ts';
import { randomOf } from './random.ts';
import { SlowHead } from './slow-head.ts';
import { Trend } from './trend.ts';

/** A detector as this suite sees it: one vector at a time, everything that it says about it, and its state where it shows. */
interface Subject {
  readonly say: (values: readonly number[], timestamp: number) => readonly number[];
  /** What must lie in [0, 1]. */
  readonly scores?: () => readonly number[];
  readonly floats?: () => number;
}

const interval = 60;
const first = (values: readonly number[]): number => values[0] ?? NaN;

function headOf(head: FastHead | SlowHead): Subject {
  head.grow(1);
  const block = blockOf(1);
  block.learns[0] = 1;
  return {
    say: (values, at) => {
      // Whoever owns the heads hands on finite values only.
      if (!Number.isFinite(first(values))) return [];
      block.values[0] = first(values);
      head.observe(block, 1, at);
      return [block.surprises[0] ?? NaN, head.seen(0), block.leans[0] ?? NaN];
    },
    floats: () => head.data.length,
  };
}

function treesOf(): Subject {
  const trees = new HalfSpaceTrees(splitsOf({ ...defaultTrees, window: 20 }, 3, randomOf(1)));
  const scaling = new AdaptiveScaling(3);
  const vector = new Float64Array(3);
  let score = 0;
  return {
    say(values) {
      for (const [i, value] of values.entries()) {
        scaling.learn(i, value);
        vector[i] = scaling.scaled(i, value);
      }
      return [(score = trees.step(0, vector, 0, true))];
    },
    scores: () => [score],
    floats: () => trees.bytesPerModel,
  };
}

function multivariateOf(): Subject {
  const head = new MultivariateHead(3);
  return {
    say(values) {
      const vector = Float64Array.from(values);
      const said = head.score(vector);
      head.learn(vector);
      return [said];
    },
  };
}

function workloadOf(): Subject {
  const workload = new WorkloadVectors({ ...defaultTrees, window: 20 }, randomOf(1));
  for (const row of [0, 1, 2]) workload.add(row, 'w');
  const fixed = { rows: Uint32Array.of(0, 1, 2), masked: new Uint8Array(3), count: 3 };
  return {
    say(values, timestamp) {
      workload.observe({ ...fixed, values: Float64Array.from(values), timestamp });
      return [workload.distance('w')];
    },
    scores: () => [workload.trees('w')],
    floats: () => workload.targets.size,
  };
}

function trendOf(): Subject {
  const trend = new Trend();
  trend.grow(1);
  return {
    say(values, at) {
      trend.learn(0, first(values), at);
      const found = trend.timeTo(0, 1);
      return [trend.slope(0), trend.level(0), trend.clarity(0), ...(found ? [found.seconds, found.slope] : [])];
    },
  };
}

function changePointOf(): Subject {
  const levels = new ChangePoint();
  levels.grow(1);
  return {
    say(values, at) {
      const proven = levels.learn(0, first(values), at);
      const shift = levels.shift(0, at, Infinity);
      return [proven, ...(shift ? [shift.at, shift.from, shift.to] : [])];
    },
  };
}

const subjects: readonly (readonly [name: string, make: () => Subject])[] = [
  ['the fast head', () => headOf(new FastHead())],
  ['the slow head', () => headOf(new SlowHead())],
  ['Half-Space Trees', treesOf],
  ['the multivariate head', multivariateOf],
  ['workload vectors', workloadOf],
  ['the trend', trendOf],
  ['the change point', changePointOf],
];

const odd = fc.constantFrom(NaN, Infinity, -Infinity, 1e308, -1e308, 1.7e308, 0, -0, 5e-324);
const anything = fc.oneof(fc.double(), odd, fc.double({ min: -1, max: 1, noNaN: true }));
const vectors = fc.array(fc.tuple(anything, anything, anything), { minLength: 1, maxLength: 300 });

describe.each(subjects)('%s', (_, make) => {
  it('says numbers whatever comes in, scores in [0, 1], and its state does not grow', () => {
    fc.assert(
      fc.property(vectors, (rows) => {
        const subject = make();
        const size = subject.floats?.();
        for (const [i, values] of rows.entries()) {
          const said = subject.say(values, 1_700_000_000 + interval * i);
          expect(said.filter((one) => !Number.isFinite(one))).toEqual([]);
          expect(subject.scores?.().every((score) => score >= 0 && score <= 1)).not.toBe(false);
        }
        expect(subject.floats?.()).toBe(size);
      }),
      { numRuns: 60 },
    );
  });

  it('says the same for the same stream, and finds its way back after nonsense', () => {
    const random = randomOf(9);
    const healthy = Array.from({ length: 400 }, () => [random(), random(), random()]);
    const [one, other, hurt] = [make(), make(), make()];
    for (const [i, values] of healthy.entries()) {
      const at = 1_700_000_000 + interval * i;
      expect(other.say(values, at)).toEqual(one.say(values, at));
      hurt.say(i % 50 === 49 ? [1e308, -1e308, NaN] : values, at);
    }
    const calm = hurt.say([0.5, 0.5, 0.5], 1_700_000_000 + interval * 400);
    expect(calm.every(Number.isFinite)).toBe(true);
  });
});

describe('units', () => {
  it('the time to a limit does not depend on the unit, nor on where zero is', () => {
    const timeTo = (scale: number, shift: number): number | undefined => {
      const random = randomOf(3);
      const trend = new Trend();
      trend.grow(1);
      for (let i = 0; i < 300; i += 1) trend.learn(0, scale * (0.2 + 0.002 * i + 0.01 * random() + shift), 60 * i);
      return trend.timeTo(0, scale * (1 + shift))?.seconds;
    };
    const plain = timeTo(1, 0);
    expect(plain).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.integer({ min: -8, max: 40 }), fc.double({ min: -50, max: 50, noNaN: true }), (power, shift) => {
        expect(timeTo(2 ** power, shift)! / plain!).toBeCloseTo(1, 3);
      }),
    );
  });
});
