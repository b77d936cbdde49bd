/** Nodes of all trees of a forest as columns, each tree in preorder. */
export interface ForestNodes {
  /** First node of each tree. */
  readonly roots: Int32Array;
  /** Dimension that an inner node splits on; -1 marks a leaf. */
  readonly features: Int16Array;
  readonly thresholds: Float64Array;
  /** Children of an inner node: values below the threshold go left. 0 in a leaf. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Training samples that ended in a leaf; 0 in an inner node. */
  readonly sizes: Int32Array;
}

export interface ForestOptions {
  readonly trees: number;
  /** Training samples per tree (psi). */
  readonly sample: number;
  readonly random: () => number;
}

const eulerGamma = 0.5772156649015329;

/** c(n) of the paper: the mean path length of an unsuccessful search in a binary search tree of n samples. */
export function meanPathLength(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + eulerGamma) - (2 * (n - 1)) / n;
}

/** The rows of a tree's sample, drawn without replacement (a partial Fisher-Yates shuffle). */
function drawn(rows: number, count: number, random: () => number): Int32Array {
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  for (let i = 0; i < count; i += 1) {
    const j = i + Math.floor(random() * (rows - i));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.subarray(0, count);
}

/**
 * Isolation Forest (Liu, Ting & Zhou, ICDM 2008): trees that split a random dimension at a random place between the
 * extremes of what is left, to a height of ceil(log2 psi). What is unusual ends up alone after few splits.
 */
export class IsolationForest {
  readonly dimensions: number;
  /** Samples each tree was grown from. */
  readonly sample: number;
  readonly nodes: ForestNodes;
  readonly #norm: number;

  constructor(dimensions: number, sample: number, nodes: ForestNodes) {
    this.dimensions = dimensions;
    this.sample = sample;
    this.nodes = nodes;
    this.#norm = meanPathLength(sample);
  }

  /** Grows a forest from `rows` vectors that lie one after the other in `data`; all values finite, at least 2 rows. */
  static grown(data: Float64Array, rows: number, dimensions: number, options: ForestOptions): IsolationForest {
    const sample = Math.min(options.sample, rows);
    const planter = new Planter(data, dimensions, sample, options);
    for (let tree = 0; tree < options.trees; tree += 1) planter.plant(drawn(rows, sample, options.random));
    return new IsolationForest(dimensions, sample, planter.nodes());
  }

  /** s = 2^(-E(h) / c(psi)) of the vector at `offset`: 0…1, higher is more unusual, 0.5 is unremarkable. */
  score(vector: Float64Array, offset = 0): number {
    const { roots } = this.nodes;
    let total = 0;
    for (let tree = 0; tree < roots.length; tree += 1) total += this.#path(roots[tree]!, vector, offset);
    return this.#norm === 0 ? 0.5 : 2 ** (-total / roots.length / this.#norm);
  }

  #path(root: number, vector: Float64Array, offset: number): number {
    const { features, thresholds, left, right, sizes } = this.nodes;
    let node = root;
    let depth = 0;
    while (features[node]! >= 0) {
      node = vector[offset + features[node]!]! < thresholds[node]! ? left[node]! : right[node]!;
      depth += 1;
    }
    return depth + meanPathLength(sizes[node]!);
  }
}

/** Grows trees into shared columns. */
class Planter {
  readonly #data: Float64Array;
  readonly #dimensions: number;
  readonly #limit: number;
  readonly #random: () => number;
  readonly #roots: number[] = [];
  readonly #features: Int16Array;
  readonly #thresholds: Float64Array;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #sizes: Int32Array;
  #count = 0;

  constructor(data: Float64Array, dimensions: number, sample: number, options: ForestOptions) {
    const room = options.trees * (2 * sample - 1);
    this.#data = data;
    this.#dimensions = dimensions;
    this.#limit = Math.ceil(Math.log2(Math.max(2, sample)));
    this.#random = options.random;
    this.#features = new Int16Array(room);
    this.#thresholds = new Float64Array(room);
    this.#left = new Int32Array(room);
    this.#right = new Int32Array(room);
    this.#sizes = new Int32Array(room);
  }

  plant(rows: Int32Array): void {
    this.#roots.push(this.#node(rows, 0));
  }

  nodes(): ForestNodes {
    const end = this.#count;
    return {
      roots: Int32Array.from(this.#roots),
      features: this.#features.slice(0, end),
      thresholds: this.#thresholds.slice(0, end),
      left: this.#left.slice(0, end),
      right: this.#right.slice(0, end),
      sizes: this.#sizes.slice(0, end),
    };
  }

  #node(rows: Int32Array, depth: number): number {
    const node = this.#count;
    this.#count += 1;
    const feature = depth < this.#limit && rows.length > 1 ? this.#splittable(rows) : -1;
    this.#features[node] = feature;
    if (feature < 0) {
      this.#sizes[node] = rows.length;
      return node;
    }
    const [low, high] = this.#extremes(rows, feature);
    const at = Math.min(high, low + (high - low) * (1 - this.#random()));
    this.#thresholds[node] = at;
    const middle = this.#partition(rows, feature, at);
    this.#left[node] = this.#node(rows.subarray(0, middle), depth + 1);
    this.#right[node] = this.#node(rows.subarray(middle), depth + 1);
    return node;
  }

  /** A random dimension in which the rows differ, or -1 when they are all alike. */
  #splittable(rows: Int32Array): number {
    const start = Math.floor(this.#random() * this.#dimensions);
    for (let i = 0; i < this.#dimensions; i += 1) {
      const feature = i === 0 ? start : Math.floor(this.#random() * this.#dimensions);
      const [low, high] = this.#extremes(rows, feature);
      if (high > low) return feature;
    }
    for (let feature = 0; feature < this.#dimensions; feature += 1) {
      const [low, high] = this.#extremes(rows, feature);
      if (high > low) return feature;
    }
    return -1;
  }

  #extremes(rows: Int32Array, feature: number): readonly [number, number] {
    let low = Infinity;
    let high = -Infinity;
    for (const row of rows) {
      const value = this.#data[row * this.#dimensions + feature]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return [low, high];
  }

  /** Brings the rows below `at` to the front; returns how many they are. */
  #partition(rows: Int32Array, feature: number, at: number): number {
    let middle = 0;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i]!;
      if (this.#data[row * this.#dimensions + feature]! >= at) continue;
      rows[i] = rows[middle]!;
      rows[middle] = row;
      middle += 1;
    }
    return middle;
  }
}
