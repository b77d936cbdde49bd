import SnappyJS from 'snappyjs';
import type { QuerySeries } from '../../model/index.ts';
import { AdapterError, type Clock, type MetricsSource, type QueryAnswer, type Recorder } from '../../pipeline/ports.ts';
import { MalformedBody, WriteDecoder, type WriteVisitor } from './decode.ts';
import { evaluate, type Element } from './evaluate.ts';
import { parse, selectorsOf, UnsupportedQuery, type Expression, type Selector } from './promql.ts';
import { SeriesBook } from './series-book.ts';

export interface RemoteWriteOptions {
  /** The queries that will be asked: only series that one of them selects are kept. `watch` replaces them. */
  readonly queries: readonly string[];
  /** Regular expressions over the metric name that narrow this further: anchored, as in Prometheus. */
  readonly filter?: { readonly keep?: string; readonly drop?: string };
  /** Series kept at most (about 1.3 KB each); the rest is refused and counted. */
  readonly maxSeries: number;
  /** Largest body after decompression (bytes); default 64 MiB. */
  readonly maxBytes?: number;
  /** Answers what reaches further back than pushed samples do, and other queries, as long as it can be reached. */
  readonly history?: MetricsSource;
  readonly clock: Pick<Clock, 'now'>;
  readonly recorder: Recorder;
}

/** 204 for `ok`; anything else is 400 or 413, which the sender does not repeat. */
export type Received =
  | {
      readonly ok: true;
      readonly samples: number;
      /** Series that no query asks for, or beyond `maxSeries`; samples not newer than what was known. */
      readonly ignored: number;
      readonly late: number;
    }
  | { readonly ok: false; readonly status: 400 | 413; readonly message: string };

export interface RemoteWriteSource extends MetricsSource {
  /** Takes one body of POST /api/v1/write: snappy block format around prometheus.WriteRequest, remote write 1.0. */
  receive(body: Uint8Array): Received;
  /** From the next body on, series that these queries select are kept. */
  watch(queries: readonly string[]): void;
  /** Series kept, bytes of their samples and keys, and when the last body came (Unix s; 0 = never). */
  state(): { readonly series: number; readonly bytes: number; readonly refused: number; readonly lastReceived: number };
}

/** Samples older than this are not asked for any more (ms); swept as often. */
const idle = 900_000;
/** How far back the rings reach (s). */
const reach = 600;
/** A sender that is silent for this long is down (s). */
const silence = 300;

/** Metrics from what is pushed. `query` evaluates the PromQL of the default queries over the last ten minutes. */
export function createRemoteWriteSource(options: RemoteWriteOptions): RemoteWriteSource {
  const { clock, recorder, history, maxBytes = 2 ** 26 } = options;
  const book = new SeriesBook({
    accepts: filterOf(options.filter),
    maxSeries: options.maxSeries,
  });
  const decoder = new WriteDecoder();
  const intake = createIntake(book);
  const parsed = new Map<string, Expression>();
  let [lastReceived, nextSweep, refused] = [0, 0, 0];
  let watched: ReadonlySet<string> = new Set();
  watch(options.queries);

  function watch(queries: readonly string[]): void {
    watched = new Set(queries);
    book.want(queries.flatMap(selectorsIn));
  }

  function receive(body: Uint8Array): Received {
    const plain = uncompressed(body, maxBytes);
    if (!(plain instanceof Uint8Array)) return plain;
    intake.reset();
    let problem: string | undefined;
    try {
      decoder.decode(plain, intake);
    } catch (error) {
      if (!(error instanceof MalformedBody)) throw error;
      problem = error.message;
    }
    note();
    if (problem) return { ok: false, status: 400, message: `not a prometheus.WriteRequest: ${problem}` };
    return { ok: true, samples: intake.samples, ignored: intake.ignored, late: intake.late };
  }

  function note(): void {
    lastReceived = clock.now();
    recorder.count('kubewise_samples_total', { source: 'push' }, intake.samples);
    if (book.refused > refused)
      recorder.count('kubewise_series_dropped_total', { query: 'remote-write' }, book.refused - refused);
    refused = book.refused;
    recorder.gauge('kubewise_pushed_series', book.size);
    recorder.gauge('kubewise_pushed_bytes', book.bytes);
    if (lastReceived < nextSweep) return;
    book.sweep(lastReceived * 1000 - idle);
    nextSweep = lastReceived + idle / 1000;
  }

  function expressionOf(promql: string): Expression {
    const known = parsed.get(promql) ?? parse(promql);
    if (parsed.size < 1000) parsed.set(promql, known);
    return known;
  }

  function elementsAt(promql: string, at: number): readonly Element[] {
    const instant = { at: at * 1000, rings: book.rings, selected: (selector: Selector) => book.selected(selector) };
    const value = evaluate(expressionOf(promql), instant);
    return typeof value === 'number' ? [{ labels: {}, value }] : value;
  }

  async function query(promql: string, at = clock.now()): Promise<QueryAnswer> {
    const known = await (!watched.has(promql) || at < clock.now() - reach / 2
      ? reached(history?.query(promql, at))
      : undefined);
    return (
      known ??
      answered(
        () => seriesAt(at, elementsAt(promql, at)),
        () => history?.query(promql, at),
      )
    );
  }

  async function queryRange(promql: string, start: number, end: number, step: number): Promise<QueryAnswer> {
    const known = await reached(history?.queryRange(promql, start, end, step));
    return known ?? answered(() => overRange(start, end, step, (at) => elementsAt(promql, at)));
  }

  async function ping(): Promise<void> {
    if (clock.now() - lastReceived <= silence) return;
    const since = lastReceived ? `for ${Math.round(clock.now() - lastReceived)} s` : 'yet';
    throw new AdapterError('remote-write', `nothing was pushed ${since}`, { retryable: true });
  }

  const state = () => ({ series: book.size, bytes: book.bytes, refused: book.refused, lastReceived });
  return { receive, watch, query, queryRange, ping, state };
}

