import { describe, expect, it } from 'vitest';
import { createRecorder } from '../adapters/telemetry/index.ts';
import { targetKey, type Incident, type Outcome } from '../model/index.ts';
import { createGauges } from './gauges.ts';
import { countIncident } from './incident-metrics.ts';
import { createFakePorts, fakeIncident } from './ports.fake.ts';
import type { ScoreRow, Store } from './ports.ts';

const recorder = () => createRecorder({ processMetrics: false });
const approvals = (issuer: string): Incident['approvals'] => [{ subject: 'somebody', issuer, digest: 'd', at: 1 }];

describe('the life of an incident, counted', () => {
  const before = fakeIncident({ startedAt: 1000, openedAt: 1060 });
  const end = { closedAt: 1000 + 1500 };

  it('is detected, approved and over, each once', async () => {
    const made = recorder();
    countIncident(made, undefined, before);
    const approved = fakeIncident({
      ...before,
      phase: 'Approved',
      approvals: approvals('policy'),
    } as Partial<Incident>);
    countIncident(made, before, approved);
    const resolved = fakeIncident({ ...approved, ...end, phase: 'Resolved' } as Partial<Incident>);
    countIncident(made, approved, resolved);
    countIncident(made, resolved, { ...resolved, title: 'said again' });
    const text = await made.text();
    expect(text).toContain('kubewise_time_to_detect_seconds_sum 60');
    expect(text).toContain('kubewise_approvals_total{decision="Approved",via="policy"} 1');
    expect(text).toContain('kubewise_incidents_closed_total{phase="Resolved",decided_by="policy"} 1');
    expect(text).toContain('kubewise_time_to_recover_seconds_bucket{le="1200",phase="Resolved"} 0');
    expect(text).toContain('kubewise_time_to_recover_seconds_bucket{le="1800",phase="Resolved"} 1');
  });

  it.each([
    ['token', 'token', 'person'],
    ['https://grafana.example', 'grafana', 'person'],
  ])('knows a person who came with %s', async (issuer, via, decider) => {
    const made = recorder();
    const approved = fakeIncident({ ...before, phase: 'Approved', approvals: approvals(issuer) } as Partial<Incident>);
    countIncident(made, before, approved);
    countIncident(made, approved, fakeIncident({ ...approved, ...end, phase: 'Resolved' } as Partial<Incident>));
    const text = await made.text();
    expect(text).toContain(`{decision="Approved",via="${via}"} 1`);
    expect(text).toContain(`{phase="Resolved",decided_by="${decider}"} 1`);
  });

  it('ends without a decision as well, in the phase that it stays in', async () => {
    const made = recorder();
    const escalated = fakeIncident({ ...before, phase: 'Escalated' });
    countIncident(made, escalated, fakeIncident({ ...escalated, ...end }));
    expect(await made.text()).toContain('{phase="Escalated",decided_by="nobody"} 1');
  });

  it('has a verdict where verification said one, not where it carries an earlier one', async () => {
    const made = recorder();
    const said = (verdict: Outcome['verdict'], at: number): Partial<Incident> => ({
      outcome: { verdict, message: '', measurements: [], reverted: false, at },
    });
    const verifying = fakeIncident({ ...before, phase: 'Verifying' } as Partial<Incident>);
    const once = said('NoEffect', 2000);
    const again = fakeIncident({ ...verifying, ...once } as Partial<Incident>);
    const left = (phase: Incident['phase'], outcome = once) =>
      fakeIncident({ ...verifying, ...outcome, phase } as Partial<Incident>);
    countIncident(made, verifying, left('Escalated'));
    countIncident(made, again, left('Failed'));
    countIncident(made, again, left('Resolved', said('Fixed', 3000)));
    const text = await made.text();
    expect(text).toContain('kubewise_verdicts_total{verdict="NoEffect"} 1');
    expect(text).toContain('kubewise_verdicts_total{verdict="Fixed"} 1');
  });
});

