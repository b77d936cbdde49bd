import { z } from 'zod';
import { InstantSeries, type QuerySeries } from '../../model/index.ts';

/** Prometheus writes numbers as text, and says `+Inf`, `-Inf`, `NaN`. */
function parseValue(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return text === '' ? NaN : Number(text);
}

const Point = z.tuple([z.number(), z.string()]);
const Failure = z.object({
  status: z.literal('error'),
  errorType: z.string().default(''),
  error: z.string().default(''),
});
export type Failure = Readonly<z.infer<typeof Failure>>;

/** The frame is checked by schema, once; the rows by hand: a hundred thousand of them pass here every minute. */
const Frame = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.enum(['vector', 'matrix', 'scalar', 'string']), result: z.array(z.unknown()) }),
});

export interface Parsed {
  readonly series: readonly QuerySeries[];
  readonly dropped: number;
}

interface Row {
  readonly metric?: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Throws TypeError on what is no point. */
function pointOf(point: readonly [unknown, unknown]): readonly [number, string] {
  const [timestamp, value] = point;
  if (typeof timestamp !== 'number' || typeof value !== 'string')
    throw new TypeError('a point that is not [time, "value"]');
  return [timestamp, value];
}

/** One series; undefined for a row without values (native histograms only). Throws TypeError on anything else. */
function seriesOf(row: Row): QuerySeries | undefined {
  const points = row.values ?? [];
  if (!Array.isArray(points)) throw new TypeError('a series without points');
  if (points.length === 0) return undefined;
  const timestamps = new Float64Array(points.length);
  const values = new Float64Array(points.length);
  for (const [i, point] of (points as NonNullable<Row['values']>).entries()) {
    const [timestamp, value] = pointOf(point);
    timestamps[i] = timestamp;
    values[i] = parseValue(value);
  }
  return { labels: row.metric ?? {}, timestamps, values };
}

function matrixOf(rows: readonly Row[]): readonly QuerySeries[] {
  const series: QuerySeries[] = [];
  for (const row of rows) {
    const one = seriesOf(row);
    if (one) series.push(one);
  }
  return series;
}

/** An instant vector: all values in one array, and an instant that is the same as the one before is the same array. */
function vectorOf(rows: readonly Row[]): readonly QuerySeries[] {
  const values = new Float64Array(rows.length);
  const series: QuerySeries[] = [];
  let timestamps = new Float64Array(0);
  for (let i = 0; i < rows.length; i += 1) {
    const { metric = {}, value } = rows[i] ?? {};
    if (value === undefined) continue;
    const [timestamp, text] = pointOf(value);
    if (timestamps[0] !== timestamp) timestamps = Float64Array.of(timestamp);
    values[i] = parseValue(text);
    series.push(new InstantSeries(metric, timestamps, values, i));
  }
  return series;
}

/** A query's answer → typed arrays; at most `cap` series, the rest is counted. Throws on what is not Prometheus' JSON. */
export function parseAnswer(body: unknown, cap: number): Parsed {
  const { resultType, result } = Frame.parse(body).data;
  if (resultType === 'string') throw new TypeError('the query answers a string');
  if (resultType === 'scalar') {
    const [timestamp, value] = Point.parse(result);
    return {
      series: [{ labels: {}, timestamps: Float64Array.of(timestamp), values: Float64Array.of(parseValue(value)) }],
      dropped: 0,
    };
  }
  const rows = (result as Row[]).slice(0, cap);
  return {
    series: resultType === 'vector' ? vectorOf(rows) : matrixOf(rows),
    dropped: Math.max(0, result.length - cap),
  };
}

export const parseFailure = (body: unknown): Failure | undefined => Failure.safeParse(body).data;

/** Series that come in several chunks of time become one each; a point that both chunks have is taken once. */
export function mergeChunks(chunks: readonly (readonly QuerySeries[])[]): readonly QuerySeries[] {
  const parts = new Map<string, QuerySeries[]>();
  for (const chunk of chunks)
    for (const series of chunk) {
      const key = JSON.stringify(Object.entries(series.labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      const known = parts.get(key);
      if (known) known.push(series);
      else parts.set(key, [series]);
    }
  return [...parts.values()].map(concat);
}

function concat(parts: readonly QuerySeries[]): QuerySeries {
  const [first, ...rest] = parts;
  if (!first || rest.length === 0)
    return first ?? { labels: {}, timestamps: new Float64Array(), values: new Float64Array() };
  const length = parts.reduce((sum, part) => sum + part.timestamps.length, 0);
  const timestamps = new Float64Array(length);
  const values = new Float64Array(length);
  let n = 0;
  for (const part of parts)
    for (let i = 0; i < part.timestamps.length; i += 1) {
      const timestamp = part.timestamps[i] as number;
      if (n > 0 && timestamp <= (timestamps[n - 1] as number)) continue;
      timestamps[n] = timestamp;
      values[n] = part.values[i] as number;
      n += 1;
    }
  return { labels: first.labels, timestamps: timestamps.subarray(0, n), values: values.subarray(0, n) };
}
