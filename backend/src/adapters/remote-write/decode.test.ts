import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { labelsOf, MalformedBody, skipped, unexpected, WriteDecoder } from './decode.ts';

/** prometheus/prompb, remote.proto and types.proto of remote write 1.0. */
const WriteRequest = protobuf
  .parse(
    `syntax = "proto3"; package prometheus;
     message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
     message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
     message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; }
     message Label { string name = 1; string value = 2; }
     message Sample { double value = 1; int64 timestamp = 2; }
     message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }`,
  )
  .root.lookupType('prometheus.WriteRequest');

type Seen = { readonly labels: object; readonly samples: [number, number, boolean][] };
function visited(bytes: Uint8Array): Seen[] {
  const seen: Seen[] = [];
  new WriteDecoder().decode(bytes, {
    expected: () => unexpected,
    series(raw, from, to) {
      seen.push({ labels: labelsOf(raw, from, to), samples: [] });
      return true;
    },
    sample: (value, time, stale) => void seen.at(-1)?.samples.push([value, time, stale]),
  });
  return seen;
}
const encoded = (request: object): Uint8Array => WriteRequest.encode(WriteRequest.fromObject(request)).finish();

/** A generator with a fixed seed, so that a failure can be repeated. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}
function randomRequest(next: () => number) {
  const upTo = (n: number): number => Math.floor(next() * n);
  const text = (): string => 'abc_é😀"\\ '.repeat(upTo(40));
  return {
    timeseries: Array.from({ length: upTo(20) }, () => ({
      labels: Array.from({ length: 1 + upTo(12) }, (_, i) => ({ name: `l${i}`, value: text() })),
      samples: Array.from({ length: upTo(6) }, () => ({
        value: [0, -0, 1 / 3, -1e300, Infinity, -Infinity, NaN, 5e-324][upTo(8)],
        timestamp: upTo(2 ** 43),
      })),
      exemplars: next() < 0.3 ? [{ labels: [{ name: 'trace', value: text() }], value: 1, timestamp: 5 }] : [],
    })),
    metadata: next() < 0.5 ? [{ type: 1, metricFamilyName: 'x', help: text() }] : [],
  };
}

interface Wire {
  timeseries: { labels: { name: string; value: string }[]; samples: { value: number; timestamp: number }[] }[];
}
const expected = (bytes: Uint8Array): Seen[] =>
  (
    WriteRequest.toObject(WriteRequest.decode(bytes), { longs: Number, arrays: true, defaults: true }) as Wire
  ).timeseries.map(({ labels, samples }) => ({
    labels: Object.fromEntries(labels.map(({ name, value }) => [name, value])),
    samples: samples.map(({ value, timestamp }) => [value, timestamp, false]),
  }));

describe('the decoder of remote write', () => {
  test('reads what protobufjs reads, on 300 random requests', () => {
    const next = chance(7);
    let samples = 0;
    for (let round = 0; round < 300; round += 1) {
      const bytes = encoded(randomRequest(next));
      const seen = visited(bytes);
      expect(seen).toEqual(expected(bytes));
      samples += seen.reduce((sum, one) => sum + one.samples.length, 0);
    }
    expect(samples).toBeGreaterThan(3000);
  });

  test('tells the stale marker from any other NaN', () => {
    const bytes = encoded({ timeseries: [{ samples: [{ value: NaN, timestamp: 1 }] }] });
    expect(visited(bytes)[0]?.samples).toEqual([[NaN, 1, false]]);
    const at = bytes.indexOf(0x09) + 1;
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, 0x7ff0000000000002n, true);
    expect(visited(bytes)[0]?.samples).toEqual([[NaN, 1, true]]);
  });

  test('takes a series for the expected one only when nothing but samples follows its labels', () => {
    const labels = [{ name: 'a', value: 'x' }];
    const sample = { value: 1, timestamp: 5 };
    const more = { name: 'b', value: 'y' };
    const bytes = encoded({
      timeseries: [
        { labels, samples: [sample] },
        { labels, samples: [sample, { value: 0, timestamp: 6 }] },
        { labels, samples: [sample], exemplars: [{ labels, value: 1, timestamp: 5 }] },
        { labels: [...labels, more], samples: [sample] },
        { labels, samples: [] },
      ],
    });
    const seen: string[] = [];
    new WriteDecoder().decode(bytes, {
      expected: (_bytes, from) => from + 8,
      series: (raw, from, to) => seen.push(`series of ${to - from}`) > 0,
      sample: (value, time) => void seen.push(`${value} at ${time}`),
    });
    const first = '1 at 5';
    expect(seen).toEqual([first, first, '0 at 6', 'series of 8', first, 'series of 16', first]);
  });

  test('steps over what is not wanted, whatever stands in it', () => {
    const bytes = encoded({ timeseries: [{ labels: [{ name: 'a', value: 'x' }] }, { samples: [{ timestamp: 5 }] }] });
    const times: number[] = [];
    new WriteDecoder().decode(bytes, {
      expected: (_bytes, from) => (from < 4 ? skipped : unexpected),
      series: () => true,
      sample: (_value, time) => void times.push(time),
    });
    expect(times).toEqual([5]);
  });

  test('brings labels together that a sender scattered around its samples', () => {
    const label = (name: string): number[] => [0x0a, 6, 0x0a, 1, name.charCodeAt(0), 0x12, 1, 0x31];
    const sample = [0x12, 11, 0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 7];
    const series = [...label('a'), ...sample, ...label('b')];
    expect(visited(Uint8Array.from([0x0a, series.length, ...series]))).toEqual([
      { labels: { a: '1', b: '1' }, samples: [[1, 7, false]] },
    ]);
  });

  test('a body cut off anywhere is malformed or a shorter list, never a hang or another error', () => {
    const bytes = encoded(randomRequest(chance(3)));
    let malformed = 0;
    for (let length = 0; length < bytes.length; length += 1)
      try {
        visited(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBody);
        malformed += 1;
      }
    expect(malformed).toBeGreaterThan(bytes.length * 0.8);
  });

  test('noise is malformed or skipped, never another error', () => {
    const next = chance(11);
    for (let round = 0; round < 2000; round += 1)
      try {
        visited(Uint8Array.from({ length: 40 }, () => Math.floor(next() * 256)));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBody);
      }
  });

  test('reads a label that has the name of something else in JavaScript', () => {
    const bytes = encoded({
      timeseries: [{ labels: ['__proto__', 'toString'].map((name) => ({ name, value: 'x' })) }],
    });
    expect(Object.entries(visited(bytes)[0]?.labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['toString', 'x'],
    ]);
  });

  test('refuses a label that stands twice and text that is not UTF-8', () => {
    const twice = { labels: [1, 2].map((n) => ({ name: 'a', value: String(n) })) };
    expect(() => visited(encoded({ timeseries: [twice] }))).toThrow('stands twice');
    const bytes = encoded({ timeseries: [{ labels: [{ name: 'a', value: 'zz' }] }] });
    bytes[bytes.length - 1] = 0xff;
    expect(() => visited(bytes)).toThrow('not UTF-8');
  });
});
