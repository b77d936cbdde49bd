/** Of a workload's series the strangest few speak: one alone is often noise. */
const spokesmen = 3;
/** A surprise up to here is believed as it is: a calibrated series says more once in 100,000 samples. */
const believed = 5;
/** Weight of a sample in the mean of what was said beyond that: about 500 samples. */
const memory = 0.002;
/** How much that mean takes from the next surprise. */
const distrust = 3;

/**
 * What the surprises of one series are worth, in one number of state. The part beyond `believed` is divided by
 * 1 + 3 m, where m is the exponentially weighted mean of that part so far: near 0 for a calibrated series, and large for
 * one that often says what should never happen, such as a nearly constant one that jumps now and then. So a series that
 * always shouts does not drown the one that shouts for the first time.
 */
export class Credibility {
  #beyond = 0;

  /** The surprise as it should count among those of other series; remembers it. */
  of(surprise: number): number {
    if (!(surprise > believed)) {
      this.#beyond -= memory * this.#beyond;
      return surprise;
    }
    const beyond = surprise - believed;
    const counted = believed + beyond / (1 + distrust * this.#beyond);
    this.#beyond += memory * (beyond - this.#beyond);
    return counted;
  }
}

/** Weight of a round in the recent level: what happened ten rounds ago counts a third. */
const rate = 0.1;

/**
 * How strange a workload is as a whole. `now` is the mean surprise of its strangest series; `joint` its geometric mean
 * with the recent level, the exponentially weighted mean of `now` over the rounds (an EWMA chart: Roberts, Technometrics
 * 1959). So trouble that stays outranks a blink of the same height, a surprise that stays the same is said as it is, and
 * the first round of trouble still counts. Surprises are −log10 of a probability, as in `surpriseOf`; nothing is
 * allocated per round.
 */
export class JointSurprise {
  readonly #strangest = new Float64Array(spokesmen);
  #count = 0;
  #recent = 0;
  now = 0;
  joint = 0;

  /** The surprise of one more series of this round. */
  add(surprise: number): void {
    this.#count += 1;
    let s = surprise;
    for (let k = 0; k < spokesmen && s > 0; k += 1) {
      const other = this.#strangest[k]!;
      if (s <= other) continue;
      this.#strangest[k] = s;
      s = other;
    }
  }

  /** Ends the round. One without series changes nothing. */
  end(): void {
    if (this.#count === 0) return;
    let sum = 0;
    for (let k = 0; k < spokesmen; k += 1) sum += this.#strangest[k]!;
    this.now = sum / Math.min(spokesmen, this.#count);
    this.#recent += rate * (this.now - this.#recent);
    this.joint = Math.sqrt(this.now * this.#recent);
    this.#strangest.fill(0);
    this.#count = 0;
  }
}
