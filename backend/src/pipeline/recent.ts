/** The last raw values of every series, in one ring each: what the API shows beside a score. */
export interface Recent {
  push(row: number, timestamp: number, value: number): void;
  /** Oldest first: [Unix s, value]. */
  window(row: number): readonly (readonly [number, number])[];
  timestampOf(row: number): number;
  valueOf(row: number): number;
}

/** `length` values per series, 16 bytes each. */
export function createRecent(length: number): Recent {
  const rings: { values: Float64Array; timestamps: Float64Array; next: number }[] = [];
  const ringOf = (row: number) =>
    (rings[row] ??= { values: new Float64Array(length).fill(NaN), timestamps: new Float64Array(length), next: 0 });
  const last = (row: number): number => ((rings[row]?.next ?? 0) + length - 1) % length;
  return {
    push(row, timestamp, value) {
      const ring = ringOf(row);
      ring.values[ring.next] = value;
      ring.timestamps[ring.next] = timestamp;
      ring.next = (ring.next + 1) % length;
    },
    window(row) {
      const ring = rings[row];
      if (!ring) return [];
      const points: [number, number][] = [];
      for (let i = 0; i < length; i += 1) {
        const at = (ring.next + i) % length;
        const timestamp = ring.timestamps[at] ?? 0;
        if (timestamp > 0) points.push([timestamp, ring.values[at] ?? NaN]);
      }
      return points;
    },
    timestampOf: (row) => rings[row]?.timestamps[last(row)] ?? 0,
    valueOf: (row) => rings[row]?.values[last(row)] ?? NaN,
  };
}
