import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, request, type Dispatcher } from 'undici';
import { AdapterError } from '../../pipeline/ports.ts';

export interface Upstream {
  /** e.g. http://prometheus.monitoring:9090, with the path before /api where a proxy adds one. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bearer?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  /** X-Scope-OrgID of Mimir, Cortex, Thanos. */
  readonly tenant?: string;
  readonly tls?: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly insecureSkipVerify?: boolean;
  };
  /** One request (s). */
  readonly timeoutSeconds: number;
}

export interface Reply {
  readonly status: number;
  readonly retryAfter: number | undefined;
  /** Parsed JSON, or undefined when the body is none. */
  readonly body: unknown;
  readonly seconds: number;
}

export interface Http {
  /** POST with a form: PromQL can be longer than a URL may be. */
  post(path: string, form: Readonly<Record<string, string>>): Promise<Reply>;
  get(path: string): Promise<Reply>;
  close(): Promise<void>;
}

const unzip = promisify(gunzip);

const fileOf = (path: string | undefined): string | undefined => (path ? readFileSync(path, 'utf8') : undefined);

function headersOf({ headers, bearer, basic, tenant }: Upstream): Record<string, string> {
  return {
    ...headers,
    accept: 'application/json',
    'accept-encoding': 'gzip',
    'user-agent': 'kubewise',
    ...(bearer && { authorization: `Bearer ${bearer}` }),
    ...(basic && {
      authorization: `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`,
    }),
    ...(tenant && { 'x-scope-orgid': tenant }),
  };
}

/** The text of an answer, unzipped. */
export async function textOf({ headers, body }: Pick<Dispatcher.ResponseData, 'headers' | 'body'>): Promise<string> {
  const raw = Buffer.from(await body.arrayBuffer());
  const plain = headers['content-encoding'] === 'gzip' ? await unzip(raw) : raw;
  return plain.toString('utf8');
}

async function bodyOf(response: Dispatcher.ResponseData): Promise<unknown> {
  const text = await textOf(response);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function createHttp(upstream: Upstream): Http {
  const { url, tls, timeoutSeconds } = upstream;
  const base = url.replace(/\/+$/, '');
  const connect = {
    ...(tls?.caFile && { ca: fileOf(tls.caFile) }),
    ...(tls?.certFile && { cert: fileOf(tls.certFile) }),
    ...(tls?.keyFile && { key: fileOf(tls.keyFile) }),
    ...(tls?.insecureSkipVerify && { rejectUnauthorized: false }),
  };
  const dispatcher = new Agent({ connections: 2, allowH2: false, connect });
  const headers = headersOf(upstream);

  async function send(method: 'GET' | 'POST', path: string, form?: Readonly<Record<string, string>>): Promise<Reply> {
    const startedAt = performance.now();
    try {
      const response = await request(`${base}${path}`, {
        dispatcher,
        method,
        headers: { ...headers, ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) },
        ...(form && { body: new URLSearchParams(form).toString() }),
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      });
      const body = await bodyOf(response);
      const after = Number(response.headers['retry-after']);
      return {
        status: response.statusCode,
        retryAfter: Number.isFinite(after) && after > 0 ? after : undefined,
        body,
        seconds: (performance.now() - startedAt) / 1000,
      };
    } catch (cause) {
      throw unreachable(cause, timeoutSeconds);
    }
  }

  return {
    post: (path, form) => send('POST', path, form),
    get: (path) => send('GET', path),
    close: () => dispatcher.destroy(),
  };
}

function unreachable(cause: unknown, timeoutSeconds: number): AdapterError {
  const error = cause as NodeJS.ErrnoException;
  const message =
    error.name === 'TimeoutError'
      ? `no answer within ${timeoutSeconds} s`
      : `not reached: ${error.code ?? error.message}`;
  return new AdapterError('prometheus', message, { retryable: true, cause });
}
