/** Samples per series; with `closest` between two it reaches over the longest range of the default queries, 10 min. */
const depth = 64;
const closest = 10_000;
const rowsPerChunk = 1024;

interface Chunk {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Samples that became one here. */
  readonly merged: Uint16Array;
}

/** What a window of one series holds, oldest first: reused by every call of `window`. */
export interface Window {
  readonly times: Float64Array;
  readonly values: Float64Array;
  size: number;
  /** Steps between samples as they were sent: more than `size - 1` where they were thinned. */
  steps: number;
  /** Is there a sample before the window, one after it? */
  earlier: boolean;
  later: boolean;
}
export const createWindow = (): Window => ({
  times: new Float64Array(depth),
  values: new Float64Array(depth),
  ...{ size: 0, steps: 0, earlier: false, later: false },
});

/**
 * The last samples of every series in rings of a fixed size: 1.2 KB per series. Faster scrapes than one in 10 s are
 * thinned: the newest sample replaces the one before it, unless a counter fell in between. Times in milliseconds.
 */
export class SampleRings {
  readonly #chunks: Chunk[] = [];
  #written = new Uint32Array(0);
  /** When the sender said that the series ended; 0 = it did not. */
  #ended = new Float64Array(0);

  get bytes(): number {
    return this.#chunks.length * rowsPerChunk * depth * 18 + this.#written.length * 12;
  }

  /** Makes room for this row, or empties it. */
  open(row: number): void {
    if (row >= this.#chunks.length * rowsPerChunk) this.#grow();
    this.#written[row] = 0;
    this.#ended[row] = 0;
  }

  /** False for a sample that is not newer than the last one. */
  push(row: number, value: number, time: number): boolean {
    const { times, values, merged } = this.#chunkOf(row);
    const base = (row % rowsPerChunk) * depth;
    const written = this.#written[row] ?? 0;
    const last = base + ((written - 1) % depth);
    if (written > 0 && time <= (times[last] ?? 0)) return false;
    if (written > 1 && this.#crowded(times, values, base, written, value)) {
      times[last] = time;
      values[last] = value;
      merged[last] = (merged[last] ?? 0) + 1;
      return true;
    }
    const slot = base + (written % depth);
    times[slot] = time;
    values[slot] = value;
    merged[slot] = 1;
    this.#written[row] = written + 1;
    return true;
  }

  end(row: number, time: number): void {
    this.#ended[row] = time;
  }

  /** Time of the newest sample; 0 when there is none. */
  newest(row: number): number {
    const written = this.#written[row] ?? 0;
    if (written === 0) return 0;
    return this.#chunkOf(row).times[(row % rowsPerChunk) * depth + ((written - 1) % depth)] ?? 0;
  }

  /** The samples from `from` to `to`, both included. */
  window(row: number, from: number, to: number, into: Window): void {
    const { times, values, merged } = this.#chunkOf(row);
    const base = (row % rowsPerChunk) * depth;
    const written = this.#written[row] ?? 0;
    into.size = 0;
    into.steps = 0;
    into.earlier = false;
    into.later = false;
    for (let i = Math.max(0, written - depth); i < written; i += 1) {
      const slot = base + (i % depth);
      const time = times[slot] ?? 0;
      if (time < from) into.earlier = true;
      else if (time > to) into.later = true;
      else {
        into.times[into.size] = time;
        into.values[into.size] = values[slot] ?? NaN;
        // What became one with the first sample of the window came before it.
        if (into.size > 0) into.steps += merged[slot] ?? 1;
        into.size += 1;
      }
    }
  }

  /** The value at `to`, at most `to - from` old; undefined where there is none or the series has ended. */
  latest(row: number, from: number, to: number): number | undefined {
    const { times, values } = this.#chunkOf(row);
    const base = (row % rowsPerChunk) * depth;
    const written = this.#written[row] ?? 0;
    for (let i = written - 1; i >= Math.max(0, written - depth); i -= 1) {
      const slot = base + (i % depth);
      const time = times[slot] ?? 0;
      if (time > to) continue;
      const ended = this.#ended[row] ?? 0;
      return time < from || (ended > time && ended <= to) ? undefined : values[slot];
    }
    return undefined;
  }

  /** Would the two newest samples and this one be closer together than the ring needs, and nothing be lost? */
  #crowded(times: Float64Array, values: Float64Array, base: number, written: number, value: number): boolean {
    const last = base + ((written - 1) % depth);
    const before = base + ((written - 2) % depth);
    const near = (times[last] ?? 0) - (times[before] ?? 0) < closest;
    return near && value >= (values[last] ?? 0) && (values[last] ?? 0) >= (values[before] ?? 0);
  }

  #chunkOf(row: number): Chunk {
    const chunk = this.#chunks[(row / rowsPerChunk) | 0];
    if (!chunk) throw new RangeError(`row ${row} was never opened`);
    return chunk;
  }

  #grow(): void {
    const size = rowsPerChunk * depth;
    this.#chunks.push({
      times: new Float64Array(size),
      values: new Float64Array(size),
      merged: new Uint16Array(size),
    });
    const written = new Uint32Array(this.#chunks.length * rowsPerChunk);
    written.set(this.#written);
    this.#written = written;
    const ended = new Float64Array(written.length);
    ended.set(this.#ended);
    this.#ended = ended;
  }
}
