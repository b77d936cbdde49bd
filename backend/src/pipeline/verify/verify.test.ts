import { describe, expect, it } from 'vitest';
import { Plan, type IncidentIn, type Measurement } from '../../model/index.ts';
import { fakeIncident } from '../ports.fake.ts';
import { check, concerning, lateVerdict, verdictOf, type Reading, type Verifying } from './verify.ts';

const now = 1_700_001_000;
const plan = Plan.parse({
  id: 'p',
  author: { kind: 'Rule', name: 'r' },
  reasoning: 'because',
  steps: [{ id: 'a', action: { name: 'scale_deployment', params: { name: 'web', ns: 'shop', replicas: 4 } } }],
  risk: 'low',
  reversible: true,
  verify: { recover: [{ metricType: 'throttling', below: 0.25 }] },
  autonomy: 'Approve',
  digest: 'd',
  createdAt: now,
  expiresAt: now,
});
// A node: its pods are not looked at, so that the numbers alone decide.
const target = { cluster: 'test', kind: 'Node', namespace: '', name: 'n' };
const incident = {
  ...fakeIncident(),
  target,
  phase: 'Verifying',
  plan,
  actions: [],
  verifyingSince: now,
} as unknown as IncidentIn<'Verifying'>;
const reading = (value: number, anomalous: boolean): Reading => ({
  ...{
    targetKey: 'n',
    metricType: 'throttling',
    query: 'q',
    unit: 'ratio',
    value,
    expected: 0.05,
    anomalous,
    timestamp: now,
  },
});
const given = (fields: Partial<Verifying>): Verifying => ({
  ...{ incident, anomalies: [], readings: [], progress: [], evidence: [], now },
  ...fields,
});

describe('check', () => {
  it('waits while a number is still away, and says which', () => {
    const seen = check(given({ readings: [reading(0.6, true)] }));
    expect(seen).toMatchObject({ state: 'Waiting', message: 'throttling is 0.600 ratio' });
  });
  it('is satisfied below the limit that the runbook names', () => {
    expect(check(given({ readings: [reading(0.2, true)] })).state).toBe('Healthy');
  });
  it('waits for a rollout, and takes a failed one for broken', () => {
    const progress = (state: 'Progressing') => [{ state, message: '1 of 3' }] as const;
    expect(check(given({ readings: [reading(0.1, false)], progress: progress('Progressing') })).state).toBe('Waiting');
    const failed = [{ state: 'Failed', reason: 'ProgressDeadlineExceeded', message: 'late' }] as const;
    expect(check(given({ progress: failed }))).toMatchObject({ state: 'Broken', reason: 'ProgressDeadlineExceeded' });
  });
});

describe('verdictOf', () => {
  const one = (before: number, after: number, recovered = false): Measurement => ({
    ...{ name: 'latency', unit: 's', before, after, expected: 1, recovered },
  });
  it('tells worse from no effect, better from no news', () => {
    expect(verdictOf([])).toBe('NotEnoughData');
    expect(verdictOf([one(2, 5)])).toBe('MadeWorse');
    expect(verdictOf([one(2, 2)])).toBe('NoEffect');
    expect(verdictOf([one(2, 1, true), one(2, 2)])).toBe('Improved');
  });
  it('calls nothing worse by what the plan does not concern', () => {
    expect(lateVerdict([one(2, 1, true), one(2, 5)], [one(2, 1, true)])).toBe('Improved');
    expect(lateVerdict([one(2, 1, true), one(2, 5)], [one(2, 5)])).toBe('MadeWorse');
    expect(lateVerdict([one(2, 2)], [])).toBe('NoEffect');
  });
});

describe('concerning', () => {
  const of = (targetKey: string, metricType: string): Reading => ({ ...reading(1, true), targetKey, metricType });
  const travelling = new Set(['errors']);
  it('passes over what a neighbour is short of itself, where the object that was changed is measured', () => {
    const [own, travels, done] = [of('caller', 'throttling'), of('caller', 'errors'), of('changed', 'throttling')];
    expect(concerning([own, travels, done], 'caller', travelling)).toEqual([travels, done]);
    expect(concerning([own, travels], 'caller', travelling)).toEqual([own, travels]);
  });
});
