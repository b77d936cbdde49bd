/** Enter and leave rules of the anomalous state, so that it does not flap. */
export const dampingRules = {
  /** Consecutive samples over the threshold that raise the state; of a fact, one from `strong` times the threshold is enough. */
  enter: 2,
  strong: 2,
  /** Consecutive samples under `low` times the threshold that end it. */
  leave: 3,
  low: 0.6,
};

/** The highest threshold at which this sample and the one before it raise the state. */
export const raisedBy = (before: number, now: number, atOnce: boolean): number =>
  Math.max(Math.min(before, now), atOnce ? now / dampingRules.strong : 0);

/** Floats of one row in a snapshot. */
export const dampingFloats = 3;

export class Damping {
  #on = new Uint8Array(0);
  #over = new Uint8Array(0);
  #under = new Uint8Array(0);

  grow(size: number): void {
    if (size <= this.#on.length) return;
    for (const name of ['on', 'over', 'under'] as const) this.#set(name, size);
  }

  #set(name: 'on' | 'over' | 'under', size: number): void {
    const old = name === 'on' ? this.#on : name === 'over' ? this.#over : this.#under;
    const wider = new Uint8Array(size);
    wider.set(old);
    if (name === 'on') this.#on = wider;
    else if (name === 'over') this.#over = wider;
    else this.#under = wider;
  }

  /** Writes the row's state to `floats` from `at` on (`dampingFloats` of them). */
  save(row: number, floats: Float32Array, at: number): void {
    floats[at] = this.#on[row]!;
    floats[at + 1] = this.#over[row]!;
    floats[at + 2] = this.#under[row]!;
  }

  load(row: number, floats: Float32Array, at: number): void {
    this.#on[row] = floats[at] === 1 ? 1 : 0;
    this.#over[row] = floats[at + 1]!;
    this.#under[row] = floats[at + 2]!;
  }

  /** A masked sample: what was over before it does not count on, so that a watch that is one sample late alarms nobody. */
  pause(row: number): void {
    this.#over[row] = 0;
  }

  anomalous = (row: number): boolean => this.#on[row] === 1;

  reset(row: number): void {
    this.#on[row] = 0;
    this.#over[row] = 0;
    this.#under[row] = 0;
  }

  /** The surprise at `i` against the row's threshold. `atOnce`: a fact that no change of the target explains. */
  note(row: number, surprises: Float64Array, i: number, thresholds: Float64Array, atOnce: boolean): void {
    const surprise = surprises[i]!;
    const threshold = thresholds[row]!;
    const { enter, strong, leave, low } = dampingRules;
    this.#over[row] = surprise >= threshold ? Math.min(250, this.#over[row]! + 1) : 0;
    this.#under[row] = surprise < low * threshold ? Math.min(250, this.#under[row]! + 1) : 0;
    if (this.#over[row] >= enter || (atOnce && surprise >= strong * threshold)) this.#on[row] = 1;
    else if (this.#under[row] >= leave) this.#on[row] = 0;
  }
}
