/** The same numbers in a buffer of at least `length` entries; new entries are 0. Doubles, so that rows may arrive singly. */
export function grown(data: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  if (length <= data.length) return data;
  const larger = new Float32Array(Math.max(length, data.length * 2));
  larger.set(data);
  return larger;
}

const largest = 1e30;

/** A value that single precision can hold with room for differences. */
export const clamped = (value: number): number => (value > largest ? largest : value < -largest ? -largest : value);
