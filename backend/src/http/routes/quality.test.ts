import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DetectorQuality } from '../contract.ts';
import { anomaly, startServer, type Running } from '../server.fake.ts';

const day = 86_400;
let running: Running;
beforeEach(async () => void (running = await startServer()));
afterEach(() => running.stop());

const ask = async (): Promise<DetectorQuality> =>
  (await running.ask('GET', '/api/v1/detectors/quality', { role: 'viewer' })).body as DetectorQuality;

it('counts each week by itself: anomalies, what people said, and what detection alone opened', async () => {
  const now = running.fakes.ports.clock.now();
  const said = (verdict: 'TruePositive' | 'FalsePositive') => ({
    feedback: { verdict, subject: 'anna', comment: '', at: now },
  });
  await running.store.anomalies.upsert([
    anomaly('today', { startedAt: now - day, peak: 0.97, ...said('TruePositive') }),
    anomaly('today, too', { startedAt: now - day, peak: 0.83, ...said('FalsePositive') }),
    anomaly('unjudged', { startedAt: now - 2 * day }),
    anomaly('last week', { startedAt: now - 8 * day, peak: 1, ...said('TruePositive') }),
    anomaly('before retention', { startedAt: now - 29 * day, ...said('FalsePositive') }),
  ]);
  const like = await running.store.incidents.get('incident-1');
  if (!like) throw new Error('the fake has an incident');
  const { openKey: _open, ...closed } = like;
  const opened = { at: now - 9 * day, phase: 'Firing', message: '', subject: 'kubewise' } as const;
  await running.store.incidents.upsert([
    { ...closed, id: 'noticed', openedAt: now - 9 * day, timeline: [{ ...opened, reason: 'SignalsAgree' }] },
    { ...closed, id: 'alerted', openedAt: now - 9 * day, timeline: [{ ...opened, reason: 'AlertReceived' }] },
  ]);

  const { weeks, scores, budgetPerWeek } = await ask();
  expect(weeks).toHaveLength(4);
  expect(weeks.at(-1)).toMatchObject({ anomalies: 3, truePositives: 1, falsePositives: 1 });
  expect(weeks.at(-2)).toMatchObject({
    anomalies: 1,
    truePositives: 1,
    falsePositives: 0,
    incidents: 2,
    byDetection: 1,
  });
  expect(weeks[0]).toMatchObject({ anomalies: 0, truePositives: 0, falsePositives: 0 });
  expect(weeks.slice(1).map(({ from }) => from)).toEqual(weeks.slice(0, -1).map(({ to }) => to));
  expect(budgetPerWeek).toBe(3);
  expect(scores).toEqual([
    { from: 0, to: 0.8, truePositives: 0, falsePositives: 0 },
    { from: 0.8, to: 0.9, truePositives: 0, falsePositives: 1 },
    { from: 0.9, to: 0.95, truePositives: 0, falsePositives: 0 },
    { from: 0.95, to: 1, truePositives: 2, falsePositives: 0 },
  ]);
});

it('reads the weeks that retention keeps, and says how often samples were called rare', async () => {
  running.operations.config = () => ({ RETENTION_DAYS: 15 });
  const { weeks, calibration } = await ask();
  expect(weeks).toHaveLength(2);
  expect(calibration).toMatchObject({ samples: 1000, tails: [{ probability: 0.01, samples: 12 }] });
  delete running.operations.calibration;
  expect(await ask()).not.toHaveProperty('calibration');
});
