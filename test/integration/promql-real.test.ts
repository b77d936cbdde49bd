import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';
import snappy from 'snappyjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredSeries } from '../cluster/metrics/series-source.ts';
import { createPrometheusApi } from '../cluster/promql/index.ts';
import { sampleSeries, sourceOf } from '../cluster/promql/sample-series.ts';
import { isThere, startReceiver, type Started } from './prometheus.ts';
import { emptyQueries, queries, wrongQueries } from './promql-queries.ts';

interface Answer {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
}
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

describe.skipIf(!isThere('prometheus'))('the embedded PromQL and a real Prometheus', () => {
  const seconds = 5400;
  const from = Math.floor(Date.now() / 60_000) * 60 - seconds - 60;
  const all = sampleSeries(from, seconds);
  const embedded = createServer(createPrometheusApi({ source: sourceOf(all), now: () => Date.now() / 1000 }));
  let prometheus: Started;
  let [real, ours] = ['', ''];

  beforeAll(async () => {
    await new Promise<void>((done) => embedded.listen(0, '127.0.0.1', done));
    ours = `http://127.0.0.1:${(embedded.address() as AddressInfo).port}`;
    prometheus = await startReceiver();
    real = prometheus.url;
    await push(real, all);
  });
  afterAll(async () => {
    await prometheus.stop();
    embedded.close();
  });

  const times = [0.2, 0.38, 0.55, 0.97].map((share) => from + Math.floor(share * seconds) + 0.4);
  it.each(queries)('%s', async (query) => {
    for (const time of times) await compare('query', { query, time });
    if (query.startsWith('"')) return;
    const points = await compare('query_range', { query, start: from + 300, end: from + seconds, step: 37 });
    expect(points > 0).toBe(!emptyQueries.has(query));
  });
  it.each(wrongQueries)('refuses as it does: %s', async (query) => {
    const path = `/api/v1/query?${form({ query, time: times[3] ?? 0 })}`;
    const [theirs, mine] = [await fetch(real + path), await fetch(ours + path)];
    expect([400, 422]).toContain(theirs.status);
    expect(mine.status).toBe(theirs.status);
    expect(((await mine.json()) as Answer).errorType).toBe(((await theirs.json()) as Answer).errorType);
  });
  it('answers the endpoints that dashboards use alike', async () => {
    const window = { start: from, end: from + seconds };
    for (const path of ['/api/v1/labels', '/api/v1/label/pod/values', '/api/v1/label/__name__/values'])
      expect(await json(`${ours}${path}?${form(window)}`)).toEqual(await json(`${real}${path}?${form(window)}`));
    const series = `/api/v1/series?${form({ ...window, 'match[]': '{pod="api-0"}' })}`;
    const key = (answer: Answer) => (answer.data as unknown as object[]).map((one) => JSON.stringify(one)).sort();
    expect(key(sortKeys(await json(ours + series)))).toEqual(key(sortKeys(await json(real + series))));
    const tooMany = `/api/v1/query_range?${form({ query: '1', ...window, step: 0.4 })}`;
    expect(await json(ours + tooMany)).toEqual(await json(real + tooMany));
  });

  /** Asks both and compares value by value; answers how many there were. */
  async function compare(endpoint: string, fields: Readonly<Record<string, string | number>>): Promise<number> {
    const mine = await json(`${ours}/api/v1/${endpoint}?${form(fields)}`);
    const theirs = await json(`${real}/api/v1/${endpoint}?${form(inVersion2(fields))}`);
    expect(mine.status, `${mine.error} / ${theirs.error}`).toBe(theirs.status);
    expect(mine.data?.resultType).toBe(theirs.data?.resultType);
    if (theirs.data?.resultType === 'string') expect(mine).toEqual(theirs);
    const [expected, found] = [flat(theirs.data), flat(mine.data)];
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [key, value] of expected)
      if (!near(value, found.get(key))) expect.fail(`${key}: ${found.get(key)} instead of ${value}`);
    if (theirs.data?.resultType === 'matrix') expect(order(mine)).toEqual(order(theirs));
    return expected.size;
  }
});

// ── Comparing ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Every point as "labels @ time" → value. */
function flat(data: Answer['data']): Map<string, string> {
  const points = new Map<string, string>();
  if (data?.resultType === 'string') return points;
  if (data?.resultType === 'scalar') {
    const [time, value] = data.result as readonly [number, string];
    return points.set(`scalar @ ${time}`, value);
  }
  for (const { metric, value, values } of (data?.result ?? []) as readonly Series[])
    for (const [time, one] of values ?? (value ? [value] : []))
      points.set(`${JSON.stringify(Object.entries(metric).sort())} @ ${time}`, one);
  return points;
}
const order = ({ data }: Answer) =>
  ((data?.result ?? []) as readonly Series[]).map(({ metric }) => JSON.stringify(Object.entries(metric).sort()));
const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));
function near(expected: string, found: string | undefined): boolean {
  if (found === undefined) return false;
  const [a, b] = [numberOf(expected), numberOf(found)];
  if (Number.isNaN(a) || !Number.isFinite(a)) return Object.is(a, b);
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
}
const form = (fields: Readonly<Record<string, string | number>>): string =>
  new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)])).toString();
const json = async (url: string): Promise<Answer> => (await (await fetch(url)).json()) as Answer;
/** Debian's Prometheus is older than the grammar: one function had another name. */
const inVersion2 = <T extends Readonly<Record<string, string | number>>>(fields: T) => ({
  ...fields,
  query: String(fields['query']).replace('double_exponential_smoothing', 'holt_winters'),
});
const sortKeys = (answer: Answer): Answer => ({
  ...answer,
  data: (answer.data as unknown as Series['metric'][]).map((one) =>
    Object.fromEntries(Object.entries(one).sort()),
  ) as unknown as NonNullable<Answer['data']>,
});

/** Remote write 1.0: WriteRequest{1: TimeSeries{1: Label{1,2}, 2: Sample{1: double, 2: int64}}}. */
async function push(url: string, all: readonly StoredSeries[]): Promise<void> {
  const writer = protobuf.Writer.create();
  for (const series of all) writeSeries(writer.uint32(10).fork(), series).ldelim();
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    body: new Uint8Array(snappy.compress(writer.finish())),
    headers: {
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
    },
  });
  if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`);
}
function writeSeries(writer: protobuf.Writer, { labels, timestamps, values }: StoredSeries): protobuf.Writer {
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
    writer.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim();
  timestamps.forEach((time, i) => {
    const sample = writer.uint32(18).fork().uint32(9);
    writeValue(sample, values[i] ?? NaN)
      .uint32(16)
      .int64(Math.round(time * 1000))
      .ldelim();
  });
  return writer;
}
/** JavaScript cannot hold Prometheus' stale NaN in a number: its bits go out as an integer. */
function writeValue(writer: protobuf.Writer, value: number): protobuf.Writer {
  if (!Number.isNaN(value)) return writer.double(value);
  return writer.fixed64({ low: 2, high: 0x7ff00000, unsigned: true });
}