describe('calibration', () => {
  const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };
  const row = (score: number, timestamp: number, state: ScoreRow['state'] = 'normal'): ScoreRow => ({
    ...{ target, targetKey: targetKey(target), query: 'cpu', metricType: 'cpu', value: 1, expected: 1, band: [0, 2] },
    ...{ threshold: 0.78, window: [] },
    ...{ score, state, timestamp },
  });

  it('counts each sample of a series that is past its learning, once, by how rare it was called', async () => {
    const made = recorder();
    const fakes = createFakePorts({} as Store);
    const { ports } = fakes;
    const gauges = createGauges({ ...ports, recorder: made }, () => ({ mode: 'MANUAL', killSwitch: false }));
    const now = ports.clock.now();
    const rows = [row(0.4, now), row(0.6, now), row(0.7, now), row(0.8, now), row(0.9, now, 'learning')];
    gauges.scores(rows);
    fakes.advance(60);
    gauges.scores(rows);
    const text = await made.text();
    expect(text).toContain('kubewise_samples_scored_total 4');
    expect(text).toContain('{tail="0.1"} 3');
    expect(text).toContain('{tail="0.01"} 2');
    expect(text).toContain('{tail="0.001"} 1');
  });

  it('exports no more scores than it may, the highest ones, and whatever is anomalous', async () => {
    const made = recorder();
    const fakes = createFakePorts({} as Store);
    const gauges = createGauges({ ...fakes.ports, recorder: made }, () => ({ mode: 'MANUAL', killSwitch: false }), 3);
    const said: readonly [string, number, ScoreRow['state']][] = [
      ['a', 0.5, 'normal'],
      ['b', 0.1, 'anomalous'],
      ['c', 0.5, 'normal'],
      ['d', 0.9, 'normal'],
      ['e', 0.5, 'normal'],
      ['f', 0.2, 'normal'],
    ];
    gauges.scores(said.map(([name, score, state]) => ({ ...row(score, 0, state), metricType: name, targetKey: name })));
    const text = await made.text();
    const exported = [...text.matchAll(/kubewise_anomaly_score\{.*metric_type="(\w)"\}/g)].map(([, name]) => name);
    expect(exported).toEqual(['a', 'b', 'c', 'd']);
    expect(text).toContain('kubewise_score_series_hidden 2');
  });

  it('tells of a workload as a whole: trouble that stays counts for more, and silence says nothing', async () => {
    const made = recorder();
    const fakes = createFakePorts({} as Store);
    const gauges = createGauges({ ...fakes.ports, recorder: made }, () => ({ mode: 'MANUAL', killSwitch: false }));
    const scoreNow = async (): Promise<number> =>
      Number(/kubewise_workload_score\{.*workload="web"\} ([\d.e-]+)/.exec(await made.text())?.[1] ?? NaN);
    const round = (...scores: readonly number[]): Promise<number> => {
      fakes.advance(60);
      const whole = { ...row(0.99, fakes.ports.clock.now()), metricType: 'workload_distance' };
      gauges.scores([...scores.map((score) => row(score, fakes.ports.clock.now())), whole]);
      return scoreNow();
    };
    for (let i = 0; i < 30; i += 1) await round(0.2, 0.1, 0.3);
    const calm = await round(0.2, 0.1, 0.3);
    expect(calm).toBeCloseTo(0.2, 1);
    const first = await round(0.9, 0.9, 0.9);
    const later = await round(0.9, 0.9, 0.9);
    expect(first).toBeGreaterThan(calm + 0.3);
    expect(later).toBeGreaterThan(first);
    expect(later).toBeLessThan(0.9);
    expect(await round()).toBeNaN();
  });

  it('believes a series less that has shouted before, and not for what another series said', async () => {
    const made = recorder();
    const fakes = createFakePorts({} as Store);
    const gauges = createGauges({ ...fakes.ports, recorder: made }, () => ({ mode: 'MANUAL', killSwitch: false }));
    const round = async (query: string, score: number): Promise<number> => {
      fakes.advance(60);
      gauges.scores([{ ...row(score, fakes.ports.clock.now()), query }]);
      return Number(/kubewise_workload_score\{.*workload="web"\} ([\d.e-]+)/.exec(await made.text())?.[1] ?? NaN);
    };
    const calm = async (): Promise<void> => {
      for (let i = 0; i < 60; i += 1) await round('cpu', 0.5);
    };
    await calm();
    const first = await round('cpu', 0.98);
    for (let i = 0; i < 5; i += 1) {
      await calm();
      await round('cpu', 0.98);
    }
    await calm();
    const seventh = await round('cpu', 0.98);
    await calm();
    const other = await round('memory', 0.98);
    expect(seventh).toBeLessThan(first - 0.02);
    expect(other).toBeCloseTo(first, 2);
  });
});
