type Features = Readonly<Record<string, number>>;

/** An episode: its series, how surprising it was, its direction and its size over the series' range; whether it was false. */
const floatsEach = 5;
const isFalse = 4;
const remembered = 256;
/** Squared distance at which a neighbour counts a third. */
const reach = 3;
/** What is thought of an episode without neighbours, as neighbours. */
const prior = { false: 0.1, real: 0.5 };
/** P(false) from which on an alarm is held back. */
const sure = 0.8;
/** Labels before skill is measured. */
const warm = 8;

/**
 * Alarms that operators judged, and how like them a new one of the same series is (Parzen 1962): the first labels speak at
 * once where they were given, long before a forest can split. Skill is how much better than the share of false labels
 * the memory foretold those it got, so that random labels change nothing.
 */
export class EpisodeMemory {
  readonly #episodes = new Float64Array(remembered * floatsEach);
  readonly #episode = new Float64Array(floatsEach);
  #labels = 0;
  #false = 0;
  #error = 0;
  #baseError = 0;

  #fill(features: Features): void {
    const { series = 0, S_fused = 0, sign = 0, residual = 0 } = features;
    const size = (value: number): number => Math.log(Math.max(0.01, Math.min(1e6, Math.abs(value)))) || 0;
    this.#episode.set([series, size(S_fused), 0.7 * (Math.sign(sign) || 0), 0.7 * size(0.01 + residual)]);
  }

  #probability(): number {
    const one = this.#episode;
    const sums = { ...prior };
    const count = Math.min(this.#labels, remembered);
    for (let o = 0; o < count * floatsEach; o += floatsEach) {
      if (this.#episodes[o] !== one[0]) continue;
      let distance = 0;
      for (let i = 1; i < isFalse; i += 1) distance += (this.#episodes[o + i]! - one[i]!) ** 2;
      sums[this.#episodes[o + isFalse] === 1 ? 'false' : 'real'] += Math.exp(-distance / reach);
    }
    return sums.false / (sums.false + sums.real);
  }

  learn(features: Features, truePositive: boolean): void {
    this.#fill(features);
    const label = truePositive ? 0 : 1;
    if (this.#labels >= warm) {
      this.#error += (this.#probability() - label) ** 2;
      this.#baseError += ((this.#false + 1) / (this.#labels + 2) - label) ** 2;
    }
    this.#episode[isFalse] = label;
    this.#episodes.set(this.#episode, (this.#labels % remembered) * floatsEach);
    this.#labels += 1;
    this.#false += label;
  }

  get #skilled(): boolean {
    const measured = this.#labels - warm;
    if (measured < warm || this.#baseError <= 0) return false;
    // A margin, because a short run of luck is not skill.
    return 1 - this.#error / this.#baseError > 0.6 / Math.sqrt(measured);
  }

  /** Whether alarms like this one were false on this series. */
  knowsAsFalse(features: Features): boolean {
    if (!this.#skilled) return false;
    this.#fill(features);
    return this.#probability() > sure;
  }
}
