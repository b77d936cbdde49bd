/** Enter and leave rules of the anomalous state, so that it does not flap. */
export const dampingRules = {
  /** Consecutive samples over the threshold that raise the state; one is enough from `strong` times the threshold. */
  enter: 2,
  strong: 2,
  /** Consecutive samples under `low` times the threshold that end it. */
  leave: 3,
  low: 0.6,
};

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

  anomalous = (row: number): boolean => this.#on[row] === 1;

  reset(row: number): void {
    this.#on[row] = 0;
    this.#over[row] = 0;
    this.#under[row] = 0;
  }

  note(row: number, surprise: number, threshold: number): void {
    const { enter, strong, leave, low } = dampingRules;
    this.#over[row] = surprise >= threshold ? Math.min(250, this.#over[row]! + 1) : 0;
    this.#under[row] = surprise < low * threshold ? Math.min(250, this.#under[row]! + 1) : 0;
    if (this.#over[row] >= enter || surprise >= strong * threshold) this.#on[row] = 1;
    else if (this.#under[row] >= leave) this.#on[row] = 0;
  }
}
