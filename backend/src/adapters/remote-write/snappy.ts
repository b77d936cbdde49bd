/** Why a body is not a block of snappy. */
export class NotSnappy extends Error {}

/** Copies are made eight bytes at a time, and may write this much too far. */
const slack = 8;
const longestCopy = 64;
/** No element makes more than 64 bytes of three: whoever claims more does not get the memory. */
const mostPerByte = 22;

/**
 * Blocks of snappy (format_description.txt of google/snappy): an element is a literal, or a copy of what was written
 * `offset` bytes before. What is written lives in one buffer, which the next call writes over. Throws NotSnappy.
 */
export class Snappy {
  #out = new Uint8Array(1 << 17);
  #words = new DataView(this.#out.buffer);

  /** `block` without its compression, valid until the next call. */
  uncompressed(block: Uint8Array): Uint8Array {
    const begin = prefixOf(block);
    const length = statedLength(block);
    if (length > mostPerByte * block.length) throw new NotSnappy('it is shorter than it says');
    if (length + slack > this.#out.length) this.#widen(length + slack);
    this.#write(block, begin, length);
    return this.#out.subarray(0, length);
  }

  #widen(length: number): void {
    this.#out = new Uint8Array(length);
    this.#words = new DataView(this.#out.buffer);
  }

  #write(block: Uint8Array, begin: number, length: number): void {
    const words = new DataView(block.buffer, block.byteOffset, block.byteLength);
    let from = begin;
    let to = 0;
    while (from < block.length) {
      const tag = block[from] ?? 0;
      from += 1;
      if ((tag & 3) === 0) {
        const extra = Math.max(0, (tag >>> 2) - 59);
        const size = 1 + (extra === 0 ? tag >>> 2 : numberAt(block, from, extra));
        from += extra;
        if (from + size > block.length || to + size > length) throw new NotSnappy('a literal is cut off');
        if (size > longestCopy || from + size + slack > block.length)
          this.#out.set(block.subarray(from, from + size), to);
        else for (let i = 0; i < size; i += 8) this.#words.setBigInt64(to + i, words.getBigInt64(from + i));
        from += size;
        to += size;
      } else {
        const width = (tag & 3) === 3 ? 4 : tag & 3;
        const size = width === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
        const offset = numberAt(block, from, width) + (width === 1 ? (tag >>> 5) << 8 : 0);
        from += width;
        if (offset === 0 || offset > to || to + size > length) throw new NotSnappy('a copy reaches out of the block');
        this.#copy(to - offset, to, size);
        to += size;
      }
    }
    if (to !== length || from !== block.length) throw new NotSnappy('it is shorter than it says');
  }

  /** A copy may reach into itself: then its bytes repeat. */
  #copy(from: number, to: number, size: number): void {
    if (to - from >= 8)
      for (let i = 0; i < size; i += 8) this.#words.setBigInt64(to + i, this.#words.getBigInt64(from + i));
    else for (let i = 0; i < size; i += 1) this.#out[to + i] = this.#out[from + i] ?? 0;
  }
}

/** Little-endian, up to four bytes; what lies beyond the end is 0. */
function numberAt(bytes: Uint8Array, at: number, width: number): number {
  let number = 0;
  for (let i = 0; i < width; i += 1) number |= (bytes[at + i] ?? 0) << (8 * i);
  return number >>> 0;
}

/** A block begins with the length of what is in it, as a varint of up to 32 bits: how many bytes are that? */
function prefixOf(block: Uint8Array): number {
  for (let i = 0; i < 5; i += 1) if ((block[i] ?? 0) < 128) return i + 1;
  throw new NotSnappy('it does not begin with a length');
}

/** The length that a block says it has when it is uncompressed (bytes). */
export function statedLength(block: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = block[i] ?? 0;
    length += (byte & 127) * 128 ** i;
    if (byte < 128) break;
  }
  return length;
}
