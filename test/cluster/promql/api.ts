import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { SeriesSource } from '../metrics/series-source.ts';
import { badData, PromqlError } from './expression.ts';
import { query, queryRange, selectorMatchers, type Result } from './evaluate.ts';
import type { Labels } from './labels.ts';
import { durationOf, numberOf } from './literal.ts';
import { apiNumber } from './print.ts';

export interface MetricMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}
export interface PrometheusApiOptions {
  readonly source: SeriesSource;
  /** Unix seconds: the default time of an instant query. */
  readonly now: () => number;
  /** What /api/v1/metadata answers. Default: guessed from the names. */
  readonly metadata?: () => Readonly<Record<string, MetricMetadata>>;
}

const maxPoints = 11_000;
const maxBody = 1_000_000;
interface Request {
  readonly parameters: URLSearchParams;
  readonly path: string;
  readonly options: PrometheusApiOptions;
}
type Handler = (request: Request) => unknown;

/** The read-only part of Prometheus' HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/), GET and POST. */
export function createPrometheusApi(options: PrometheusApiOptions): RequestListener {
  return (request, response) => {
    void answer(request, response, options);
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: PrometheusApiOptions) {
  try {
    const url = new URL(request.url ?? '/', 'http://prometheus');
    const form = request.method === 'POST' ? await bodyOf(request) : '';
    const parameters = new URLSearchParams(`${url.search.slice(1)}&${form}`);
    if (url.pathname === '/-/ready' || url.pathname === '/-/healthy') return void sendText(response);
    const handler = handlerOf(url.pathname);
    if (!handler) return void send(response, 404, { status: 'error', errorType: 'not_found', error: 'page not found' });
    const data = handler({ parameters, path: url.pathname, options });
    send(response, 200, { status: 'success', data });
  } catch (error) {
    sendError(response, error);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > maxBody) throw badData('request body too large');
  }
  return body;
}

function sendText(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('Prometheus Server is Ready.\n');
}
function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
function sendError(response: ServerResponse, error: unknown): void {
  const known = error instanceof PromqlError;
  const errorType = known ? error.type : 'internal';
  const status = errorType === 'bad_data' ? 400 : errorType === 'execution' ? 422 : 500;
  send(response, status, { status: 'error', errorType, error: known ? error.message : String(error) });
}

// ── Routes ──────────────────────────────────────────────────────────────────────────────────────────────────────

const labelValuesPath = /^\/api\/v1\/label\/([^/]+)\/values$/;
function handlerOf(path: string): Handler | undefined {
  return routes.get(path) ?? (labelValuesPath.test(path) ? labelValues : undefined);
}
const routes: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['/api/v1/query', instant],
  ['/api/v1/query_range', range],
  ['/api/v1/series', (request) => seriesOf(request, true)],
  ['/api/v1/labels', (request) => sortedSet(seriesOf(request, false).flatMap(Object.keys))],
  ['/api/v1/metadata', metadata],
  ['/api/v1/status/buildinfo', () => buildInfo],
  ['/api/v1/status/runtimeinfo', () => ({ storageRetention: '15d', reloadConfigSuccess: true })],
  ['/api/v1/status/flags', () => ({ 'query.lookback-delta': '5m', 'query.max-samples': '50000000' })],
  ['/api/v1/rules', () => ({ groups: [] })],
  ['/api/v1/alerts', () => ({ alerts: [] })],
  ['/api/v1/targets', () => ({ activeTargets: [], droppedTargets: [] })],
  ['/api/v1/query_exemplars', () => []],
]);
/** The version whose semantics the evaluator follows; Grafana chooses features by it. */
const buildInfo = {
  version: '2.42.0',
  revision: 'simulated',
  branch: 'simulated',
  buildUser: '',
  buildDate: '',
  goVersion: '',
};

function instant({ parameters, options }: Request): unknown {
  const at = timeIn(parameters, 'time') ?? options.now();
  return printed(query(options.source, promqlIn(parameters), at));
}

