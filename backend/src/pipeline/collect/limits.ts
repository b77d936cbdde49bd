import type { SeriesRow } from './series-table.ts';

/** Which series are beyond a known limit (`WatchedQuery.limit`) and have been for as long as it asks. */
export interface Limits {
  /** Takes the value of a round (Unix s); true while the limit counts as exceeded. */
  note(row: SeriesRow, value: number, timestamp: number): boolean;
  isExceeded(row: number): boolean;
}

export function createLimits(): Limits {
  const since = new Map<number, number>();
  const exceeded = new Set<number>();
  return {
    note({ row, query }, value, timestamp) {
      const { limit, direction } = query;
      const beyond = limit !== undefined && (direction === 'down' ? value <= limit.value : value >= limit.value);
      if (!beyond) {
        since.delete(row);
        exceeded.delete(row);
        return false;
      }
      const began = since.get(row) ?? timestamp;
      since.set(row, began);
      if (timestamp - began < limit.seconds) return exceeded.has(row);
      exceeded.add(row);
      return true;
    },
    isExceeded: (row) => exceeded.has(row),
  };
}
