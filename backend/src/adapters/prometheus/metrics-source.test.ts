import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock, Log, Recorder } from '../../pipeline/ports.ts';
import { chunksOf } from './metrics-source.ts';
import { createMetricsSource, type MetricsSourceOptions } from './index.ts';

/** Speaks Prometheus' JSON over HTTP: each test says what it answers. */
type Handler = (form: URLSearchParams, request: IncomingMessage) => unknown;
let handler: Handler;
let server: Server;
let url: string;
let inFlight = { now: 0, most: 0 };

interface Raw {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly text?: string;
  readonly delay?: number;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const count = inFlight;
  count.now += 1;
  count.most = Math.max(count.most, count.now);
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const said = handler(new URLSearchParams(body), request) as Raw & { data?: unknown };
  await new Promise((resolve) => setTimeout(resolve, said.delay ?? 1));
  const { status = 200, headers = {}, text, delay: _delay, ...json } = said;
  const plain = text ?? JSON.stringify(json);
  const zipped = String(request.headers['accept-encoding']).includes('gzip');
  response.writeHead(status, { ...headers, ...(zipped && { 'content-encoding': 'gzip' }) });
  response.end(zipped ? gzipSync(plain) : plain);
  count.now -= 1;
}

const clock: Clock = { now: () => 0, sleep: () => Promise.resolve(), hold: () => () => undefined };
const counted: string[] = [];
const recorder: Recorder = {
  count: (name) => void counted.push(name),
  observe: () => undefined,
  gauge: () => undefined,
  resetGauge: () => undefined,
};
const warned: string[] = [];
const quiet = () => undefined;
const log: Log = { debug: quiet, info: quiet, warn: (_f, message) => void warned.push(message), error: quiet };
const open = (more: Partial<MetricsSourceOptions> = {}) =>
  createMetricsSource({
    ...{ url, timeoutSeconds: 2, maxSeriesPerQuery: 100, maxSeriesTotal: 1000, clock, recorder, log },
    ...more,
  });

const vector = (n: number) => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: Array.from({ length: n }, (_, i) => ({ metric: { pod: `p${i}` }, value: [100.5, String(i)] })),
  },
});
const failure = (status: number, errorType: string, error: string) => ({
  status,
  text: JSON.stringify({ status: 'error', errorType, error }),
});

beforeEach(async () => {
  inFlight = { now: 0, most: 0 };
  counted.length = 0;
  warned.length = 0;
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('answers', () => {
  test('a vector becomes typed arrays; special values are numbers', async () => {
    handler = () => ({
      status: 200,
      text: JSON.stringify({
        status: 'success',
        data: {
          resultType: 'vector',
          result: ['NaN', '+Inf', '-Inf', '1e-3'].map((value) => ({ metric: { a: 'b' }, value: [1.25, value] })),
        },
      }),
    });
    const source = open();
    const found = await source.query('up');
    if (!found.ok) throw new Error(found.message);
    expect(found.series[0]?.labels).toEqual({ a: 'b' });
    expect(found.series.map((one) => one.values[0])).toEqual([NaN, Infinity, -Infinity, 0.001]);
    expect(found.series[0]?.timestamps).toEqual(Float64Array.of(1.25));
    await source.close();
  });

  test('a scalar is a series without labels; the time that is asked for is sent', async () => {
    let time: string | null = null;
    handler = (form) => {
      time = form.get('time');
      return { text: JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [7, '2'] } }) };
    };
    const source = open();
    const found = await source.query('scalar(1)', 7);
    expect(found).toMatchObject({ ok: true, series: [{ labels: {}, values: Float64Array.of(2) }] });
    expect(time).toBe('7');
    await source.close();
  });

  test('more series than the caps are dropped and counted, per query and in all', async () => {
    handler = (form) => ({ text: JSON.stringify(vector(form.get('query') === 'small' ? 10 : 150)) });
    const source = open({ maxSeriesTotal: 105 });
    expect(await source.query('big')).toMatchObject({ ok: true, dropped: 50 });
    expect(await source.query('small')).toMatchObject({ ok: true, dropped: 5 });
    expect(await source.query('big')).toMatchObject({ ok: true, dropped: 50 });
    expect(warned).toHaveLength(1);
    await source.close();
  });

  test('an answer of something else is an error, not a value', async () => {
    const source = open();
    for (const text of [
      '<html>login</html>',
      '{"status":"success","data":{}}',
      '[]',
      '{"status":"success","data":{"resultType":"vector","result":[{"value":["x"]}]}}',
    ]) {
      handler = () => ({ text });
      await expect(source.query('up')).rejects.toMatchObject({ name: 'AdapterError', system: 'prometheus' });
    }
    await source.close();
  });
});

