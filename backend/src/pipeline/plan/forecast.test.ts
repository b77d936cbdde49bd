import { describe, expect, it } from 'vitest';
import type { Incident, Step } from '../../model/index.ts';
import { fakeIncident } from '../ports.fake.ts';
import { forecastOf } from './forecast.ts';

const step = (name: string): Step => ({
  ...{ id: 'a', dependsOn: [], preconditions: [], expectedOutcome: '', verification: '' },
  action: { name, params: {} },
});
const { target } = fakeIncident();
const caused = (cause: string): Incident['causes'] => [
  { class: cause, target, score: 1, message: '', evidence: [], facts: {} },
];
let n = 0;
/** An incident that is over; times in seconds after its start. */
const over = (fields: object, closed: number, cause = 'OutOfMemory'): Incident =>
  fakeIncident({ id: `past-${(n += 1)}`, causes: caused(cause), startedAt: 0, closedAt: closed, ...fields });
const restarted = (closed: number, verdict: string, name = 'restart_deployment'): Incident =>
  over({ phase: 'Resolved', executedAt: 100, plan: { steps: [step(name)] }, outcome: { verdict } }, closed);
const now = fakeIncident({ causes: caused('OutOfMemory') });

describe('the forecast of a plan', () => {
  it('is what became of earlier incidents of the same cause, left alone and treated like this', () => {
    const past = [
      over({ phase: 'SelfRecovered' }, 600),
      over({ phase: 'SelfRecovered' }, 900),
      over({ phase: 'SelfRecovered' }, 1800),
      over({ phase: 'Escalated' }, 7200),
      restarted(400, 'Fixed'),
      restarted(500, 'NoEffect'),
    ];
    expect(forecastOf(now, [step('restart_deployment')], past)).toEqual({
      doNothing: { seen: 4, recovered: 3, medianSeconds: 900 },
      withPlan: { seen: 2, recovered: 1, medianSeconds: 300 },
    });
  });

  it('says nothing of incidents that were other, treated otherwise, or are not over', () => {
    const { closedAt: _, ...open } = over({ phase: 'SelfRecovered' }, 60);
    const past = [
      over({ phase: 'SelfRecovered' }, 60, 'BadRollout'),
      restarted(400, 'Fixed', 'scale_deployment'),
      open,
    ];
    expect(forecastOf(now, [step('restart_deployment')], past)).toBeUndefined();
    expect(forecastOf(fakeIncident(), [step('restart_deployment')], past)).toBeUndefined();
  });

  it('has no time where none got well', () => {
    expect(forecastOf(now, [step('restart_deployment')], [over({ phase: 'Escalated' }, 60)])).toEqual({
      doNothing: { seen: 1, recovered: 0 },
      withPlan: { seen: 0, recovered: 0 },
    });
  });
});
