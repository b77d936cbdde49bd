/** Samples per series; with `closest` between two it reaches over the longest range of the default queries, 10 min. */
const depth = 64;
const closest = 10_000;
const rowsPerChunk = 1024;

/** Samples of as many rows. Those of all rows that were written n-th lie side by side, as they come one after the other. */
interface Chunk {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Samples that became one here. */
  readonly merged: Uint16Array;
}

/** What a counter did within a window of time. */
export interface Window {
  size: number;
  firstTime: number;
  first: number;
  lastTime: number;
  last: number;
  /** What it had reached before each of its resets, added up. */
  lost: number;
  /** Steps between samples as they were sent: more than `size - 1` where they were thinned. */
  steps: number;
  /** Is there a sample before the window, one after it? */
  earlier: boolean;
  later: boolean;
}
export const createWindow = (): Window => ({
  ...{ size: 0, firstTime: NaN, first: NaN, lastTime: NaN, last: NaN, lost: 0, steps: 0 },
  ...{ earlier: false, later: false },
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
  /** When it fell last; 0 = never. */
  #fell = new Float64Array(0);
  /** Was it ever thinned? */
  #thinned = new Uint8Array(0);

  get bytes(): number {
    return this.#chunks.length * rowsPerChunk * depth * 18 + this.#written.length * 21;
  }

  /** Makes room for this row, or empties it. */
  open(row: number): void {
    if (row >= this.#chunks.length * rowsPerChunk) this.#grow();
    this.#written[row] = 0;
    this.#ended[row] = 0;
    this.#fell[row] = 0;
    this.#thinned[row] = 0;
  }

  /** False for a sample that is not newer than the last one. */
  push(row: number, value: number, time: number): boolean {
    const { times, values, merged } = this.#chunkOf(row);
    const written = this.#written[row] ?? 0;
    const last = placeOf(row, written - 1);
    if (written > 0 && time <= (times[last] ?? 0)) return false;
    if (written > 1 && this.#crowded(times, values, row, written, value)) {
      times[last] = time;
      values[last] = value;
      merged[last] = (merged[last] ?? 0) + 1;
      this.#thinned[row] = 1;
      return true;
    }
    const place = placeOf(row, written);
    times[place] = time;
    values[place] = value;
    merged[place] = 1;
    this.#written[row] = written + 1;
    if (written > 0 && value < (values[last] ?? NaN)) this.#fell[row] = time;
    return true;
  }

  end(row: number, time: number): void {
    this.#ended[row] = time;
  }

  /** Time of the newest sample; 0 when there is none. */
  newest(row: number): number {
    const written = this.#written[row] ?? 0;
    return written === 0 ? 0 : (this.#chunkOf(row).times[placeOf(row, written - 1)] ?? 0);
  }

  /** The samples from `from` to `to`, both included. */
  window(row: number, from: number, to: number, into: Window): void {
    const { times, values, merged } = this.#chunkOf(row);
    const written = this.#written[row] ?? 0;
    const oldest = Math.max(0, written - depth);
    let end = written;
    while (end > oldest && (times[placeOf(row, end - 1)] ?? 0) > to) end -= 1;
    const start = firstSince(times, row, oldest, end, from);
    into.size = end - start;
    into.earlier = start > oldest;
    into.later = end < written;
    if (into.size === 0) return;
    into.firstTime = times[placeOf(row, start)] ?? NaN;
    into.first = values[placeOf(row, start)] ?? NaN;
    into.lastTime = times[placeOf(row, end - 1)] ?? NaN;
    into.last = values[placeOf(row, end - 1)] ?? NaN;
    into.lost = (this.#fell[row] ?? 0) > into.firstTime ? lostInResets(values, row, start, end) : 0;
    // What became one with the first sample of the window came before it.
    into.steps = this.#thinned[row] === 1 ? stepsBetween(merged, row, start, end) : into.size - 1;
  }

  /** Puts the value at `to`, at most `to - from` old, to `at`; false where there is none or the series has ended. */
  latest(row: number, from: number, to: number, into: Float64Array, at: number): boolean {
    const { times, values } = this.#chunkOf(row);
    const written = this.#written[row] ?? 0;
    for (let i = written - 1; i >= Math.max(0, written - depth); i -= 1) {
      const place = placeOf(row, i);
      const time = times[place] ?? 0;
      if (time > to) continue;
      const ended = this.#ended[row] ?? 0;
      if (time < from || (ended > time && ended <= to)) return false;
      into[at] = values[place] ?? NaN;
      return true;
    }
    return false;
  }

  /** Would the two newest samples and this one be closer together than the ring needs, and nothing be lost? */
  #crowded(times: Float64Array, values: Float64Array, row: number, written: number, value: number): boolean {
    const last = placeOf(row, written - 1);
    const before = placeOf(row, written - 2);
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
    if (this.#chunks.length * rowsPerChunk <= this.#written.length) return;
    const rows = Math.max(rowsPerChunk, this.#written.length * 2);
    this.#written = wider(this.#written, new Uint32Array(rows));
    this.#ended = wider(this.#ended, new Float64Array(rows));
    this.#fell = wider(this.#fell, new Float64Array(rows));
    this.#thinned = wider(this.#thinned, new Uint8Array(rows));
  }
}

/** Where the sample that was written n-th lies in the chunk of its row. */
const placeOf = (row: number, n: number): number => (n % depth) * rowsPerChunk + (row % rowsPerChunk);

function wider<T extends Uint8Array | Uint32Array | Float64Array>(old: T, fresh: T): T {
  fresh.set(old);
  return fresh;
}

/** The first sample of `start` to `end` that is not before `from`: times only grow. */
function firstSince(times: Float64Array, row: number, start: number, end: number, from: number): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[placeOf(row, middle)] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lostInResets(values: Float64Array, row: number, start: number, end: number): number {
  let lost = 0;
  for (let i = start + 1; i < end; i += 1) {
    const before = values[placeOf(row, i - 1)] ?? NaN;
    if ((values[placeOf(row, i)] ?? NaN) < before) lost += before;
  }
  return lost;
}

function stepsBetween(merged: Uint16Array, row: number, start: number, end: number): number {
  let steps = 0;
  for (let i = start + 1; i < end; i += 1) steps += merged[placeOf(row, i)] ?? 1;
  return steps;
}
