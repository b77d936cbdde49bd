/** A snapshot: magic, version, floats per series, series count; per series its key and its floats; an FNV-1a checksum. */
const magic = 0x4b574453;
const version = 4;
const headBytes = 16;

function checksumOf(bytes: Uint8Array, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < end; i += 1) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

export interface SeriesFloats {
  readonly key: string;
  readonly floats: Float32Array;
}

export function encodeSnapshot(series: readonly SeriesFloats[], floatsEach: number): Uint8Array {
  const encoder = new TextEncoder();
  const keys = series.map(({ key }) => encoder.encode(key));
  const length = keys.reduce((sum, key) => sum + 4 + key.length + 4 * floatsEach, headBytes) + 4;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  [magic, version, floatsEach, series.length].forEach((word, i) => view.setUint32(4 * i, word, true));
  let at = headBytes;
  for (const [i, { floats }] of series.entries()) {
    const key = keys[i]!;
    view.setUint32(at, key.length, true);
    bytes.set(key, at + 4);
    at += 4 + key.length;
    // As bytes: not everything that lies there is a number, and a copy of floats would change some of it.
    bytes.set(new Uint8Array(floats.buffer, floats.byteOffset, 4 * floatsEach), at);
    at += 4 * floatsEach;
  }
  view.setUint32(at, checksumOf(bytes, at), true);
  return bytes;
}

/** Undefined when the bytes are cut off, damaged or of another version. */
export function decodeSnapshot(bytes: Uint8Array, floatsEach: number): readonly SeriesFloats[] | undefined {
  const end = bytes.length - 4;
  if (end < headBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const head = [0, 4, 8].map((at) => view.getUint32(at, true));
  if (head[0] !== magic || head[1] !== version || head[2] !== floatsEach) return undefined;
  if (view.getUint32(end, true) !== checksumOf(bytes, end)) return undefined;
  const decoder = new TextDecoder();
  const series: SeriesFloats[] = [];
  let at = headBytes;
  for (let i = view.getUint32(12, true); i > 0; i -= 1) {
    if (at + 4 > end) return undefined;
    const keyEnd = at + 4 + view.getUint32(at, true);
    if (keyEnd + 4 * floatsEach > end) return undefined;
    const key = decoder.decode(bytes.subarray(at + 4, keyEnd));
    const floats = new Float32Array(floatsEach);
    new Uint8Array(floats.buffer).set(bytes.subarray(keyEnd, keyEnd + 4 * floatsEach));
    series.push({ key, floats });
    at = keyEnd + 4 * floatsEach;
  }
  return at === end ? series : undefined;
}