function range({ parameters, options }: Request): unknown {
  const promql = promqlIn(parameters);
  const [start, end] = [required(parameters, 'start'), required(parameters, 'end')];
  if (end < start) throw badData('invalid parameter "end": end timestamp must not be before start time');
  const step = stepIn(parameters);
  if ((end - start) / step > maxPoints)
    throw badData(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  return printed(queryRange(options.source, promql, start, end, step));
}

function printed(result: Result): unknown {
  const point = ([time, value]: readonly [number, number]) => [time, apiNumber(value)];
  switch (result.resultType) {
    case 'string':
      return result;
    case 'scalar':
      return { resultType: 'scalar', result: point(result.result) };
    case 'vector':
      return {
        resultType: 'vector',
        result: result.result.map(({ metric, value }) => ({ metric, value: point(value) })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: result.result.map(({ metric, values }) => ({ metric, values: values.map(point) })),
      };
  }
}

function seriesOf({ parameters, options }: Request, needsMatch: boolean): readonly Labels[] {
  const start = timeIn(parameters, 'start') ?? 0;
  const end = timeIn(parameters, 'end') ?? options.now();
  const selectors = parameters.getAll('match[]');
  if (selectors.length === 0 && needsMatch) throw badData('no match[] parameter provided');
  const all = selectors.length === 0 ? [[]] : selectors.map(selectorMatchers);
  const found = all.flatMap((matchers) => options.source.select(matchers, start, end).map((one) => one.labels));
  return [...new Map(found.map((labels) => [JSON.stringify(Object.entries(labels).sort()), labels])).values()];
}

function labelValues(request: Request): readonly string[] {
  const name = decodeURIComponent(labelValuesPath.exec(request.path)?.[1] ?? '');
  if (!/^[a-zA-Z_]\w*$/.test(name)) throw badData(`invalid label name: ${JSON.stringify(name)}`);
  return sortedSet(seriesOf(request, false).flatMap((labels) => labels[name] ?? []));
}
const sortedSet = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

function metadata(request: Request): unknown {
  const known = request.options.metadata?.() ?? guessedMetadata(request);
  const wanted = request.parameters.get('metric');
  const entries = Object.entries(known).filter(([name]) => !wanted || name === wanted);
  return Object.fromEntries(entries.map(([name, one]) => [name, [one]]));
}
function guessedMetadata(request: Request): Readonly<Record<string, MetricMetadata>> {
  const names = sortedSet(seriesOf(request, false).flatMap((labels) => labels['__name__'] ?? []));
  const typed = names.map((name) => {
    if (/_(bucket|count|sum)$/.test(name)) return [name.replace(/_(bucket|count|sum)$/, ''), 'histogram'] as const;
    return [name, name.endsWith('_total') ? 'counter' : 'gauge'] as const;
  });
  return Object.fromEntries(typed.map(([name, type]) => [name, { type, help: '', unit: '' }]));
}

// ── Parameters ──────────────────────────────────────────────────────────────────────────────────────────────────

const invalid = (name: string, why: string) => badData(`invalid parameter ${JSON.stringify(name)}: ${why}`);

function promqlIn(parameters: URLSearchParams): string {
  const promql = parameters.get('query') ?? '';
  if (promql.trim() === '') throw invalid('query', 'unknown position: parse error: no expression found in input');
  return promql;
}

/** Unix seconds or RFC 3339. */
function timeIn(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === '') return undefined;
  const seconds = numberOf(text) ?? Date.parse(text) / 1000;
  if (!Number.isFinite(seconds)) throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return seconds;
}
function required(parameters: URLSearchParams, name: string): number {
  const time = timeIn(parameters, name);
  if (time === undefined) throw invalid(name, 'cannot parse "" to a valid timestamp');
  return time;
}
function stepIn(parameters: URLSearchParams): number {
  const text = parameters.get('step') ?? '';
  const duration = durationOf(text);
  const step = duration === undefined ? numberOf(text) : duration / 1000;
  if (step === undefined || !Number.isFinite(step))
    throw invalid('step', `cannot parse ${JSON.stringify(text)} to a valid duration`);
  // Below a millisecond the loop over the steps would not move.
  if (step < 0.001)
    throw invalid('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  return step;
}
