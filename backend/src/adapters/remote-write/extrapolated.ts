import type { Window } from './sample-rings.ts';

/**
 * Growth of a counter over a range, resets counted, stretched towards the edges of the range: promql/functions.go,
 * extrapolatedRate. Undefined below two samples. Times in milliseconds. Where samples were thinned and go on beyond an
 * edge, the growth up to that edge is known to have been there: it is stretched all the way.
 */
export function extrapolatedGrowth(window: Window, start: number, end: number): number | undefined {
  const { size, first, firstTime, last, lastTime, lost, steps, earlier, later } = window;
  if (size < 2) return undefined;
  const growth = last - first + lost;
  const sampled = lastTime - firstTime;
  let toStart = firstTime - start;
  // A counter was never below zero: the line is not drawn further back than to where it would have been zero.
  if (growth > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / growth));
  const between = sampled / steps;
  const thinned = steps > size - 1;
  const stretched =
    sampled + stretch(toStart, between, thinned && earlier) + stretch(end - lastTime, between, thinned && later);
  return growth * (stretched / sampled);
}

const stretch = (gap: number, between: number, goesOn: boolean): number =>
  goesOn || gap < between * 1.1 ? gap : between / 2;