/** A history that is down is none: pushed samples go on by themselves. */
async function reached(answer: Promise<QueryAnswer> | undefined): Promise<QueryAnswer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return undefined;
  }
}

/** Queries that pushed samples cannot answer feed on nothing: `history` has to answer them. */
function selectorsIn(promql: string): readonly Selector[] {
  try {
    return selectorsOf(parse(promql));
  } catch (error) {
    if (error instanceof UnsupportedQuery) return [];
    throw error;
  }
}

function filterOf({ keep, drop }: { readonly keep?: string; readonly drop?: string } = {}) {
  const [kept, dropped] = [keep, drop].map((one) => (one ? new RegExp(`^(?:${one})$`) : undefined));
  return (labels: Readonly<Record<string, string>>): boolean => {
    const name = labels['__name__'] ?? '';
    return (kept?.test(name) ?? true) && !(dropped?.test(name) ?? false);
  };
}

/** A body is stated to be larger than what it may be, or it is not snappy. */
function uncompressed(body: Uint8Array, maxBytes: number): Uint8Array | (Received & { readonly ok: false }) {
  if (statedLength(body) > maxBytes)
    return { ok: false, status: 413, message: `the body is larger than ${maxBytes} bytes` };
  try {
    return SnappyJS.uncompress(body, maxBytes);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, status: 400, message: `not snappy's block format: ${message}` };
  }
}

/** A snappy block begins with its length as a varint of up to 32 bits. */
function statedLength(body: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = body[i] ?? 0;
    length += (byte & 127) * 128 ** i;
    if (byte < 128) return length;
  }
  return length;
}

type Intake = WriteVisitor & { reset(): void; samples: number; ignored: number; late: number };
function createIntake(book: SeriesBook): Intake {
  let row = -1;
  return {
    samples: 0,
    ignored: 0,
    late: 0,
    reset() {
      [this.samples, this.ignored, this.late] = [0, 0, 0];
    },
    series(bytes, from, to) {
      row = from < 0 ? -1 : book.rowOf(bytes, from, to);
      if (row < 0) this.ignored += 1;
      return row >= 0;
    },
    sample(value, time, stale) {
      this.samples += 1;
      if (stale) book.rings.end(row, time);
      else if (!book.rings.push(row, value, time)) this.late += 1;
    },
  };
}

async function answered(
  find: () => readonly QuerySeries[],
  otherwise?: () => Promise<QueryAnswer> | undefined,
): Promise<QueryAnswer> {
  const since = performance.now();
  try {
    return { ok: true, series: find(), dropped: 0, seconds: (performance.now() - since) / 1000 };
  } catch (error) {
    if (!(error instanceof UnsupportedQuery)) throw error;
    const elsewhere = await otherwise?.();
    return elsewhere ?? { ok: false, reason: 'BadQuery', message: `not from pushed samples: ${error.message}` };
  }
}

/** One value each, at a time that they share. */
function seriesAt(at: number, elements: readonly Element[]): readonly QuerySeries[] {
  const timestamps = Float64Array.of(at);
  return elements.map(({ labels, value }) => ({ labels, timestamps, values: Float64Array.of(value) }));
}

const seriesOf = (labels: QuerySeries['labels'], times: readonly number[], values: readonly number[]): QuerySeries => ({
  labels,
  timestamps: Float64Array.from(times),
  values: Float64Array.from(values),
});

function overRange(
  start: number,
  end: number,
  step: number,
  find: (at: number) => readonly Element[],
): readonly QuerySeries[] {
  const found = new Map<string, { labels: QuerySeries['labels']; times: number[]; values: number[] }>();
  // Further back than the rings reach there is nothing to find.
  const first = Math.max(0, Math.ceil((end - reach - start) / step));
  for (let at = start + first * step; at <= end; at += step)
    for (const { labels, value } of find(at)) {
      const key = JSON.stringify(Object.entries(labels).sort());
      const one = found.get(key) ?? { labels, times: [], values: [] };
      one.times.push(at);
      one.values.push(value);
      found.set(key, one);
    }
  return [...found.values()].map(({ labels, times, values }) => seriesOf(labels, times, values));
}
