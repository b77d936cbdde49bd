import { InstantSeries, type QuerySeries } from '../../model/index.ts';
import { AdapterError, type Clock, type MetricsSource, type QueryAnswer, type Recorder } from '../../pipeline/ports.ts';
import { MalformedBody, skipped, unexpected, WriteDecoder, type WriteVisitor } from './decode.ts';
import { elementsOf, signature, type Elements } from './elements.ts';
import { planOf, type Plan } from './plan.ts';
import { parse, selectorsOf, UnsupportedQuery, type Selector } from './promql.ts';
import { SeriesBook } from './series-book.ts';
import { NotSnappy, Snappy, statedLength } from './snappy.ts';

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
  const snappy = new Snappy();
  const decoder = new WriteDecoder();
  const intake = createIntake(book);
  /** Of the watched queries: they are asked again and again. */
  const plans = new Map<string, Plan>();
  let [lastReceived, nextSweep, refused] = [0, 0, 0];
  let watched: ReadonlySet<string> = new Set();
  watch(options.queries);

  function watch(queries: readonly string[]): void {
    watched = new Set(queries);
    plans.clear();
    book.want(queries.flatMap(selectorsIn));
  }

  function receive(body: Uint8Array): Received {
    const plain = uncompressed(snappy, body, maxBytes);
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

  function planFor(promql: string): Plan {
    const pushed = { rings: book.rings, selected: (selector: Selector) => book.selected(selector) };
    const plan = plans.get(promql) ?? planOf(parse(promql), pushed);
    if (watched.has(promql)) plans.set(promql, plan);
    return plan;
  }

  const instant = (plan: Plan, at: number): Elements =>
    plan.kind === 'vector' ? plan.at(at * 1000) : numberAlone(plan.at(at * 1000));

  async function query(promql: string, at = clock.now()): Promise<QueryAnswer> {
    const known = await (!watched.has(promql) || at < clock.now() - reach / 2
      ? reached(history?.query(promql, at))
      : undefined);
    return (
      known ??
      answered(
        () => seriesAt(at, instant(planFor(promql), at)),
        () => history?.query(promql, at),
      )
    );
  }

  async function queryRange(promql: string, start: number, end: number, step: number): Promise<QueryAnswer> {
    const known = await reached(history?.queryRange(promql, start, end, step));
    const overRange = (plan: Plan) => seriesOver(start, end, step, (at) => instant(plan, at));
    return known ?? answered(() => overRange(planFor(promql)));
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
function uncompressed(
  snappy: Snappy,
  body: Uint8Array,
  maxBytes: number,
): Uint8Array | (Received & { readonly ok: false }) {
  if (statedLength(body) > maxBytes)
    return { ok: false, status: 413, message: `the body is larger than ${maxBytes} bytes` };
  try {
    return snappy.uncompressed(body);
  } catch (error) {
    if (!(error instanceof NotSnappy)) throw error;
    return { ok: false, status: 400, message: `not snappy's block format: ${error.message}` };
  }
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
    expected(bytes, from, to) {
      const end = book.expected(bytes, from, to);
      if (end === skipped) this.ignored += 1;
      else if (end !== unexpected) row = book.row;
      return end;
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

function numberAlone(value: number): Elements {
  const elements = elementsOf([{}]);
  elements.values[0] = value;
  elements.present[0] = 1;
  return elements;
}

/** One value each, at a time that they share. */
function seriesAt(at: number, { labels, values, present }: Elements): readonly QuerySeries[] {
  const timestamps = Float64Array.of(at);
  // The next evaluation writes over them.
  const all = values.slice();
  const found: QuerySeries[] = [];
  for (let i = 0; i < all.length; i += 1)
    if (present[i] === 1) found.push(new InstantSeries(labels[i] ?? {}, timestamps, all, i));
  return found;
}

const seriesOf = (labels: QuerySeries['labels'], times: readonly number[], values: readonly number[]): QuerySeries => ({
  labels,
  timestamps: Float64Array.from(times),
  values: Float64Array.from(values),
});

function seriesOver(start: number, end: number, step: number, find: (at: number) => Elements): readonly QuerySeries[] {
  const found = new Map<string, { labels: QuerySeries['labels']; times: number[]; values: number[] }>();
  // Further back than the rings reach there is nothing to find.
  const first = Math.max(0, Math.ceil((end - reach - start) / step));
  for (let at = start + first * step; at <= end; at += step) {
    const { labels: all, values, present } = find(at);
    all.forEach((labels, i) => {
      if (present[i] === 0) return;
      const key = `${labels['__name__'] ?? ''}\u{3}${signature(labels)}`;
      const one = found.get(key) ?? { labels, times: [], values: [] };
      one.times.push(at);
      one.values.push(values[i] ?? NaN);
      found.set(key, one);
    });
  }
  return [...found.values()].map(({ labels, times, values }) => seriesOf(labels, times, values));
}
