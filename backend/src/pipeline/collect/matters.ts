import type { WatchedQuery } from '../../model/index.ts';

/**
 * Is a value that the detectors find unusual also worth telling somebody? Not when it is on the healthy side of what
 * the query names, nor when it is not worse than expected (the echo of an outage that is over), nor when it is worse by
 * less than the tolerance: on a steady series a difference of a thousandth is as rare as an outage, and nobody wants to
 * hear of it. What is `open` already ends at half the tolerance, so that it does not flap.
 */
export function matters(query: WatchedQuery, value: number, expected: number, open: boolean): boolean {
  const { healthy, tolerance = 0.1, direction } = query;
  if (healthy !== undefined && direction === 'up' && value <= healthy) return false;
  if (healthy !== undefined && direction === 'down' && value >= healthy) return false;
  const off = value - expected;
  const worse = direction === 'up' ? off : direction === 'down' ? -off : Math.abs(off);
  return worse > (open ? tolerance / 2 : tolerance) * Math.abs(expected);
}
