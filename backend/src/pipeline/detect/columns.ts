type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The same numbers in a buffer of at least `length` entries; new entries are 0. Doubles, so that rows may arrive singly. */
const growing =
  <T extends Numbers>(make: (length: number) => T) =>
  (data: T, length: number): T => {
    if (length <= data.length) return data;
    const larger = make(Math.max(length, data.length * 2));
    larger.set(data);
    return larger;
  };
export const grown = growing((length) => new Float32Array(length));
export const grownDoubles = growing((length) => new Float64Array(length));
export const grownBytes = growing((length) => new Uint8Array(length));

const largest = 1e30;

/** A value that single precision can hold with room for differences. */
export const clamped = (value: number): number => (value > largest ? largest : value < -largest ? -largest : value);

/** Samples of one moment as the heads take them: parallel arrays, filled anew for every block, so that nothing is allocated. */
export interface Block {
  readonly rows: Uint32Array;
  readonly values: Float64Array;
  /** 0: scored only; 1: scored, then learnt. */
  readonly learns: Uint8Array;
  /** Known width of the value's range; 0: unknown. */
  readonly widths: Float64Array;
  /** Known lower end of that range; NaN: unknown. */
  readonly lowers: Float64Array;
  /** What the head says: -log10 p. */
  readonly surprises: Float64Array;
  /** Sum of the cubed surprises of the views that know up from down, each with the sign of its residual. */
  readonly leans: Float64Array;
}

export const blockOf = (size: number): Block => ({
  rows: new Uint32Array(size),
  values: new Float64Array(size),
  learns: new Uint8Array(size),
  widths: new Float64Array(size),
  lowers: new Float64Array(size).fill(NaN),
  surprises: new Float64Array(size),
  leans: new Float64Array(size),
});
