const empty = -1;

/**
 * Byte strings → numbers, without a string per look-up: open addressing over an arena. A hash only finds the place;
 * the bytes decide, so that two keys are never taken for one.
 */
export class ByteKeys {
  #slots = new Int32Array(1024).fill(empty);
  #hashes = new Int32Array(512);
  #starts = new Float64Array(513);
  #ids = new Int32Array(512);
  #arena = new Uint8Array(65_536);
  #count = 0;

  get size(): number {
    return this.#count;
  }
  get bytes(): number {
    return this.#arena.length + 4 * (this.#slots.length + 2 * this.#hashes.length) + 8 * this.#starts.length;
  }

  /** The number of these bytes, or undefined. */
  find(bytes: Uint8Array, from: number, to: number): number | undefined {
    const hash = hashOf(bytes, from, to);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] ?? empty;
      if (entry === empty) return undefined;
      if (this.#hashes[entry] === hash && this.#equal(entry, bytes, from, to)) return this.#ids[entry];
    }
  }

  /** Only for bytes that `find` did not find. */
  add(bytes: Uint8Array, from: number, to: number, id: number): void {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const entry = this.#count;
    const start = this.#starts[entry] ?? 0;
    const end = start + to - from;
    if (end > this.#arena.length) this.#arena = widened(this.#arena, end);
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
    const arena = this.#arena;
    for (let i = 0; i < length; i += 1) if (arena[start + i] !== bytes[from + i]) return false;
    return true;
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry] ?? 0) & mask;
    while (this.#slots[slot] !== empty) slot = (slot + 1) & mask;
    this.#slots[slot] = entry;
  }

  #grow(): void {
    const room = this.#slots.length;
    this.#slots = new Int32Array(room * 2).fill(empty);
    this.#hashes = grown(this.#hashes, new Int32Array(room));
    this.#ids = grown(this.#ids, new Int32Array(room));
    this.#starts = grown(this.#starts, new Float64Array(room + 1));
    for (let entry = 0; entry < this.#count; entry += 1) this.#place(entry);
  }
}

function grown<T extends Int32Array | Float64Array>(old: T, fresh: T): T {
  fresh.set(old);
  return fresh;
}
function widened(old: Uint8Array<ArrayBuffer>, atLeast: number): Uint8Array<ArrayBuffer> {
  const fresh = new Uint8Array(Math.max(atLeast, old.length * 2));
  fresh.set(old);
  return fresh;
}

/** FNV-1a, mixed at the end so that the low bits are good ones. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
