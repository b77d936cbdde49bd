export interface TreeOptions {
  readonly n: number;
  readonly height: number;
  /** Samples until what was learnt is put to use. */
  readonly window: number;
}

export const defaultTrees: TreeOptions = { n: 10, height: 8, window: 250 };
/** Share of the range at either end in which no node is split (River's constant). */
const padding = 0.15;

/** The splits of a forest. They do not depend on data, so that all models of one dimension share them. */
export interface Splits extends TreeOptions {
  readonly dimensions: number;
  /** Nodes of one tree in heap order: the children of i are 2i+1 and 2i+2. */
  readonly nodes: number;
  readonly features: Uint8Array;
  readonly thresholds: Float64Array;
}

/**
 * Draws the splits in River's order (node, left subtree, right subtree; first the feature, weighted by the width of its
 * interval, then the threshold), so that the same stream of random numbers gives the same forest. Values lie in [0, 1].
 */
export function splitsOf(options: TreeOptions, dimensions: number, random: () => number): Splits {
  const nodes = 2 ** (options.height + 1) - 1;
  const features = new Uint8Array(options.n * nodes);
  const thresholds = new Float64Array(options.n * nodes);
  const low = new Float64Array(dimensions);
  const high = new Float64Array(dimensions);

  const pick = (): number => {
    let total = 0;
    for (let f = 0; f < dimensions; f += 1) total += high[f]! - low[f]!;
    const at = random() * total;
    let sum = 0;
    for (let f = 0; f < dimensions; f += 1) if (at < (sum += high[f]! - low[f]!)) return f;
    return dimensions - 1;
  };

  const split = (tree: number, node: number, depth: number): void => {
    if (depth === options.height) return;
    const f = pick();
    const a = low[f]!;
    const b = high[f]!;
    const from = a + padding * (b - a);
    const at = from + (b - padding * (b - a) - from) * random();
    features[tree * nodes + node] = f;
    thresholds[tree * nodes + node] = at;
    high[f] = at;
    split(tree, 2 * node + 1, depth + 1);
    high[f] = b;
    low[f] = at;
    split(tree, 2 * node + 2, depth + 1);
    low[f] = a;
  };

  for (let tree = 0; tree < options.n; tree += 1) {
    low.fill(0);
    high.fill(1);
    split(tree, 0, 0);
  }
  return { ...options, dimensions, nodes, features, thresholds };
}

/**
 * Half-Space Trees (Tan, Ting & Liu, IJCAI 2011) with the scores of River's `HalfSpaceTrees`, bit for bit: many models
 * over one forest. A model keeps two masses per node; at the end of a window they change places instead of being copied.
 */
export class HalfSpaceTrees {
  readonly splits: Splits;
  readonly #stride: number;
  readonly #wide: boolean;
  #masses: Uint8Array | Uint16Array;
  /** Per model: samples in the current window, and 0 before the first window is full, else 1 or 2: which half is reference. */
  #counters: Uint16Array;
  #turns: Uint8Array;

  constructor(splits: Splits, models = 1) {
    this.splits = splits;
    this.#stride = 2 * splits.n * splits.nodes;
    this.#wide = splits.window > 255;
    this.#masses = this.#made(models);
    this.#counters = new Uint16Array(models);
    this.#turns = new Uint8Array(models);
  }

  #made(models: number): Uint8Array | Uint16Array {
    return this.#wide ? new Uint16Array(models * this.#stride) : new Uint8Array(models * this.#stride);
  }

  get bytesPerModel(): number {
    return this.#stride * (this.#wide ? 2 : 1) + 3;
  }

  grow(models: number): void {
    if (models <= this.#turns.length) return;
    const room = Math.max(models, this.#turns.length * 2);
    const masses = this.#made(room);
    masses.set(this.#masses);
    const counters = new Uint16Array(room);
    counters.set(this.#counters);
    const turns = new Uint8Array(room);
    turns.set(this.#turns);
    [this.#masses, this.#counters, this.#turns] = [masses, counters, turns];
  }

  reset(model: number): void {
    this.#masses.fill(0, model * this.#stride, (model + 1) * this.#stride);
    this.#counters[model] = 0;
    this.#turns[model] = 0;
  }

  /**
   * Scores the vector at `offset` (values in [0, 1]; NaN = missing), then learns it if asked.
   * @returns 0…1, higher is more unusual; 0 until the first window is full.
   */
  step(model: number, vector: Float64Array, offset: number, learn: boolean): number {
    const { n, nodes, features, thresholds, height, window, dimensions } = this.splits;
    const half = n * nodes;
    const turn = this.#turns[model]!;
    const base = model * this.#stride;
    const reference = base + (turn === 2 ? half : 0);
    const latest = base + (turn === 2 ? 0 : half);
    const masses = this.#masses;
    const limit = Math.ceil(0.1 * window);
    const flat = dimensions === 1;
    const only = vector[offset]!;
    let score = 0;
    for (let root = 0; root < half; root += nodes) {
      let at = root;
      let weight = turn === 0 ? 0 : 1;
      for (let depth = 0; ; depth += 1) {
        const mass = masses[reference + at]!;
        score += mass * weight;
        // doubled as long as the mass reaches the limit, then 0: without a branch, which would be a coin toss here
        weight = (weight << 1) & ~((mass - limit) >> 31);
        if (learn) masses[latest + at] = masses[latest + at]! + 1;
        if (depth === height || (!learn && weight === 0)) break;
        const value = flat ? only : vector[offset + features[at]!]!;
        const left = 2 * at + 1 - root;
        if (value < thresholds[at]!) at = left;
        else if (value === value) at = left + 1;
        // a missing value follows the child that more samples of this window visited
        else at = masses[latest + left]! < masses[latest + left + 1]! ? left + 1 : left;
      }
    }
    if (learn) this.#count(model, base);
    return turn === 0 ? 0 : 1 - score / (n * window * (2 ** (height + 1) - 1));
  }

  #count(model: number, base: number): void {
    this.#counters[model]! += 1;
    if (this.#counters[model] !== this.splits.window) return;
    const half = this.splits.n * this.splits.nodes;
    const turn = this.#turns[model]!;
    const stale = base + (turn === 2 ? half : 0);
    this.#masses.fill(0, stale, stale + half);
    this.#turns[model] = turn === 2 ? 1 : 2;
    this.#counters[model] = 0;
  }
}
