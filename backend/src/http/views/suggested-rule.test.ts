import { describe, expect, it } from 'vitest';
import type { ScoredSeries } from '../../pipeline/ports.ts';
import { suggestRule } from './suggested-rule.ts';

/** A sample a minute; `odd` = from which to which minute it was unusual. */
function series(values: readonly number[], odd?: readonly [number, number], peak = 0.95): ScoredSeries {
  const times = values.map((_, minute) => minute * 60);
  const flat = values.map(() => 0);
  const inside = (minute: number): boolean => odd !== undefined && minute >= odd[0] && minute <= odd[1];
  return {
    ...{ name: 's', times, values, expected: flat, low: flat, high: flat, anomalyScores: flat, threshold: 0.78 },
    scores: values.map((_, minute) => (inside(minute) ? peak : 0.1)),
    excursions: odd ? [{ target: 's', from: odd[0] * 60, to: odd[1] * 60, peak, sentence: '' }] : [],
  };
}
const of = (query: string | undefined, ...scored: ScoredSeries[]) => scored.map((one) => ({ query, scored: one }));
const jump = series([1, 2, 1, 2, 1, 2, 20, 20, 20, 20, 20, 20], [6, 11]);

describe('a suggested rule', () => {
  it('lies between what was usual and what was not, and waits half as long as it lasted', () => {
    expect(suggestRule(of('rate(errors[5m])', jump))).toEqual({
      expr: '(rate(errors[5m])) > 8',
      for: '2m',
      summary: 'It would have fired for 1 of the 1 series of this query (highest usual value 2).',
    });
  });

  it('does not fire for usual values of the other series of the same query', () => {
    const busy = series([1, 14, 14, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    const rule = suggestRule([...of('q', jump, busy), ...of('another', series([900]))]);
    expect(rule?.expr).toBe('(q) > 16');
    expect(rule?.summary).toContain('1 of the 2 series');
  });

  it('looks downwards where the series fell', () => {
    const fall = series([50, 52, 50, 51, 50, 4, 4, 4], [5, 7]);
    expect(suggestRule(of('up', fall))).toMatchObject({ expr: '(up) < 30', for: '1m' });
  });

  it('speaks of the most unusual series', () => {
    const mild = series([1, 1, 1, 3], [3, 3], 0.8);
    expect(suggestRule([...of('mild', mild), ...of('worst', jump)])?.expr).toContain('worst');
  });

  it.each([
    ['the query is not known', of(undefined, jump)],
    ['nothing was unusual', of('q', series([1, 2, 3]))],
    ['the unusual values are usual ones at another time', of('q', series([1, 9, 1, 9, 5, 5, 5], [4, 6]))],
    ['another series has such values every day', of('q', jump, series([0, 50]), series([0, 1]))],
  ])('is not made where %s', (_, panel) => {
    expect(suggestRule(panel)).toBeUndefined();
  });
});
