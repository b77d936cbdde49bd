import type { QuerySeries } from '../../model/index.ts';
import {
  AdapterError,
  type Clock,
  type Log,
  type MetricsSource,
  type QueryAnswer,
  type Recorder,
} from '../../pipeline/ports.ts';
import { mergeChunks, parseAnswer, parseFailure, type Parsed } from './answer.ts';
import { createGate, type Gate } from './gate.ts';
import { createHttp, type Reply, type Upstream } from './http.ts';

export interface MetricsSourceOptions extends Upstream {
  /** Series kept of one query; the rest is dropped and counted. */
  readonly maxSeriesPerQuery: number;
  /** Series kept of all queries together. */
  readonly maxSeriesTotal: number;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly log: Log;
}

/** Prometheus refuses a range of more than 11,000 points per series. */
const maxPoints = 10_900;
const path = { query: '/api/v1/query', range: '/api/v1/query_range' } as const;

/** How Prometheus, Thanos, Mimir and VictoriaMetrics word their limits on one query. */
const tooExpensive = /too many samples|maximum (resolution|number)|max-samples|timed out|exceed(s|ed) .*limit \(/i;

type Refused = Extract<QueryAnswer, { ok: false }>;

/**
 * The query itself is at fault (400, or 422 with a parse or execution error), or it costs too much (a timeout of its
 * evaluation, too many samples). Everything else is the server's trouble and is thrown.
 */
function refusalOf(reply: Reply): Refused | undefined {
  const failure = parseFailure(reply.body);
  if (!failure) return undefined;
  const message = failure.error.slice(0, 500);
  if (reply.status === 503 && failure.errorType === 'timeout') return { ok: false, reason: 'TooExpensive', message };
  if (reply.status !== 400 && reply.status !== 422) return undefined;
  return { ok: false, reason: tooExpensive.test(failure.error) ? 'TooExpensive' : 'BadQuery', message };
}

const isOverload = (status: number): boolean => status === 429 || status === 503;

function troubleOf(reply: Reply): AdapterError {
  const said = parseFailure(reply.body)?.error ?? 'not the answer of a Prometheus';
  const message = `answered ${reply.status}: ${said}`.slice(0, 300);
  return new AdapterError('prometheus', message, {
    retryable: reply.status >= 500 || reply.status === 429 || reply.status === 408,
    status: reply.status,
  });
}

/** Series already let through, by query: a poll repeats the same queries and must not count twice. */
function createBudget(total: number) {
  const used = new Map<string, number>();
  return {
    left(query: string): number {
      let others = 0;
      for (const [one, count] of used) if (one !== query) others += count;
      return Math.max(0, total - others);
    },
    note: (query: string, count: number) => void used.set(query, count),
  };
}

/** `[start, end]` in pieces of at most `maxPoints` steps; the pieces share no timestamp. */
export function chunksOf(start: number, end: number, step: number): readonly (readonly [number, number])[] {
  const chunks: [number, number][] = [];
  for (let from = start; from <= end;) {
    const to = Math.min(end, from + (maxPoints - 1) * step);
    chunks.push([from, to]);
    from += maxPoints * step;
  }
  return chunks;
}

const wall: Clock['sleep'] = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * Prometheus, or a store that speaks its HTTP API (Thanos, Mimir, VictoriaMetrics). One query at a time; rests after
 * 422 for cost, 429, 503 or when the latency doubles; answers are capped and the drop is counted.
 */
export function createMetricsSource(options: MetricsSourceOptions): MetricsSource & { close(): Promise<void> } {
  const { maxSeriesPerQuery, maxSeriesTotal, recorder, log } = options;
  const http = createHttp(options);
  const gate: Gate = createGate(wall);
  const budget = createBudget(maxSeriesTotal);
  let toldCap = false;

  function parsed(reply: Reply, cap: number): Parsed {
    try {
      return parseAnswer(reply.body, cap);
    } catch (cause) {
      const message = 'an answer that is not the JSON of a Prometheus query';
      throw new AdapterError('prometheus', message, { retryable: false, status: reply.status, cause });
    }
  }

  /** No answer in time is a sign of load; no connection at all is not. */
  function slowed(error: unknown): never {
    if (error instanceof AdapterError && error.cause instanceof Error && error.cause.name === 'TimeoutError')
      gate.overloaded(undefined);
    throw error;
  }

  async function ask(url: string, form: Record<string, string>, cap: number): Promise<QueryAnswer> {
    return gate.pass(async () => {
      const reply = await http.post(url, form).catch(slowed);
      if (reply.status === 200) {
        gate.answered(reply.seconds);
        return { ok: true, ...parsed(reply, cap), seconds: reply.seconds };
      }
      const refused = refusalOf(reply);
      if (isOverload(reply.status) || refused?.reason === 'TooExpensive') {
        gate.overloaded(reply.retryAfter);
        recorder.count('kubewise_prometheus_backoff_total', { reason: String(reply.status) });
      }
      if (refused) return refused;
      throw troubleOf(reply);
    });
  }

  function sayCapped(promql: string, dropped: number): void {
    if (dropped === 0 || toldCap) return;
    toldCap = true;
    log.warn({ module: 'prometheus', query: promql.slice(0, 200), dropped }, 'a query found more series than are kept');
  }

  const capFor = (promql: string): number => Math.min(maxSeriesPerQuery, budget.left(promql));

  return {
    async query(promql, at) {
      const form = { query: promql, ...(at !== undefined && { time: String(at) }) };
      const answer = await ask(path.query, form, capFor(promql));
      if (!answer.ok) return answer;
      budget.note(promql, answer.series.length);
      sayCapped(promql, answer.dropped);
      return answer;
    },
    async queryRange(promql, start, end, step) {
      const chunks: (readonly QuerySeries[])[] = [];
      let dropped = 0;
      let seconds = 0;
      for (const [from, to] of chunksOf(start, end, step)) {
        await gate.rested();
        const form = { query: promql, start: String(from), end: String(to), step: String(step) };
        const answer = await ask(path.range, form, maxSeriesPerQuery);
        if (!answer.ok) return answer;
        chunks.push(answer.series);
        dropped = Math.max(dropped, answer.dropped);
        seconds += answer.seconds;
      }
      sayCapped(promql, dropped);
      return { ok: true, series: mergeChunks(chunks), dropped, seconds };
    },
    async ping() {
      const reply = await http.post(path.query, { query: 'vector(1)' });
      if (reply.status !== 200 || parsed(reply, 1).series.length !== 1) throw troubleOf(reply);
    },
    close: () => http.close(),
  };
}
