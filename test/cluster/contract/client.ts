import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { KubeObject } from '../runtime.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The parsed body; {} when it is no JSON. */
  readonly body: KubeObject;
}

export interface Send {
  readonly type?: string;
  readonly accept?: string;
  readonly token?: string;
  readonly userAgent?: string;
  /** Speak for this user (`kubectl --as`). */
  readonly as?: string;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: KubeObject;
}

/** A watch in progress: what has come so far, and ways to wait for more. */
export interface OpenWatch {
  readonly status: number;
  readonly events: readonly WatchEvent[];
  readonly ended: () => boolean;
  /** Resolves when `count` events are there or the stream has ended; rejects after `ms`. */
  until(count: number, ms?: number): Promise<readonly WatchEvent[]>;
  untilEnd(ms?: number): Promise<void>;
  stop(): void;
}

export interface Endpoint {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** A plain HTTPS client: the rows look at statuses, bodies and streams as they are on the wire. */
export interface KubeClient {
  send(method: string, path: string, body?: unknown, options?: Send): Promise<Reply>;
  watch(path: string, options?: Send): Promise<OpenWatch>;
  close(): void;
}

const json = (text: string): KubeObject => {
  try {
    return JSON.parse(text) as KubeObject;
  } catch {
    return {};
  }
};

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export function createClient(endpoint: Endpoint): KubeClient {
  const agent = new Agent({ ca: endpoint.ca, keepAlive: true });

  function open(method: string, path: string, body: unknown, options: Send): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${options.token ?? endpoint.token}`,
      accept: options.accept ?? 'application/json',
      'user-agent': options.userAgent ?? 'contract/1',
      ...(options.as && { 'impersonate-user': options.as }),
      // Node sends no length with DELETE by itself, and the server would take the body for the next request.
      ...(payload !== undefined && {
        'content-type': options.type ?? 'application/json',
        'content-length': Buffer.byteLength(payload),
      }),
    };
    return new Promise((resolve, reject) => {
      const sent = httpsRequest(`${endpoint.url}${path}`, { method, agent, headers }, resolve);
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  return {
    async send(method, path, body, options = {}) {
      const response = await open(method, path, body, options);
      const text = await bodyOf(response);
      return { status: response.statusCode ?? 0, headers: response.headers, text, body: json(text) };
    },
    async watch(path, options = {}) {
      const response = await open('GET', path, undefined, options);
      return follow(response);
    },
    close: () => agent.destroy(),
  };
}

function follow(response: IncomingMessage): OpenWatch {
  const events: WatchEvent[] = [];
  let rest = '';
  let over = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const one of [...waiting]) one();
  };
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) events.push(JSON.parse(line) as WatchEvent);
    wake();
  });
  for (const name of ['end', 'close', 'error'])
    response.on(name, () => {
      over = true;
      wake();
    });

  function wait(done: () => boolean, what: string, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => finish(new Error(`no ${what} within ${ms} ms; got ${JSON.stringify(events)}`)),
        ms,
      );
      const check = (): void => {
        if (done()) finish();
      };
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        waiting.delete(check);
        if (error) reject(error);
        else resolve();
      };
      waiting.add(check);
      check();
    });
  }

  return {
    status: response.statusCode ?? 0,
    events,
    ended: () => over,
    async until(count, ms = 10_000) {
      await wait(() => events.length >= count || over, `${count} events`, ms);
      return events;
    },
    untilEnd: (ms = 10_000) => wait(() => over, 'end of the stream', ms),
    stop: () => response.destroy(),
  };
}
