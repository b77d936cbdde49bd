/** Candidate thresholds per feature. */
const cuts = 10;
const perClass = 3;

export interface Split {
  readonly feature: number;
  readonly threshold: number;
}

const entropy = (a: number, b: number): number => {
  const n = a + b;
  if (n <= 0 || a <= 0 || b <= 0) return 0;
  return -(a / n) * Math.log2(a / n) - (b / n) * Math.log2(b / n);
};

/** Normal distribution function (Abramowitz & Stegun 7.1.26; error below 2e-7). */
function below(x: number, mean: number, deviation: number): number {
  if (deviation <= 0) return x > mean ? 1 : x < mean ? 0 : 0.5;
  const z = (x - mean) / (deviation * Math.SQRT2);
  const t = 1 / (1 + 0.3275911 * Math.abs(z));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - tail * Math.exp(-z * z);
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}

/** What one leaf of a Hoeffding tree knows: per class and feature a normal distribution. Classes: 0 false, 1 true. */
export class Leaf {
  readonly counts = Float64Array.of(0, 0);
  /** Weight when a split was last tried. */
  tried = 0;
  /** The random features that this leaf may split on. */
  readonly features: readonly number[];
  /** Per class and feature: weight, mean, sum of squares. */
  readonly #normals: Float64Array;
  readonly #dimensions: number;
  /** How often majority vote and naive Bayes were right. */
  readonly #right = Float64Array.of(0, 0);

  constructor(dimensions: number, features: readonly number[], counts?: readonly [number, number]) {
    this.features = features;
    this.#dimensions = dimensions;
    this.#normals = new Float64Array(2 * dimensions * perClass);
    if (counts) this.counts.set(counts);
  }

  learn(x: Float64Array, label: 0 | 1, weight: number): void {
    this.#right[0]! += this.#majority() >= 0.5 === (label === 1) ? weight : 0;
    this.#right[1]! += this.#bayes(x) >= 0.5 === (label === 1) ? weight : 0;
    this.counts[label]! += weight;
    for (let f = 0; f < this.#dimensions; f += 1) {
      const at = (label * this.#dimensions + f) * perClass;
      const far = x[f]! - this.#normals[at + 1]!;
      this.#normals[at]! += weight;
      this.#normals[at + 1]! += (weight * far) / this.#normals[at]!;
      this.#normals[at + 2]! += weight * far * (x[f]! - this.#normals[at + 1]!);
    }
  }

  /** P(true): naive Bayes where it has been right more often than the majority, else the majority. */
  predict(x: Float64Array): number {
    return this.#right[1]! > this.#right[0]! ? this.#bayes(x) : this.#majority();
  }

  #majority(): number {
    return (this.counts[1]! + 0.5) / (this.counts[0]! + this.counts[1]! + 1);
  }

  #bayes(x: Float64Array): number {
    let odds = Math.log((this.counts[1]! + 0.5) / (this.counts[0]! + 0.5));
    for (const f of this.features) odds += this.#logDensity(1, f, x[f]!) - this.#logDensity(0, f, x[f]!);
    return 1 / (1 + Math.exp(-Math.max(-20, Math.min(20, odds))));
  }

  #logDensity(label: number, f: number, value: number): number {
    const at = (label * this.#dimensions + f) * perClass;
    const n = this.#normals[at]!;
    if (n < 2) return -3;
    const variance = (this.#normals[at + 2]! + 0.05) / n + 1e-4;
    const far = value - this.#normals[at + 1]!;
    return Math.max(-12, -0.5 * Math.log(variance) - (far * far) / (2 * variance));
  }

  /** The best split and by how much it is better than the next feature's; undefined when the bound allows none. */
  split(confidence: number, tie: number): Split | undefined {
    const n = this.counts[0]! + this.counts[1]!;
    if (this.counts[0] === 0 || this.counts[1] === 0) return undefined;
    let best = 0;
    let second = 0;
    let found: Split | undefined;
    for (const feature of this.features) {
      const [gain, threshold] = this.#bestCut(feature, n);
      if (gain > best) [second, best, found] = [best, gain, { feature, threshold }];
      else if (gain > second) second = gain;
    }
    const bound = Math.sqrt(Math.log(1 / confidence) / (2 * n));
    return found && best > 0.01 && (best - second > bound || bound < tie) ? found : undefined;
  }

  #bestCut(feature: number, n: number): readonly [gain: number, threshold: number] {
    const a = feature * perClass;
    const b = (this.#dimensions + feature) * perClass;
    const [sa, sb] = [this.#deviation(a), this.#deviation(b)];
    const low = Math.min(this.#normals[a + 1]! - 2 * sa, this.#normals[b + 1]! - 2 * sb);
    const high = Math.max(this.#normals[a + 1]! + 2 * sa, this.#normals[b + 1]! + 2 * sb);
    const before = entropy(this.counts[0]!, this.counts[1]!);
    let best: readonly [number, number] = [0, low];
    for (let i = 1; i < cuts; i += 1) {
      const at = low + ((high - low) * i) / cuts;
      const [l0, l1] = this.#leftOf(at, feature);
      const left = (l0 + l1) / n;
      const after = left * entropy(l0, l1) + (1 - left) * entropy(this.counts[0]! - l0, this.counts[1]! - l1);
      if (before - after > best[0]) best = [before - after, at];
    }
    return best;
  }

  #deviation(at: number): number {
    return Math.sqrt(this.#normals[at + 2]! / Math.max(1, this.#normals[at]!));
  }

  #leftOf(at: number, feature: number): readonly [number, number] {
    const a = feature * perClass;
    const b = (this.#dimensions + feature) * perClass;
    return [
      this.counts[0]! * below(at, this.#normals[a + 1]!, this.#deviation(a)),
      this.counts[1]! * below(at, this.#normals[b + 1]!, this.#deviation(b)),
    ];
  }

  /** Class weights on either side of a split, as the distributions say. */
  sides({ feature, threshold }: Split): readonly (readonly [number, number])[] {
    const [l0, l1] = this.#leftOf(threshold, feature);
    return [
      [l0, l1],
      [this.counts[0]! - l0, this.counts[1]! - l1],
    ];
  }
}
