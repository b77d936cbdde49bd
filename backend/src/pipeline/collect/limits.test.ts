import { describe, expect, it } from 'vitest';
import { WatchedQuery } from '../../model/index.ts';
import { createLimits } from './limits.ts';

const row = (limit: WatchedQuery['limit'], direction: 'up' | 'down' = 'up') => {
  const query = WatchedQuery.parse({ name: 'x', query: 'x', metricType: 'pvc', direction, limit });
  const target = { cluster: 'c', kind: 'Node', namespace: '', name: 'n' };
  return { row: 3, key: 'x', query, target, targetKey: 'c/Node//n' };
};

describe('limits', () => {
  it('count once they have been exceeded for as long as the query asks, and no longer than they are', () => {
    const limits = createLimits();
    const disk = row({ value: 0.9, seconds: 60 });
    expect([0.95, 0.95, 0.96].map((value, i) => limits.note(disk, value, 1000 + 30 * i))).toEqual([false, false, true]);
    expect(limits.isExceeded(3)).toBe(true);
    expect(limits.note(disk, 0.5, 1090)).toBe(false);
    expect(limits.isExceeded(3)).toBe(false);
    expect(limits.note(disk, 0.95, 1120)).toBe(false);
  });
  it('are seen from the direction that is bad news', () => {
    const limits = createLimits();
    const days = row({ value: 7, seconds: 0 }, 'down');
    expect([30, 7, -1].map((value) => limits.note(days, value, 1000))).toEqual([false, true, true]);
  });
  it('are nothing to a query without one', () => {
    expect(createLimits().note(row(undefined), 1e9, 1000)).toBe(false);
  });
});
