import { beforeEach, describe, expect, test } from 'vitest';
import { AdapterError, type Kubernetes, type MetricsSource, type Model, type Recorder } from '../../pipeline/ports.ts';
import { guardKubernetes, guardMetrics, guardModel, type GuardOptions } from './index.ts';

const gauges = new Map<string, number>();
const quiet = (): void => undefined;
const recorder: Recorder = {
  gauge: (name, value, labels = {}) => void gauges.set(`${name} ${labels['service']}`, value),
  ...{ count: quiet, observe: quiet, resetGauge: quiet },
};
const warnings: string[] = [];
const say = (_fields: object, said: string): void => void warnings.push(said);
const log = { debug: quiet, info: say, warn: say, error: quiet };
const options: GuardOptions = {
  ...{
    errorThreshold: 3,
    openSeconds: 0.05,
    halfOpenCalls: 2,
    attempts: 2,
    baseDelaySeconds: 0.001,
    now: () => 1_700_000_000,
  },
  ...{ recorder, log },
};
const down = (): AdapterError => new AdapterError('prometheus', 'not reached', { retryable: true });
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const found = { ok: true as const, series: [], dropped: 0, seconds: 0 };

/** A source that fails while `failing` says so, and counts. */
function sourceThat(fails: () => Error | undefined) {
  const calls = { count: 0 };
  const call = async () => {
    calls.count += 1;
    const error = fails();
    if (error) throw error;
    return found;
  };
  const source: MetricsSource = { query: call, queryRange: call, ping: async () => void (await call()) };
  return { calls, source };
}

beforeEach(() => void (warnings.length = 0));

describe('reads', () => {
  test('are tried again after a failure that may pass', async () => {
    let failures = 2;
    const { calls, source } = sourceThat(() => (failures-- > 0 ? down() : undefined));
    await expect(guardMetrics(source, options).query('up')).resolves.toEqual(found);
    expect(calls.count).toBe(3);
  });

  test('are not after one that will not, and that does not open the circuit', async () => {
    const forbidden = new AdapterError('prometheus', 'forbidden', { retryable: false, status: 403 });
    const { calls, source } = sourceThat(() => forbidden);
    const guarded = guardMetrics(source, options);
    for (let i = 0; i < 10; i += 1) await expect(guarded.query('up')).rejects.toBe(forbidden);
    expect(calls.count).toBe(10);
    expect(gauges.get('kubewise_circuit_breaker_status prometheus')).toBe(0);
  });
});

describe('the circuit', () => {
  test('opens after the threshold, refuses at once, lets a test call through, and closes', async () => {
    let isDown = true;
    const { calls, source } = sourceThat(() => (isDown ? down() : undefined));
    const guarded = guardMetrics(source, options);
    await expect(guarded.query('up')).rejects.toThrow('not reached');
    expect(gauges.get('kubewise_circuit_breaker_status prometheus')).toBe(2);
    expect(gauges.get('kubewise_external_service_up prometheus')).toBe(0);
    await expect(guarded.query('up')).rejects.toThrow('failed 3 times in a row');
    await expect(guarded.query('up')).rejects.toBeInstanceOf(AdapterError);
    expect(calls.count).toBe(3);
    isDown = false;
    await pause(70);
    for (let i = 0; i < 3; i += 1) await expect(guarded.query('up')).resolves.toEqual(found);
    expect(gauges.get('kubewise_circuit_breaker_status prometheus')).toBe(0);
    expect(warnings).toEqual([
      'prometheus fails: not reached',
      'the circuit to prometheus is open',
      'prometheus answers again',
      'the circuit to prometheus is closed',
    ]);
  });

  test('opens again when the test call fails', async () => {
    const { source } = sourceThat(down);
    const guarded = guardMetrics(source, { ...options, attempts: 0 });
    for (let i = 0; i < 3; i += 1) await guarded.ping().catch(() => undefined);
    await pause(70);
    await expect(guarded.ping()).rejects.toThrow('not reached');
    expect(gauges.get('kubewise_circuit_breaker_status prometheus')).toBe(2);
    await expect(guarded.ping()).rejects.toThrow('in a row');
    expect(warnings).toEqual(['prometheus fails: not reached', 'the circuit to prometheus is open']);
  });
});

describe('a service of which one thing fails', () => {
  test('fails until that thing works again, and is said to once', async () => {
    let isFull = true;
    const { source } = sourceThat(() => (isFull ? down() : undefined));
    const guarded = guardMetrics({ ...source, ping: async () => undefined }, { ...options, attempts: 0 });
    for (let i = 0; i < 4; i += 1) {
      await guarded.query('up').catch(() => undefined);
      await guarded.ping();
    }
    isFull = false;
    await guarded.query('up');
    expect(warnings).toEqual(['prometheus fails: not reached', 'prometheus answers again']);
  });
});

describe('writes', () => {
  test('are sent once, whatever happens', async () => {
    let sent = 0;
    const fail = () => Promise.reject(down());
    const kubernetes: Kubernetes = {
      ...{ clusterUid: fail, ask: fail, allowed: fail, ping: fail },
      send: async () => {
        sent += 1;
        throw down();
      },
    };
    const request = { method: 'DELETE', path: '/api/v1/pods/x' } as unknown as Parameters<Kubernetes['send']>[0];
    await expect(guardKubernetes(kubernetes, options).send(request, { dryRun: false })).rejects.toThrow('not reached');
    expect(sent).toBe(1);
  });
});

describe('a model', () => {
  const model = (reason: 'Garbage' | 'Unavailable', calls: { count: number }): Model => ({
    name: 'm',
    complete: async () => {
      calls.count += 1;
      return { ok: false, reason, message: 'no' };
    },
    review: async () => {
      calls.count += 1;
      return { ok: true, value: { helped: true, comment: '' }, inputTokens: 1, outputTokens: 1 };
    },
  });
  const prompt = { system: '', user: '' };

  test('that is out of reach rests behind the circuit, and never throws', async () => {
    const calls = { count: 0 };
    const guarded = guardModel(model('Unavailable', calls), options);
    expect(guarded.health?.()).toEqual({ status: 'ok', message: 'not asked yet' });
    for (let i = 0; i < 6; i += 1)
      expect(await guarded.complete(prompt)).toMatchObject({ ok: false, reason: 'Unavailable' });
    expect(calls.count).toBe(3);
    expect(guarded.health?.()).toEqual({ status: 'down', message: 'no' });
  });

  test('that answers nonsense is not out of reach', async () => {
    const calls = { count: 0 };
    const guarded = guardModel(model('Garbage', calls), options);
    for (let i = 0; i < 6; i += 1) expect(await guarded.complete(prompt)).toMatchObject({ reason: 'Garbage' });
    expect(await guarded.review(prompt)).toMatchObject({ ok: true, value: { helped: true } });
    expect(calls.count).toBe(7);
    expect(guarded.health?.()).toEqual({ status: 'ok', message: 'answers', lastSuccess: 1_700_000_000 });
  });
});
