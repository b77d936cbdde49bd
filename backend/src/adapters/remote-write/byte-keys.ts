const empty = -1;

/**
 * Byte strings → numbers, without a string per look-up: open addressing over an arena. A hash only finds the place;
 * the bytes decide, so that two keys are never taken for one. A sender repeats its series in the same order: the key
 * that came after the last one found is tried first, and mostly spares the hash.
 */
export class ByteKeys {
  #slots = new Int32Array(1024).fill(empty);
  #hashes = new Int32Array(512);
  #starts = new Float64Array(513);
  #ids = new Int32Array(512);
  /** The entry that was found after this one. */
  #following = new Int32Array(512).fill(empty);
  #last = 0;
  #arena = new Uint8Array(65_536);
  #words = new DataView(this.#arena.buffer);
  #count = 0;
  /** The bytes that were asked about last, eight at a time. */
  #asked: Uint8Array = this.#arena;
  #askedWords: DataView = this.#words;

  get size(): number {
    return this.#count;
  }
  get bytes(): number {
    return this.#arena.length + 4 * (this.#slots.length + 3 * this.#hashes.length) + 8 * this.#starts.length;
  }

  /** The number that was found last. */
  get found(): number {
    return this.#ids[this.#last] ?? empty;
  }

  /** Where the key that is tried first ends, when it begins at `from`; it is then the one found. Else -1. */
  expected(bytes: Uint8Array, from: number, to: number): number {
    const entry = this.#following[this.#last] ?? empty;
    if (entry === empty) return -1;
    const end = from + (this.#starts[entry + 1] ?? 0) - (this.#starts[entry] ?? 0);
    if (end > to || !this.#equal(entry, bytes, from, end)) return -1;
    this.#last = entry;
    return end;
  }

  /** The number of these bytes, or undefined. */
  find(bytes: Uint8Array, from: number, to: number): number | undefined {
    const expected = this.#following[this.#last] ?? empty;
    const entry =
      expected !== empty && this.#equal(expected, bytes, from, to) ? expected : this.#lookUp(bytes, from, to);
    if (entry === empty) return undefined;
    if (entry !== expected) this.#following[this.#last] = entry;
    this.#last = entry;
    return this.#ids[entry];
  }

  #lookUp(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] ?? empty;
      if (entry === empty || (this.#hashes[entry] === hash && this.#equal(entry, bytes, from, to))) return entry;
    }
  }

  /** Only for bytes that `find` did not find. */
  add(bytes: Uint8Array, from: number, to: number, id: number): void {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const entry = this.#count;
    const start = this.#starts[entry] ?? 0;
    const end = start + to - from;
    if (end > this.#arena.length) this.#widen(end);
    this.#arena.set(bytes.subarray(from, to), start);
    this.#starts[entry + 1] = end;
    this.#hashes[entry] = hashOf(bytes, from, to);
    this.#ids[entry] = id;
    this.#count += 1;
    this.#place(entry);
  }

  /** A copy with only the keys whose number is kept: how room is made. */
  filtered(keeps: (id: number) => boolean): ByteKeys {
    const kept = new ByteKeys();
    for (let entry = 0; entry < this.#count; entry += 1) {
      const id = this.#ids[entry] ?? empty;
      if (keeps(id)) kept.add(this.#arena, this.#starts[entry] ?? 0, this.#starts[entry + 1] ?? 0, id);
    }
    return kept;
  }

  #equal(entry: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[entry] ?? 0;
    const length = to - from;
    if ((this.#starts[entry + 1] ?? 0) - start !== length) return false;
    // from the end: what tells series apart (pod, path, le) stands there more often than at the beginning
    const words = this.#words;
    const asked = this.#wordsOf(bytes);
    let i = length;
    for (; i >= 8; i -= 8) if (words.getBigInt64(start + i - 8) !== asked.getBigInt64(from + i - 8)) return false;
    for (; i > 0; i -= 1) if (words.getUint8(start + i - 1) !== asked.getUint8(from + i - 1)) return false;
    return true;
  }

  #wordsOf(bytes: Uint8Array): DataView {
    if (bytes === this.#asked) return this.#askedWords;
    this.#asked = bytes;
    this.#askedWords = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#askedWords;
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry] ?? 0) & mask;
    while (this.#slots[slot] !== empty) slot = (slot + 1) & mask;
    this.#slots[slot] = entry;
  }

  #widen(atLeast: number): void {
    const fresh = new Uint8Array(Math.max(atLeast, this.#arena.length * 2));
    fresh.set(this.#arena);
    this.#arena = fresh;
    this.#words = new DataView(fresh.buffer);
  }

  #grow(): void {
    const room = this.#slots.length;
    this.#slots = new Int32Array(room * 2).fill(empty);
    this.#hashes = grown(this.#hashes, new Int32Array(room));
    this.#ids = grown(this.#ids, new Int32Array(room));
    this.#following = grown(this.#following, new Int32Array(room).fill(empty));
    this.#starts = grown(this.#starts, new Float64Array(room + 1));
    for (let entry = 0; entry < this.#count; entry += 1) this.#place(entry);
  }
}

function grown<T extends Int32Array | Float64Array>(old: T, fresh: T): T {
  fresh.set(old);
  return fresh;
}
/** FNV-1a over words of four bytes, mixed at the end so that the low bits are good ones. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  const at = (i: number): number => bytes[i] ?? 0;
  let hash = 0x811c9dc5 | 0;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const word = at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24);
    hash = Math.imul(hash ^ word, 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; i < to; i += 1) hash = Math.imul(hash ^ at(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
