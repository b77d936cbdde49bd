import { describe, expect, it } from 'vitest';
import { defaultQueries } from './default-queries.ts';
import { lookBackIn, lookBackOf } from './look-back.ts';

describe('the look-back of a query', () => {
  it.each([
    ['up', 0],
    ['sum by (pod) (rate(x[5m]))', 300],
    ['rate(x[1m]) / rate(y[ 1h30m ])', 5400],
    ['increase(x[500ms])', 0.5],
    ['max_over_time(rate(x[5m])[30m:1m])', 1800],
    ['quantile_over_time(0.9, x[1d:])', 86_400],
    ['sum by (code) (x{code=~"[45].."})', 0],
    ['rate(x{path="a\\"[9h]"}[2m]) # was [1h]', 120],
    ["rate(x{path='[9h]', file=`[3d]`}[2m])", 120],
  ])('%s: %d s', (promql, seconds) => expect(lookBackIn(promql)).toBe(seconds));

  it('is five or ten minutes of every default query that looks back at all', () => {
    expect(new Set(defaultQueries.map(lookBackOf))).toEqual(new Set([0, 300, 600]));
  });
});
