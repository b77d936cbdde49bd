import type { Window } from './sample-rings.ts';

/**
 * Growth of a counter over a range, resets counted, stretched towards the edges of the range: promql/functions.go,
 * extrapolatedRate. Undefined below two samples. Times in milliseconds. Where samples were thinned and go on beyond an
 * edge, the growth up to that edge is known to have been there: it is stretched all the way.
 */
export function extrapolatedGrowth(window: Window, start: number, end: number): number | undefined {
  const { times, values, size, steps, earlier, later } = window;
  if (size < 2) return undefined;
  const first = values[0] ?? NaN;
  const [firstTime, lastTime] = [times[0] ?? NaN, times[size - 1] ?? NaN];
  const growth = (values[size - 1] ?? NaN) - first + lostInResets(window);
  const sampled = lastTime - firstTime;
  let toStart = firstTime - start;
  // A counter was never below zero: the line is not drawn further back than to where it would have been zero.
  if (growth > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / growth));
  const between = sampled / steps;
  const thinned = steps > size - 1;
  const stretch = (gap: number, goesOn: boolean): number =>
    (thinned && goesOn) || gap < between * 1.1 ? gap : between / 2;
  return growth * ((sampled + stretch(toStart, earlier) + stretch(end - lastTime, later)) / sampled);
}

function lostInResets({ values, size }: Window): number {
  let lost = 0;
  for (let i = 1; i < size; i += 1) {
    const before = values[i - 1] ?? NaN;
    if ((values[i] ?? NaN) < before) lost += before;
  }
  return lost;
}
