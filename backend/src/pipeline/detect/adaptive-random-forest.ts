import { Adwin } from './drift.ts';
import { Leaf, type Split } from './hoeffding-leaf.ts';

export interface ForestParameters {
  readonly trees: number;
  /** Mean of the Poisson weight that each tree gives a label. */
  readonly lambda: number;
  /** Weight that a leaf gathers between two tries to split; confidence and tie of the Hoeffding bound. */
  readonly grace: number;
  readonly confidence: number;
  readonly tie: number;
  readonly maxDepth: number;
  /** Chances of a false warning and a false drift alarm. */
  readonly warning: number;
  readonly drift: number;
}
/** Gomes et al. 2017, with the grace period of a world in which labels are dear. */
export const forestParameters: ForestParameters = {
  ...{ trees: 10, lambda: 6, grace: 50, confidence: 0.01, tie: 0.05, maxDepth: 8, warning: 0.01, drift: 0.001 },
};

type Node = Leaf | (Split & { left: Node; right: Node });

/** A Hoeffding tree over random subspaces of the features (Domingos & Hulten 2000, as ARF uses it). */
class HoeffdingTree {
  readonly #dimensions: number;
  readonly #p: ForestParameters;
  readonly #random: () => number;
  #root: Node;

  constructor(dimensions: number, parameters: ForestParameters, random: () => number) {
    this.#dimensions = dimensions;
    this.#p = parameters;
    this.#random = random;
    this.#root = this.#leaf();
  }

  #leaf(counts?: readonly [number, number]): Leaf {
    const wanted = Math.min(this.#dimensions, Math.round(Math.sqrt(this.#dimensions)) + 1);
    const all = Array.from({ length: this.#dimensions }, (_, i) => i);
    for (let i = 0; i < wanted; i += 1) {
      const j = i + Math.floor(this.#random() * (all.length - i));
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return new Leaf(this.#dimensions, all.slice(0, wanted), counts);
  }

  predict(x: Float64Array): number {
    let node = this.#root;
    while (!(node instanceof Leaf)) node = x[node.feature]! < node.threshold ? node.left : node.right;
    return node.predict(x);
  }

  learn(x: Float64Array, label: 0 | 1, weight: number): void {
    this.#root = this.#taught(this.#root, x, label, weight, 0);
  }

  #taught(node: Node, x: Float64Array, label: 0 | 1, weight: number, depth: number): Node {
    if (node instanceof Leaf) {
      node.learn(x, label, weight);
      return this.#maybeSplit(node, depth);
    }
    if (x[node.feature]! < node.threshold) node.left = this.#taught(node.left, x, label, weight, depth + 1);
    else node.right = this.#taught(node.right, x, label, weight, depth + 1);
    return node;
  }

  #maybeSplit(leaf: Leaf, depth: number): Node {
    const weight = leaf.counts[0]! + leaf.counts[1]!;
    if (depth >= this.#p.maxDepth || weight - leaf.tried < this.#p.grace) return leaf;
    leaf.tried = weight;
    const split = leaf.split(this.#p.confidence, this.#p.tie);
    if (!split) return leaf;
    const [left, right] = leaf.sides(split);
    return { ...split, left: this.#leaf(left), right: this.#leaf(right) };
  }
}

interface Member {
  tree: HoeffdingTree;
  background: HoeffdingTree | undefined;
  warning: Adwin;
  drift: Adwin;
  right: number;
  seen: number;
}

/**
 * Adaptive Random Forest (Gomes et al., Machine Learning 2017): online bagging of Hoeffding trees over random
 * subspaces; each tree has two ADWINs over its errors: a warning grows a tree in the background, a drift puts it in
 * place. Trees vote by their accuracy. Features should be of the order of 1; NaN must not occur.
 */
export class AdaptiveRandomForest {
  readonly dimensions: number;
  readonly #p: ForestParameters;
  readonly #random: () => number;
  readonly #members: Member[];
  /** Trees that drift replaced so far. */
  drifts = 0;

  constructor(dimensions: number, random: () => number, parameters: ForestParameters = forestParameters) {
    this.dimensions = dimensions;
    this.#p = parameters;
    this.#random = random;
    this.#members = Array.from({ length: parameters.trees }, () => this.#member(this.#tree()));
  }

  #tree(): HoeffdingTree {
    return new HoeffdingTree(this.dimensions, this.#p, this.#random);
  }

  #member(tree: HoeffdingTree): Member {
    const { warning, drift } = this.#p;
    return { tree, background: undefined, warning: new Adwin(warning), drift: new Adwin(drift), right: 0, seen: 0 };
  }

  /** P(true) of features, 0…1; 0.5 before the first label. */
  predict(x: Float64Array): number {
    let sum = 0;
    let weights = 0;
    for (const { tree, right, seen } of this.#members) {
      const weight = (right + 1) / (seen + 2);
      sum += weight * tree.predict(x);
      weights += weight;
    }
    return sum / weights;
  }

  learn(x: Float64Array, label: 0 | 1): void {
    for (let i = 0; i < this.#members.length; i += 1) this.#teach(i, x, label);
  }

  #teach(index: number, x: Float64Array, label: 0 | 1): void {
    const member = this.#members[index]!;
    const wrong = member.tree.predict(x) >= 0.5 !== (label === 1) ? 1 : 0;
    member.seen += 1;
    member.right += 1 - wrong;
    const weight = this.#poisson();
    if (weight > 0) {
      member.tree.learn(x, label, weight);
      member.background?.learn(x, label, weight);
    }
    const before = member.warning.mean;
    if (member.warning.add(wrong) && member.warning.mean > before) member.background ??= this.#tree();
    const settled = member.drift.mean;
    if (!member.drift.add(wrong) || member.drift.mean <= settled) return;
    this.#members[index] = this.#member(member.background ?? this.#tree());
    this.drifts += 1;
  }

  /** Knuth's generator. */
  #poisson(): number {
    const end = Math.exp(-this.#p.lambda);
    let product = this.#random();
    let count = 0;
    while (product > end) {
      product *= this.#random();
      count += 1;
    }
    return count;
  }
}
