/** What a workload detector forgets with: a long memory, so that an outage is not soon normal. */
export const multivariateParameters = {
  rate: 0.002,
  /** Samples whose distance is above this many units per dimension are learnt as if they lay there. */
  clip: 3,
  refresh: 60,
  /** Added to the diagonal, in variances: metrics that move together exactly must not blow up the distance. */
  ridge: 0.05,
  warm: 60,
  /** A value counts up to so many units from the mean when it is learnt: nonsense must not make a metric deaf for days. */
  wildest: 1000,
  /** What is larger than this is no measurement, and not learnt at all. */
  largest: 1e30,
};

/**
 * A robust streaming Mahalanobis distance over one workload's metrics: exponentially weighted mean and covariance of
 * standardised values, learning clipped, so that one outage does not widen what is normal; the inverse is renewed every
 * 60 samples by Cholesky. O(d^2) per sample, no allocation. NaN = a metric without a value now; it takes no part.
 */
export class MultivariateHead {
  readonly dimensions: number;
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;
  readonly #covariance: Float64Array;
  /** Lower Cholesky factor of covariance + ridge. */
  readonly #factor: Float64Array;
  readonly #z: Float64Array;
  readonly #y: Float64Array;
  #seen = 0;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#mean = new Float64Array(dimensions).fill(NaN);
    this.#scale = new Float64Array(dimensions);
    this.#covariance = new Float64Array(dimensions * dimensions);
    this.#factor = new Float64Array(dimensions * dimensions);
    this.#z = new Float64Array(dimensions);
    this.#y = new Float64Array(dimensions);
  }

  get seen(): number {
    return this.#seen;
  }

  /** log(1 + D^2 / d) of the vector at `offset`; 0 until 60 samples were learnt. */
  score(values: Float64Array, offset = 0): number {
    this.#standardise(values, offset);
    if (this.#seen < multivariateParameters.warm) return 0;
    return Math.log1p(this.#squared() / this.dimensions);
  }

  learn(values: Float64Array, offset = 0): void {
    const p = multivariateParameters;
    const d = this.dimensions;
    const rate = Math.max(p.rate, 1 / (this.#seen + 2));
    this.#standardise(values, offset);
    // before there is a factor, of independent metrics
    const distance = Math.sqrt(this.#squared() / d);
    const shrink = distance > p.clip ? p.clip / distance : 1;
    for (let i = 0; i < d; i += 1) this.#learnOne(i, values[offset + i]!, rate, shrink);
    for (let i = 0; i < d; i += 1)
      for (let j = 0; j <= i; j += 1) {
        const at = i * d + j;
        this.#covariance[at]! += rate * (shrink * shrink * this.#z[i]! * this.#z[j]! - this.#covariance[at]!);
      }
    this.#seen += 1;
    if (this.#seen === p.warm || this.#seen % p.refresh === 0) this.#factorise();
  }

  #learnOne(i: number, value: number, rate: number, shrink: number): void {
    const { wildest, largest } = multivariateParameters;
    if (!(Math.abs(value) <= largest)) return;
    const mean = this.#mean[i]!;
    if (mean !== mean) {
      this.#mean[i] = value;
      this.#scale[i] = 0;
      return;
    }
    const reach = wildest * this.#unit(i);
    const far = Math.max(-reach, Math.min(reach, value - mean)) * shrink;
    this.#mean[i] = mean + rate * far;
    this.#scale[i]! += rate * (Math.abs(far) - this.#scale[i]!);
  }

  /** 1.25 mean deviations: a standard deviation of noise. */
  #unit(i: number): number {
    return 1.2533 * this.#scale[i]! + 0.002 * Math.abs(this.#mean[i]!) + 1e-9;
  }

  /** Residuals in units, never further than 20. */
  #standardise(values: Float64Array, offset: number): void {
    for (let i = 0; i < this.dimensions; i += 1) {
      const far = values[offset + i]! - this.#mean[i]!;
      const z = Number.isFinite(far) ? far / this.#unit(i) : 0;
      this.#z[i] = z > 20 ? 20 : z < -20 ? -20 : z;
    }
  }

  /** D^2 = |L^-1 z|^2 by forward substitution. */
  #squared(): number {
    const d = this.dimensions;
    let sum = 0;
    for (let i = 0; i < d; i += 1) {
      let rest = this.#z[i]!;
      for (let j = 0; j < i; j += 1) rest -= this.#factor[i * d + j]! * this.#y[j]!;
      const pivot = this.#factor[i * d + i]!;
      this.#y[i] = pivot > 0 ? rest / pivot : rest;
      sum += this.#y[i]! * this.#y[i]!;
    }
    return sum;
  }

  #factorise(): void {
    const d = this.dimensions;
    for (let i = 0; i < d; i += 1)
      for (let j = 0; j <= i; j += 1) {
        let rest = this.#covariance[i * d + j]!;
        if (i === j) rest += multivariateParameters.ridge * (1 + rest);
        for (let k = 0; k < j; k += 1) rest -= this.#factor[i * d + k]! * this.#factor[j * d + k]!;
        this.#factor[i * d + j] = i === j ? Math.sqrt(Math.max(rest, 1e-6)) : rest / this.#factor[j * d + j]!;
      }
  }
}
