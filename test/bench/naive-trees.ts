/** Half-Space Trees as the paper's pseudo code reads: a node is an object, the window flip walks the tree. For comparison. */
interface Node {
  readonly feature: number;
  readonly threshold: number;
  readonly left: Node | undefined;
  readonly right: Node | undefined;
  reference: number;
  latest: number;
}

function planted(depth: number, low: number[], high: number[], random: () => number): Node {
  const feature = Math.floor(random() * low.length);
  const [a, b] = [low[feature] ?? 0, high[feature] ?? 1];
  const threshold = a + (b - a) * (0.15 + 0.7 * random());
  if (depth === 0) return { feature, threshold, left: undefined, right: undefined, reference: 0, latest: 0 };
  const left = planted(depth - 1, low, high.with(feature, threshold), random);
  const right = planted(depth - 1, low.with(feature, threshold), high, random);
  return { feature, threshold, left, right, reference: 0, latest: 0 };
}

export function createNaiveTrees(n: number, height: number, window: number, dimensions: number, random: () => number) {
  const zeros = new Array<number>(dimensions).fill(0);
  const ones = new Array<number>(dimensions).fill(1);
  const roots = Array.from({ length: n }, () => planted(height, zeros, ones, random));
  let seen = 0;
  const flip = (node: Node | undefined): void => {
    if (!node) return;
    node.reference = node.latest;
    node.latest = 0;
    flip(node.left);
    flip(node.right);
  };
  return (vector: readonly number[]): number => {
    let score = 0;
    for (const root of roots) {
      let weight = 1;
      let counts = true;
      for (let node: Node | undefined = root; node; weight *= 2) {
        if (counts) score += node.reference * weight;
        if (node.reference < 0.1 * window) counts = false;
        node.latest += 1;
        node = (vector[node.feature] ?? 0) < node.threshold ? node.left : node.right;
      }
    }
    seen += 1;
    if (seen % window === 0) for (const root of roots) flip(root);
    return score;
  };
}
