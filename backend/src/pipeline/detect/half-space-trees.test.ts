import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HalfSpaceTrees, splitsOf } from './half-space-trees.ts';
import { randomOf } from './random.ts';

/** CPython's Mersenne Twister (`random.Random(seed).random`), to draw the forest that River's documentation shows. */
function pythonRandom(seed: number): () => number {
  const mt = new Uint32Array(624);
  mt[0] = 19650218;
  for (let i = 1; i < 624; i++) mt[i] = Math.imul(1812433253, mt[i - 1]! ^ (mt[i - 1]! >>> 30)) + i;
  let i = 1;
  for (let k = 624; k > 0; k--) {
    mt[i] = (mt[i]! ^ Math.imul(mt[i - 1]! ^ (mt[i - 1]! >>> 30), 1664525)) + seed;
    i += 1;
    if (i >= 624) {
      mt[0] = mt[623]!;
      i = 1;
    }
  }
  for (let k = 623; k > 0; k--) {
    mt[i] = (mt[i]! ^ Math.imul(mt[i - 1]! ^ (mt[i - 1]! >>> 30), 1566083941)) - i;
    i += 1;
    if (i >= 624) {
      mt[0] = mt[623]!;
      i = 1;
    }
  }
  mt[0] = 0x80000000;
  let at = 624;
  const twist = (): void => {
    for (let k = 0; k < 624; k++) {
      const y = (mt[k]! & 0x80000000) | (mt[(k + 1) % 624]! & 0x7fffffff);
      mt[k] = mt[(k + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  };
  const word = (): number => {
    if (at === 624) twist();
    let y = mt[at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  return () => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
}

type Vector = readonly number[];
interface Node {
  l: number;
  r: number;
  readonly feature: number;
  readonly threshold: number;
  readonly children?: readonly [Node, Node];
}

/** The published algorithm written down plainly with nodes and recursion: what the arrays are compared with. */
function plainHalfSpaceTrees(n: number, height: number, window: number, dimensions: number, random: () => number) {
  const tree = (limits: readonly (readonly [number, number])[], left: number): Node => {
    if (left === 0) return { l: 0, r: 0, feature: -1, threshold: 0 };
    const widths = limits.map(([a, b]) => b - a);
    const at = random() * widths.reduce((x, y) => x + y, 0);
    let feature = 0;
    for (let sum = widths[0]!; feature < dimensions - 1 && at >= sum; sum += widths[feature]!) feature += 1;
    const [a, b] = limits[feature]!;
    const from = a + 0.15 * (b - a);
    const threshold = from + (b - 0.15 * (b - a) - from) * random();
    const within = (limit: readonly [number, number]) => limits.map((old, f) => (f === feature ? limit : old));
    const children = [tree(within([a, threshold]), left - 1), tree(within([threshold, b]), left - 1)] as const;
    return { l: 0, r: 0, feature, threshold, children };
  };
  const trees = Array.from({ length: n }, () =>
    tree(
      Array.from({ length: dimensions }, () => [0, 1] as const),
      height,
    ),
  );
  const path = (node: Node, x: Vector): readonly Node[] => {
    if (!node.children) return [node];
    return [node, ...path(node.children[x[node.feature]! < node.threshold ? 0 : 1], x)];
  };
  const all = (node: Node): readonly Node[] => [node, ...(node.children?.flatMap(all) ?? [])];
  let counter = 0;
  let first = true;
  return {
    score(x: Vector): number {
      if (first) return 0;
      let score = 0;
      for (const root of trees)
        for (const [depth, node] of path(root, x).entries()) {
          score += node.r * 2 ** depth;
          if (node.r < 0.1 * window) break;
        }
      return 1 - score / (n * window * (2 ** (height + 1) - 1));
    },
    learn(x: Vector): void {
      for (const root of trees) for (const node of path(root, x)) node.l += 1;
      counter += 1;
      if (counter < window) return;
      for (const node of trees.flatMap(all)) [node.r, node.l] = [node.l, 0];
      first = false;
      counter = 0;
    },
  };
}

describe('Half-Space Trees', () => {
  it('gives the scores that the documentation of River prints for seed 42', () => {
    const trees = new HalfSpaceTrees(splitsOf({ n: 5, height: 3, window: 3 }, 1, pythonRandom(42)));
    const values = [0.5, 0.45, 0.43, 0.44, 0.445, 0.45, 0];
    for (const value of values.slice(0, 3)) trees.step(0, Float64Array.of(value), 0, true);
    const scores = values.map((value) => {
      trees.step(0, Float64Array.of(value), 0, true);
      return Number(trees.step(0, Float64Array.of(value), 0, false).toFixed(3));
    });
    expect(scores).toEqual([0.107, 0.071, 0.107, 0.107, 0.107, 0.071, 0.853]);
  });

  it('equals the plain algorithm to the bit, in one and in several dimensions, for small and large windows', () => {
    fc.assert(
      fc.property(
        fc.record({
          n: fc.integer({ min: 1, max: 6 }),
          height: fc.integer({ min: 1, max: 6 }),
          window: fc.constantFrom(3, 20, 250, 300),
          dimensions: fc.integer({ min: 1, max: 4 }),
          seed: fc.integer(),
        }),
        ({ n, height, window, dimensions, seed }) => {
          const plain = plainHalfSpaceTrees(n, height, window, dimensions, randomOf(seed));
          const fast = new HalfSpaceTrees(splitsOf({ n, height, window }, dimensions, randomOf(seed)), 2);
          const random = randomOf(seed + 1);
          for (let i = 0; i < 700; i++) {
            const x = Array.from({ length: dimensions }, () => random() ** 2);
            const expected = plain.score(x);
            plain.learn(x);
            expect(fast.step(1, Float64Array.from(x), 0, true)).toBe(expected);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('judges without learning, lets a missing value follow the crowd, and keeps models apart', () => {
    const trees = new HalfSpaceTrees(splitsOf({ n: 10, height: 8, window: 50 }, 1, randomOf(1)), 1);
    for (let i = 0; i < 100; i++) trees.step(0, Float64Array.of(0.7), 0, true);
    const usual = trees.step(0, Float64Array.of(0.7), 0, false);
    expect(trees.step(0, Float64Array.of(0.7), 0, false)).toBe(usual);
    expect(trees.step(0, Float64Array.of(0.1), 0, false)).toBeGreaterThan(usual);
    for (let i = 0; i < 10; i++) trees.step(0, Float64Array.of(0.7), 0, true);
    expect(trees.step(0, Float64Array.of(NaN), 0, false)).toBe(trees.step(0, Float64Array.of(0.7), 0, false));
    trees.grow(3);
    expect(trees.step(2, Float64Array.of(0.1), 0, true)).toBe(0);
    expect(trees.step(0, Float64Array.of(0.7), 0, false)).toBe(usual);
    trees.reset(0);
    expect(trees.step(0, Float64Array.of(0.1), 0, false)).toBe(0);
  });
});