describe('refusals and trouble', () => {
  test('a wrong query is named, a too expensive one as well; both let others go on', async () => {
    const source = open();
    handler = () => failure(400, 'bad_data', '1:5: parse error: unexpected "}"');
    expect(await source.query('up}')).toMatchObject({ ok: false, reason: 'BadQuery', message: /parse error/ });
    handler = () => failure(422, 'execution', 'found duplicate series for the match group {x="limits"}');
    expect(await source.query('a / b')).toMatchObject({ ok: false, reason: 'BadQuery' });
    handler = () =>
      failure(422, 'execution', 'query processing would load too many samples into memory in query execution');
    expect(await source.query('{a=~".+"}')).toMatchObject({ ok: false, reason: 'TooExpensive' });
    expect(counted).toEqual(['kubewise_prometheus_backoff_total']);
    handler = () => ({ text: JSON.stringify(vector(1)) });
    expect(await source.query('up')).toMatchObject({ ok: true });
    await source.close();
  });

  test('429 and 503 are thrown as retryable and followed by a rest that doubles', async () => {
    const source = open();
    handler = () => ({ ...failure(503, 'unavailable', 'starting'), headers: { 'retry-after': '30' } });
    await expect(source.query('up')).rejects.toMatchObject({ retryable: true, status: 503 });
    const asked = performance.now();
    await expect(source.query('up')).rejects.toThrow(/resting for \d+ s/);
    expect(performance.now() - asked).toBeLessThan(500);
    await source.close();
  });

  test('no answer in time is retryable; a refused connection too', async () => {
    const slow = open({ timeoutSeconds: 0.2 });
    handler = () => ({ delay: 1000 });
    await expect(slow.query('up')).rejects.toMatchObject({ retryable: true, message: 'no answer within 0.2 s' });
    await slow.close();
    const nobody = open({ url: 'http://127.0.0.1:9' });
    await expect(nobody.query('up')).rejects.toMatchObject({ retryable: true, message: /ECONNREFUSED/ });
    await nobody.close();
  });

  test('one query at a time, whatever the callers do', async () => {
    handler = () => ({ text: JSON.stringify(vector(1)), delay: 10 });
    const source = open();
    await Promise.all(Array.from({ length: 10 }, () => source.query('up')));
    expect(inFlight.most).toBe(1);
    await source.close();
  });
});

describe('ranges', () => {
  const samples = (form: URLSearchParams) => {
    const [start, end, step] = ['start', 'end', 'step'].map((key) => Number(form.get(key))) as [number, number, number];
    const points = Math.floor((end - start) / step) + 1;
    if (points > 11_000)
      return failure(400, 'bad_data', 'exceeded maximum resolution of 11,000 points per timeseries.');
    const values = Array.from({ length: points }, (_, i) => [start + i * step, String(start + i * step)]);
    return {
      text: JSON.stringify({
        status: 'success',
        data: { resultType: 'matrix', result: [{ metric: { x: 'y' }, values }] },
      }),
    };
  };

  test('chunks stay under 11,000 points and meet without a gap or a repeat', () => {
    const chunks = chunksOf(0, 86_400 * 14, 60);
    expect(chunks.every(([from, to]) => (to - from) / 60 + 1 <= 11_000)).toBe(true);
    for (const [i, [from]] of chunks.entries()) if (i > 0) expect(from - (chunks[i - 1]?.[1] ?? 0)).toBe(60);
    expect(chunks.at(-1)?.[1]).toBe(86_400 * 14);
    expect(chunksOf(5, 5, 60)).toEqual([[5, 5]]);
  });

  test('a long range is asked in chunks and merged seamlessly', async () => {
    handler = samples;
    const source = open();
    const found = await source.queryRange('up', 0, 30_000 * 15, 15);
    if (!found.ok) throw new Error(found.message);
    expect(found.series).toHaveLength(1);
    const [series] = found.series;
    expect(series?.timestamps.length).toBe(30_001);
    for (let i = 0; i < 30_001; i += 1) if (series?.timestamps[i] !== i * 15) throw new Error(`gap at ${i}`);
    await source.close();
  });
});

test('credentials, tenant and path prefix are sent; ping proves that it is a Prometheus', async () => {
  const seen: IncomingMessage['headers'][] = [];
  const paths: (string | undefined)[] = [];
  handler = (_form, request) => {
    seen.push(request.headers);
    paths.push(request.url);
    return { text: JSON.stringify(vector(1)) };
  };
  const bearer = open({ url: `${url}/prometheus/`, bearer: 'tok', tenant: 'team-a', headers: { 'x-more': '1' } });
  await bearer.ping();
  const basic = open({ basic: { username: 'u', password: 'p' } });
  await basic.ping();
  expect(paths).toEqual(['/prometheus/api/v1/query', '/api/v1/query']);
  expect(seen[0]).toMatchObject({ authorization: 'Bearer tok', 'x-scope-orgid': 'team-a', 'x-more': '1' });
  expect(seen[1]).toMatchObject({ authorization: `Basic ${Buffer.from('u:p').toString('base64')}` });
  handler = () => ({ text: '{"hello":"world"}' });
  await expect(basic.ping()).rejects.toMatchObject({ name: 'AdapterError' });
  await Promise.all([bearer.close(), basic.close()]);
});
