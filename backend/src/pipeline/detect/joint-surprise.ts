/** Of a workload's series the strangest few speak: one alone is often noise. */
const spokesmen = 3;
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
