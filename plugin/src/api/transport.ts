import { getBackendSrv, type FetchResponse } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { RequestFailed, failureOf } from './failure';

export type Params = Readonly<Record<string, string | number | boolean | undefined>>;

/** Reads and writes below one data source's proxy address. Rejects with RequestFailed, shows no alert of its own. */
export interface Transport {
  get<T>(path: string, params?: Params): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  put<T>(path: string, body: object): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

interface Kept {
  readonly etag: string;
  readonly data: unknown;
}
const keepAtMost = 100;

/**
 * Identical reads in flight are one request; an answer that did not change (304) is not sent again. The etag also keeps the
 * browser from answering out of its own cache, which it may for some seconds: after a write that would be the state before.
 */
export function createTransport(proxyUrl: string): Transport {
  const inFlight = new Map<string, Promise<unknown>>();
  const kept = new Map<string, Kept>();

  async function read(url: string): Promise<unknown> {
    const known = kept.get(url);
    try {
      const response = await send('GET', url, undefined, known ? { 'If-None-Match': known.etag } : {});
      remember(kept, url, response);
      return response.data;
    } catch (error) {
      if (known && statusOf(error) === 304) {
        return known.data;
      }
      throw new RequestFailed(failureOf(error));
    }
  }

  function begin(url: string): Promise<unknown> {
    const running = read(url).finally(() => {
      if (inFlight.get(url) === running) {
        inFlight.delete(url);
      }
    });
    inFlight.set(url, running);
    return running;
  }

  async function write<T>(method: string, path: string, body?: object): Promise<T> {
    try {
      const response = await send(method, `${proxyUrl}/${path}`, body, {});
      // A read that began before the write must not be taken for one after it.
      inFlight.clear();
      // The boundary of the typed world: the contract says what the backend sends.
      return response.data as T;
    } catch (error) {
      throw new RequestFailed(failureOf(error));
    }
  }

  return {
    get<T>(path: string, params: Params = {}): Promise<T> {
      const url = `${proxyUrl}/${path}${queryOf(params)}`;
      const running = inFlight.get(url) ?? begin(url);
      return running as Promise<T>;
    },
    post: (path, body) => write('POST', path, body),
    put: (path, body) => write('PUT', path, body),
    delete: (path) => write('DELETE', path),
  };
}

function send(
  method: string,
  url: string,
  data: object | undefined,
  headers: Record<string, string>
): Promise<FetchResponse<unknown>> {
  const json = data ? { 'Content-Type': 'application/json' } : {};
  return lastValueFrom(
    getBackendSrv().fetch<unknown>({ method, url, data, headers: { ...json, ...headers }, showErrorAlert: false })
  );
}

function remember(kept: Map<string, Kept>, url: string, response: FetchResponse<unknown>): void {
  const etag = response.headers?.get('etag');
  kept.delete(url);
  if (!etag) {
    return;
  }
  kept.set(url, { etag, data: response.data });
  const oldest = kept.keys().next().value;
  if (kept.size > keepAtMost && oldest !== undefined) {
    kept.delete(oldest);
  }
}

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;

function queryOf(params: Params): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') {
      search.set(name, String(value));
    }
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}
