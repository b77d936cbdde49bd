import protobuf from 'protobufjs';
import SnappyJS from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { AdapterError, type Recorder } from '../../pipeline/ports.ts';
import { createRemoteWriteSource, type RemoteWriteOptions } from './index.ts';

const { Writer } = protobuf;
type Labels = Readonly<Record<string, string>>;
interface Pushed {
  readonly labels: Labels;
  /** [Unix s, value] */
  readonly samples: readonly (readonly [number, number])[];
}

function bodyOf(all: readonly Pushed[]): Uint8Array {
  const writer = Writer.create();
  for (const { labels, samples } of all) {
    writer.uint32(0x0a).fork();
    for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
      writer.uint32(0x0a).fork().uint32(0x0a).string(name).uint32(0x12).string(value).ldelim();
    for (const [at, value] of samples)
      writer
        .uint32(0x12)
        .fork()
        .uint32(0x09)
        .double(value)
        .uint32(0x10)
        .int64(at * 1000)
        .ldelim();
    writer.ldelim();
  }
  return SnappyJS.compress(writer.finish());
}

const counts = new Map<string, number>();
const quiet = (): void => undefined;
const recorder: Recorder = {
  count: (name, _labels, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
  ...{ observe: quiet, gauge: quiet, resetGauge: quiet },
};
const start = 1_700_000_000;
let now = start;
const open = (queries: readonly string[], more: Partial<RemoteWriteOptions> = {}) =>
  createRemoteWriteSource({ queries, maxSeries: 1000, clock: { now: () => now }, recorder, ...more });

const every = (seconds: number, count: number, value: (i: number) => number): [number, number][] =>
  Array.from({ length: count }, (_, i) => [start + i * seconds, value(i)]);
const pod = (__name__: string, more: Labels = {}): Labels => ({ __name__, namespace: 'shop', pod: 'web-1', ...more });

async function values(source: ReturnType<typeof open>, query: string): Promise<[Labels, number][]> {
  const answer = await source.query(query);
  if (!answer.ok) throw new Error(answer.message);
  return answer.series.map((one) => [one.labels, one.values[0] ?? NaN]);
}

describe('values from pushed samples', () => {
  test('a rate of counters, summed per pod, counts a reset', async () => {
    const query = 'sum by (namespace, pod) (rate(cpu_total{container!=""}[5m]))';
    const source = open([query]);
    const reset = every(15, 21, (i) => (i < 10 ? 100 + i * 30 : (i - 10) * 30 + 30));
    const pushed = [
      { labels: pod('cpu_total', { container: 'a' }), samples: every(15, 21, (i) => 1000 + i * 15) },
      { labels: pod('cpu_total', { container: 'b' }), samples: reset },
      { labels: pod('cpu_total', { container: '' }), samples: every(15, 21, (i) => i * 1e9) },
    ];
    expect(source.receive(bodyOf(pushed))).toMatchObject({ ok: true, samples: 42, ignored: 1, late: 0 });
    now = start + 300;
    const [[labels, value] = [{}, NaN]] = await values(source, query);
    expect(labels).toEqual({ namespace: 'shop', pod: 'web-1' });
    expect(value).toBeCloseTo(1 + 2, 9);
  });

  test('a ratio, `or` with a zero for every other pod, and arithmetic with a number', async () => {
    const ratio = '1 - sum by (pod) (used) / sum by (pod) (size)';
    const waiting = 'sum by (pod) (waiting{reason=~"Crash|Err.*"}) or sum by (pod) (info) * 0';
    const source = open([ratio, waiting]);
    const at = (value: number): [number, number][] => [[start, value]];
    source.receive(
      bodyOf([
        { labels: pod('used'), samples: at(25) },
        { labels: pod('size'), samples: at(100) },
        { labels: pod('info'), samples: at(1) },
        { labels: { ...pod('info'), pod: 'web-2' }, samples: at(1) },
        { labels: pod('waiting', { reason: 'ErrImagePull' }), samples: at(1) },
        { labels: pod('waiting', { reason: 'PodInitializing' }), samples: at(1) },
      ]),
    );
    now = start + 10;
    expect(await values(source, ratio)).toEqual([[{ pod: 'web-1' }, 0.75]]);
    expect(await values(source, waiting)).toEqual([
      [{ pod: 'web-1' }, 1],
      [{ pod: 'web-2' }, 0],
    ]);
  });

  test('a quantile of a histogram', async () => {
    const query = 'histogram_quantile(0.95, sum by (pod, le) (rate(seconds_bucket[5m])))';
    const source = open([query]);
    const bucket = (le: string, perStep: number): Pushed => ({
      labels: pod('seconds_bucket', { le }),
      samples: every(15, 21, (i) => 1e6 + i * perStep),
    });
    source.receive(bodyOf([bucket('0.1', 90), bucket('0.5', 100), bucket('+Inf', 100)]));
    now = start + 300;
    const [[, value] = [{}, NaN]] = await values(source, query);
    expect(value).toBeCloseTo(0.1 + 0.4 * 0.5, 6);
  });

  test('a value is gone five minutes after its last sample, and at once after a stale marker', async () => {
    const source = open(['up']);
    const body = bodyOf([{ labels: { __name__: 'up', job: 'a' }, samples: [[start, 1]] }]);
    source.receive(body);
    now = start + 299;
    expect(await values(source, 'up')).toHaveLength(1);
    now = start + 301;
    expect(await values(source, 'up')).toHaveLength(0);
    source.receive(bodyOf([{ labels: { __name__: 'up', job: 'a' }, samples: [[start + 300, 1]] }]));
    expect(await values(source, 'up')).toHaveLength(1);
    const plain = SnappyJS.uncompress(
      bodyOf([{ labels: { __name__: 'up', job: 'a' }, samples: [[start + 301, NaN]] }]),
    );
    new DataView(plain.buffer, plain.byteOffset).setBigUint64(plain.indexOf(0x09) + 1, 0x7ff0000000000002n, true);
    source.receive(SnappyJS.compress(plain));
    expect(await values(source, 'up')).toHaveLength(0);
  });

  test('late and repeated samples change nothing and are counted', async () => {
    const source = open(['up']);
    const push = (at: number, value: number) =>
      source.receive(bodyOf([{ labels: { __name__: 'up' }, samples: [[at, value]] }]));
    push(start + 60, 1);
    expect(push(start + 60, 2)).toMatchObject({ late: 1 });
    expect(push(start + 30, 3)).toMatchObject({ late: 1 });
    now = start + 61;
    expect(await values(source, 'up')).toEqual([[{ __name__: 'up' }, 1]]);
  });

  test('scrapes every second keep ten minutes of a counter and its resets within the ring', async () => {
    const query = 'increase(restarts_total[10m])';
    const source = open([query]);
    const samples = every(1, 601, (i) => (i < 300 ? i : i - 300));
    source.receive(bodyOf([{ labels: { __name__: 'restarts_total' }, samples }]));
    now = start + 600;
    const [[, value] = [{}, NaN]] = await values(source, query);
    expect(value).toBeGreaterThan(595);
    expect(value).toBeLessThan(610);
  });
});

describe('series that come and go', () => {
  const queries = [
    'sum by (pod) (rate(cpu_total[5m]))',
    'avg without (i) (up)',
    'sum by (pod) (up) / sum by (pod) (size)',
    '1 - up',
    'sum by (pod) (up) or sum by (pod) (size) * 0',
    'up or size',
    'histogram_quantile(0.5, sum by (pod, le) (rate(seconds_bucket[5m])))',
  ];

  /** What one round pushes: every round some are new, and some are not there any more. */
  const round = (n: number): Pushed[] =>
    ['cpu_total', 'up', 'size', 'seconds_bucket'].flatMap((name, k) =>
      Array.from({ length: 12 }, (_, i) => i + n).flatMap((i): Pushed[] => {
        if ((i * 7 + k) % 5 === 0) return [];
        const le = ['0.1', '1', '+Inf'][i % 3] ?? '';
        const labels = { __name__: name, pod: `p${(i >> 1) % 9}`, i: String(i), ...(k === 3 && { le }) };
        return [{ labels, samples: [[start + n * 60, n * (i + 1)]] }];
      }),
    );

  const told = (source: ReturnType<typeof open>): Promise<string[][]> =>
    Promise.all(queries.map(async (query) => (await values(source, query)).map((one) => JSON.stringify(one)).sort()));

  test('are in the answers as if the queries were asked for the first time', async () => {
    const source = open(queries);
    const bodies: Uint8Array[] = [];
    let found = 0;
    for (let n = 0; n < 40; n += 1) {
      bodies.push(bodyOf(round(n)));
      now = start + n * 60;
      source.receive(bodies.at(-1) ?? new Uint8Array(0));
      const answers = await told(source);
      if (n % 8 !== 7) continue;
      const fresh = open(queries);
      for (const [i, body] of bodies.entries()) {
        now = start + i * 60;
        fresh.receive(body);
      }
      expect(answers).toEqual(await told(fresh));
      found += answers.flat().length;
    }
    expect(found).toBeGreaterThan(150);
    expect(source.state().series).toBeLessThan(130);
  });
});

describe('limits', () => {
  const ups = (count: number): Pushed[] =>
    Array.from({ length: count }, (_, i) => ({ labels: { __name__: 'up', i: String(i) }, samples: [[now, 1]] }));

  test('series beyond the cap are refused and counted; swept ones make room', () => {
    now = start;
    const source = open(['up'], { maxSeries: 10 });
    counts.clear();
    expect(source.receive(bodyOf(ups(15)))).toMatchObject({ samples: 10, ignored: 5 });
    expect(source.state()).toMatchObject({ series: 10, refused: 5 });
    expect(counts.get('kubewise_series_dropped_total')).toBe(5);
    now = start + 2000;
    source.receive(bodyOf(ups(3)));
    expect(source.state().series).toBe(3);
    expect(source.receive(bodyOf(ups(10)))).toMatchObject({ ignored: 0 });
  });

  test('memory stays bounded however many names and series are pushed', () => {
    now = start;
    const source = open(['up{keep="yes"}'], { maxSeries: 100 });
    const before = source.state().bytes;
    for (let round = 0; round < 20; round += 1)
      source.receive(
        bodyOf(
          Array.from({ length: 200 }, (_, i) => ({
            labels: { __name__: i % 2 ? 'up' : `other_${round}_${i}`, i: `${round}-${i}` },
            samples: [[now, 1]],
          })),
        ),
      );
    expect(source.state().series).toBe(0);
    expect(source.state().bytes - before).toBeLessThan(1_000_000);
  });

  test('the filter narrows what the queries ask for', () => {
    const source = open(['up', 'down'], { filter: { drop: 'do.*' } });
    const pushed = ['up', 'down'].map((__name__): Pushed => ({ labels: { __name__ }, samples: [[start, 1]] }));
    expect(source.receive(bodyOf(pushed))).toMatchObject({ samples: 1, ignored: 1 });
  });

  test.each([
    ['not snappy', Uint8Array.from([200, 1, 255, 255, 255]), 400],
    ['empty', new Uint8Array(0), 400],
    ['another protobuf', SnappyJS.compress(Uint8Array.from([0x0a, 50, 1, 2])), 400],
    ['claims four gigabytes', Uint8Array.from([255, 255, 255, 255, 15, 0]), 413],
  ])('a body that is %s is refused', (_what, body, status) => {
    expect(open(['up']).receive(body)).toMatchObject({ ok: false, status });
  });

  test('a query that pushed samples cannot answer goes to the history, or is named', async () => {
    const query = 'topk(3, up)';
    expect(await open([query]).query(query, start)).toMatchObject({ ok: false, reason: 'BadQuery' });
    const history = {
      query: async () => ({ ok: true as const, series: [], dropped: 7, seconds: 0 }),
      queryRange: async () => ({ ok: true as const, series: [], dropped: 8, seconds: 0 }),
      ping: async () => undefined,
    };
    expect(await open([query], { history }).query(query)).toMatchObject({ dropped: 7 });
    expect(await open([query], { history }).queryRange(query, 0, 1, 1)).toMatchObject({ dropped: 8 });
  });

  test('a history that is down leaves the pushed samples; other queries than the watched ones are its own', async () => {
    now = start;
    let asked = 0;
    const down = async (): Promise<never> => {
      asked += 1;
      throw new AdapterError('prometheus', 'not reached', { retryable: true });
    };
    const source = open(['up'], { history: { query: down, queryRange: down, ping: down } });
    source.receive(bodyOf(ups(3)));
    expect(await values(source, 'up')).toHaveLength(3);
    expect(asked).toBe(0);
    expect(await values(source, 'count(up)')).toEqual([[{}, 3]]);
    expect(await source.queryRange('up', start - 60, start, 60)).toMatchObject({ ok: true, series: { length: 3 } });
    expect(asked).toBe(2);
  });

  test('other queries may be watched from then on: what they select is kept, the rest is forgotten', async () => {
    now = start;
    const source = open(['up']);
    const body = bodyOf(['up', 'down'].map((name) => ({ labels: { __name__: name }, samples: [[start, 1]] })));
    source.receive(body);
    source.watch(['down']);
    expect(source.state().series).toBe(0);
    expect(source.receive(body)).toMatchObject({ samples: 1, ignored: 1 });
    expect(await values(source, 'down')).toHaveLength(1);
    expect(await values(source, 'up')).toHaveLength(0);
  });

  test('silence of the sender is an outage of the source', async () => {
    now = start;
    const source = open(['up']);
    await expect(source.ping()).rejects.toThrow('nothing was pushed yet');
    source.receive(bodyOf(ups(1)));
    await source.ping();
    now = start + 400;
    await expect(source.ping()).rejects.toThrow('nothing was pushed for 400 s');
  });
});
