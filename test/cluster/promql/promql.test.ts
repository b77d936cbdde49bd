import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultQueries } from '../../../backend/src/pipeline/collect/index.ts';
import type { SeriesSource } from '../metrics/series-source.ts';
import { createPrometheusApi, query, queryRange } from './index.ts';
import { sampleSeries, sourceOf } from './sample-series.ts';

/** One series: a sample every 15 s from 0 to 300 s. */
const one = (value: (i: number) => number, labels: Record<string, string> = {}): SeriesSource =>
  sourceOf([
    {
      labels: { __name__: 'x', ...labels },
      timestamps: Float64Array.from({ length: 21 }, (_, i) => i * 15),
      values: Float64Array.from({ length: 21 }, (_, i) => value(i)),
    },
  ]);
const valueOf = (source: SeriesSource, promql: string, at = 300): number | undefined => {
  const { resultType, result } = query(source, promql, at);
  if (resultType === 'scalar') return result[1];
  return resultType === 'vector' ? result[0]?.value[1] : undefined;
};

describe('values worked out by hand', () => {
  it('rate, increase and a counter reset', () => {
    expect(
      valueOf(
        one((i) => i * 30),
        'rate(x[5m])',
      ),
    ).toBeCloseTo(2, 12);
    expect(
      valueOf(
        one((i) => (i < 10 ? i : i - 10)),
        'increase(x[5m])',
      ),
    ).toBeCloseTo(19, 12);
    // Half-way to the edge of the range there is no sample: extrapolated by the average gap, not further.
    expect(
      valueOf(
        one((i) => i * 30),
        'increase(x[10m])',
      ),
    ).toBeCloseTo(600, 9);
  });
  it('looks back five minutes and no further', () => {
    expect(
      valueOf(
        one((i) => i),
        'x',
        600,
      ),
    ).toBe(20);
    expect(
      valueOf(
        one((i) => i),
        'x',
        600.001,
      ),
    ).toBeUndefined();
  });
  it('ends a series at its NaN', () => {
    expect(
      valueOf(
        one((i) => (i === 20 ? NaN : 1)),
        'x',
      ),
    ).toBeUndefined();
    expect(
      valueOf(
        one((i) => (i === 20 ? NaN : 1)),
        'count_over_time(x[5m])',
      ),
    ).toBe(20);
  });
  it('binds ^ tighter than a sign, and to the right', () => {
    expect(
      valueOf(
        one(() => 1),
        '-1 ^ 2',
      ),
    ).toBe(-1);
    expect(
      valueOf(
        one(() => 3),
        '2 * -x ^ 2',
      ),
    ).toBe(-18);
    expect(
      valueOf(
        one(() => 1),
        '2 ^ 3 ^ 2',
      ),
    ).toBe(512);
  });
  it('quotes and escapes', () => {
    const source = one(() => 1, { path: 'a"b\\c' });
    expect(valueOf(source, 'x{path="a\\"b\\\\c"}')).toBe(1);
    expect(valueOf(source, 'x{path=`a"b\\c`}')).toBe(1);
  });
});

describe('the whole language', () => {
  const source = sourceOf(sampleSeries(1_700_000_000, 3600));
  it.each(defaultQueries.map((one) => [one.name, one.query]))('takes the default query %s', (_, promql) => {
    expect(() => query(source, promql, 1_700_003_000)).not.toThrow();
  });
  it('answers a range as it answers each instant', () => {
    const promql = 'sum by (pod) (rate(http_requests_total[5m])) / on(pod) group_left() count by (pod) (memory_bytes)';
    const range = queryRange(source, promql, 1_700_000_600, 1_700_003_000, 60);
    expect(range.resultType).toBe('matrix');
    if (range.resultType !== 'matrix') return;
    expect(range.result).toHaveLength(3);
    for (const { metric, values } of range.result)
      for (const [time, value] of values) {
        const instant = query(source, promql, time);
        const found =
          instant.resultType === 'vector' && instant.result.find((one) => one.metric['pod'] === metric['pod']);
        expect(found && found.value[1]).toBe(value);
      }
  });
});

describe('the HTTP API', () => {
  const server = createServer(createPrometheusApi({ source: one((i) => i, { job: 'a' }), now: () => 300 }));
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());
  const get = async (path: string): Promise<unknown> => (await fetch(url + path)).json();

  it('answers GET and POST alike', async () => {
    const expected = {
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: { __name__: 'x', job: 'a' }, value: [300, '20'] }] },
    };
    expect(await get('/api/v1/query?query=x')).toEqual(expected);
    const posted = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: 'x' }) });
    expect(await posted.json()).toEqual(expected);
  });
  it.each([
    ['/api/v1/query?query=x{', 400, 'bad_data'],
    ['/api/v1/query', 400, 'bad_data'],
    ['/api/v1/query?query=mad_over_time(x[5m])', 422, 'execution'],
    ['/api/v1/query?query=x&time=soon', 400, 'bad_data'],
    ['/api/v1/query_range?query=x&start=0&end=300&step=0', 400, 'bad_data'],
    ['/api/v1/query_range?query=x&start=0&end=11001&step=1', 400, 'bad_data'],
    ['/api/v1/query_range?query=x[5m]&start=0&end=300&step=15', 400, 'bad_data'],
    ['/api/v1/series', 400, 'bad_data'],
    ['/api/v1/nothing', 404, 'not_found'],
  ])('%s is a %i', async (path, status, errorType) => {
    const response = await fetch(url + path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status: 'error', errorType });
  });
  it('says that it cannot do something, not that it failed', async () => {
    expect(await get('/api/v1/query?query=limitk(3, x)')).toMatchObject({ error: 'not supported: aggregation limitk' });
  });
  it('answers what dashboards ask besides', async () => {
    expect(await get('/api/v1/labels')).toMatchObject({ data: ['__name__', 'job'] });
    expect(await get('/api/v1/label/job/values?match[]=x')).toMatchObject({ data: ['a'] });
    expect(await get('/api/v1/series?match[]=x')).toMatchObject({ data: [{ __name__: 'x', job: 'a' }] });
    expect(await get('/api/v1/metadata')).toMatchObject({ data: { x: [{ type: 'gauge' }] } });
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
  });
});
