import { describe, expect, it } from 'vitest';
import { targetKey, type Intervention, type Target } from '../../model/index.ts';
import { limitMasksAt, masksAt } from './masks.ts';

const at = 10_000;
const target: Target = { cluster: 'c', kind: 'Deployment', namespace: 'shop', name: 'web' };
const key = targetKey(target);
const rollout = (more: Partial<Intervention> = {}): Intervention => ({
  ...{ at, kind: 'Rollout', target, byUs: false, message: '' },
  ...more,
});
const watched = (metricType: string, query = 'x') => ({
  ...{ name: metricType, metricType, query, unit: '', aggregate: 'sum' as const, direction: 'up' as const },
});
const gap = watched('replicas');
const errors = watched('errors', 'rate(x[5m])');

describe('masks', () => {
  it('excuse transients of the workload that changes, and never crashes', () => {
    const masks = masksAt([rollout()], at + 30);
    expect(masks(key, gap)).toBe(true);
    expect(masks(key, watched('oom'))).toBe(false);
    expect(masks(key, watched('restarts'))).toBe(false);
    expect(masks('c/Deployment/shop/db', gap)).toBe(false);
  });

  /** Seconds after the change at which a query is no longer masked. */
  const ends = (change: Intervention, query: typeof gap): number => {
    let seconds = 0;
    while (masksAt([change], at + seconds)(key, query)) seconds += 1;
    return seconds - 1;
  };
  it('end a minute after the change has settled, and later by what a query looks back', () => {
    expect(ends(rollout({ settledAt: at + 40 }), gap)).toBe(100);
    expect(ends(rollout({ settledAt: at + 40 }), errors)).toBe(400);
    expect(ends(rollout({ settledAt: at + 300 }), watched('latency', 'rate(x[1m])'))).toBe(420);
  });
  it('end for a change that never settles, too', () => {
    expect(ends(rollout(), gap)).toBe(660);
    expect(ends(rollout({ settledAt: at + 5000 }), gap)).toBe(660);
  });
  it('excuse restarts that we caused ourselves, while that is under way', () => {
    const restarts = watched('restarts', 'increase(x[10m])');
    expect(ends(rollout({ settledAt: at + 40, byUs: true }), restarts)).toBe(100);
  });
  it('hold for a change of a clock that is ahead of ours', () => {
    expect(masksAt([rollout()], at - 60)(key, gap)).toBe(true);
    expect(masksAt([rollout()], at - 3600)(key, gap)).toBe(false);
  });
  it('excuse nothing beyond a limit, except what we do ourselves', () => {
    expect(limitMasksAt([rollout()], at + 30)(key, errors)).toBe(false);
    expect(limitMasksAt([rollout({ byUs: true })], at + 30)(key, errors)).toBe(true);
  });
});
