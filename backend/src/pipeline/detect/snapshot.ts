/** A snapshot: magic, version; per table its floats per row, its row count, per row its key and its floats; a checksum. */
const magic = 0x4b574453;
const version = 5;
const headBytes = 8;
const tableBytes = 8;

/** FNV-1a. */
export function checksumOf(bytes: Uint8Array, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < end; i += 1) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

export interface KeyedFloats {
  readonly key: string;
  readonly floats: Float32Array;
}

/** Rows of one kind, all of them of the same width. */
export interface SnapshotTable {
  readonly floatsEach: number;
  readonly rows: readonly KeyedFloats[];
}

export function encodeSnapshot(tables: readonly SnapshotTable[]): Uint8Array {
  const encoder = new TextEncoder();
  const encoded = tables.map(({ floatsEach, rows }) => ({
    floatsEach,
    rows: rows.map(({ key, floats }) => ({ key: encoder.encode(key), floats })),
  }));
  const sizes = encoded.map(({ floatsEach, rows }) =>
    rows.reduce((sum, { key }) => sum + 4 + key.length + 4 * floatsEach, tableBytes),
  );
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, headBytes) + 4);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const word = (value: number): void => (view.setUint32(at, value, true), void (at += 4));
  [magic, version].forEach(word);
  for (const { floatsEach, rows } of encoded) {
    [floatsEach, rows.length].forEach(word);
    for (const { key, floats } of rows) {
      word(key.length);
      bytes.set(key, at);
      at += key.length;
      // As bytes: not everything that lies there is a number, and a copy of floats would change some of it.
      bytes.set(new Uint8Array(floats.buffer, floats.byteOffset, 4 * floatsEach), at);
      at += 4 * floatsEach;
    }
  }
  word(checksumOf(bytes, at));
  return bytes;
}

/** The rows of each table, given their widths; undefined when the bytes are cut off, damaged or of another version. */
export function decodeSnapshot(
  bytes: Uint8Array,
  widths: readonly number[],
): readonly (readonly KeyedFloats[])[] | undefined {
  const end = bytes.length - 4;
  if (end < headBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== magic || view.getUint32(4, true) !== version) return undefined;
  if (view.getUint32(end, true) !== checksumOf(bytes, end)) return undefined;
  const decoder = new TextDecoder();
  const tables: KeyedFloats[][] = [];
  let at = headBytes;
  for (const floatsEach of widths) {
    if (at + tableBytes > end || view.getUint32(at, true) !== floatsEach) return undefined;
    const rows: KeyedFloats[] = [];
    const count = view.getUint32(at + 4, true);
    at += tableBytes;
    for (let i = 0; i < count; i += 1) {
      if (at + 4 > end) return undefined;
      const keyEnd = at + 4 + view.getUint32(at, true);
      if (keyEnd + 4 * floatsEach > end) return undefined;
      const key = decoder.decode(bytes.subarray(at + 4, keyEnd));
      const floats = new Float32Array(floatsEach);
      new Uint8Array(floats.buffer).set(bytes.subarray(keyEnd, keyEnd + 4 * floatsEach));
      rows.push({ key, floats });
      at = keyEnd + 4 * floatsEach;
    }
    tables.push(rows);
  }
  return at === end ? tables : undefined;
}
