import { request, type Dispatcher } from 'undici';
import type { JsonObject } from '../../model/index.ts';
import { AdapterError } from '../../pipeline/ports.ts';
import type { Access, Credentials } from './credentials.ts';
import { jsonLines } from './json-lines.ts';

export interface Reply {
  readonly status: number;
  /** Seconds to wait, when the server said so. */
  readonly retryAfter: number | undefined;
  /** The JSON body; a body that is no JSON object becomes `{ message }`. */
  readonly body: JsonObject;
}

export interface Ask {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /** Lists of the reflector go over its own connections, so that they never delay a write. */
  readonly lane?: 'requests' | 'watches';
}

export type Stream =
  { readonly ok: true; readonly lines: AsyncIterable<JsonObject> } | { readonly ok: false; readonly reply: Reply };

/** Raw JSON to and from the API server, through connections that are shared and kept. */
export interface Transport {
  request(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, ask?: Ask): Promise<Reply>;
  /** A watch: newline JSON until the server ends it or nothing came for `idleSeconds`. */
  stream(path: string, query: Ask['query'], signal: AbortSignal, idleSeconds: number): Promise<Stream>;
  close(): Promise<void>;
}

interface Lanes {
  readonly connection: string;
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

const maxConnections = 4;
const defaultTimeoutSeconds = 30;

const unreachable = (cause: unknown): AdapterError => {
  const error = cause as NodeJS.ErrnoException;
  return new AdapterError('kubernetes', `the API server did not answer: ${error.code ?? ''} ${error.message}`.trim(), {
    retryable: true,
    cause,
  });
};

function pathWith(path: string, query: Ask['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as [string, string]],
  );
  return pairs.length > 0 ? `${path}?${new URLSearchParams(pairs)}` : path;
}

function parsed(text: string): JsonObject {
  try {
    const value: unknown = text ? JSON.parse(text) : {};
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // A proxy's or a load balancer's page: kept as a message.
  }
  return { message: text.slice(0, 500) };
}

async function replyOf(response: Dispatcher.ResponseData): Promise<Reply> {
  const after = Number(response.headers['retry-after']);
  return {
    status: response.statusCode,
    retryAfter: Number.isFinite(after) && after >= 0 ? after : undefined,
    body: parsed(await response.body.text()),
  };
}

export function createTransport(credentials: Credentials): Transport {
  let lanes: Lanes | undefined;
  let closed = false;

  /** Connections live as long as the certificates they were made with; old ones end when their last answer did. */
  function lanesFor(access: Access): Lanes {
    if (closed) throw new AdapterError('kubernetes', 'the connection was closed', { retryable: false });
    if (lanes?.connection === access.connection) return lanes;
    const old = lanes;
    lanes = {
      connection: access.connection,
      requests: access.createDispatcher(maxConnections),
      watches: access.createDispatcher(null),
    };
    for (const lane of old ? [old.requests, old.watches] : []) lane.close().catch(() => undefined);
    return lanes;
  }

  async function send(
    method: Dispatcher.HttpMethod,
    path: string,
    ask: Ask,
    timeouts: { headersTimeout: number; bodyTimeout: number },
  ): Promise<Dispatcher.ResponseData> {
    const access = await credentials.access();
    const dispatcher = lanesFor(access)[ask.lane ?? 'requests'];
    const headers: Record<string, string> = {
      ...access.headers,
      accept: ask.accept ?? 'application/json',
      'user-agent': 'kubewise',
      ...(ask.body !== undefined && { 'content-type': ask.contentType ?? 'application/json' }),
    };
    const response = await request(`${access.origin}${access.prefix}${pathWith(path, ask.query)}`, {
      ...{ dispatcher, method, headers, ...timeouts },
      ...(ask.signal && { signal: ask.signal }),
      ...(ask.body !== undefined && { body: JSON.stringify(ask.body) }),
    });
    if (response.statusCode === 401) credentials.forget();
    return response;
  }

  return {
    async request(method, path, ask = {}) {
      const timeoutMs = (ask.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(ask.signal ? [ask.signal] : [])]);
      try {
        const timeouts = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
        return await replyOf(await send(method, path, { ...ask, signal }, timeouts));
      } catch (error) {
        throw error instanceof AdapterError ? error : unreachable(error);
      }
    },
    async stream(path, query = {}, signal, idleSeconds) {
      const timeouts = { headersTimeout: defaultTimeoutSeconds * 1000, bodyTimeout: idleSeconds * 1000 };
      try {
        const response = await send('GET', path, { query, signal, lane: 'watches' }, timeouts);
        if (response.statusCode !== 200) return { ok: false, reply: await replyOf(response) };
        return { ok: true, lines: jsonLines(response.body) };
      } catch (error) {
        throw error instanceof AdapterError ? error : unreachable(error);
      }
    },
    async close() {
      closed = true;
      await Promise.all([lanes?.requests.destroy(), lanes?.watches.destroy()]);
    },
  };
}
