import { expect, it } from 'vitest';
import type { WirePlan } from '../http/contract.ts';
import { planText } from './plan.ts';

const plan: WirePlan = {
  ...{ id: 'plan-1', incidentId: 'incident-1', author: { kind: 'Rule', name: 'oom' }, reasoning: 'Killed.' },
  ...{ rootCause: '', steps: [], fallbacks: [], priority: 'high', expectedOutcome: '', verification: [], risk: 'low' },
  ...{ reversible: true, permissions: [], dryRuns: [], autonomy: 'Approve', autonomyReason: '', attempt: 0 },
  ...{ digest: 'd', createdAt: '2026-01-01T00:00:00Z', expiresAt: '2026-01-01T01:00:00Z' },
};

it('says what became of earlier incidents, and nothing where there were none', () => {
  const left = { seen: 4, recovered: 3, medianSeconds: 890 };
  const text = planText({ ...plan, forecast: { doNothing: left, withPlan: { seen: 2, recovered: 0 } } });
  expect(text).toContain('left alone: 3 of 4 got well, half of those within 15 min');
  expect(text).toContain('treated like this: 0 of 2 got well\n');
  const untreated = planText({ ...plan, forecast: { doNothing: left, withPlan: { seen: 0, recovered: 0 } } });
  expect(untreated).not.toContain('treated like this');
  expect(planText(plan)).not.toContain('Earlier');
});
