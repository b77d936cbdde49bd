import type { KubeObject } from '../runtime.ts';

/** An answer of the API server that is not 2xx. */
export class ApiError extends Error {
  readonly status: number;
  /** The Status object's reason (AlreadyExists, Conflict, Expired, …), '' when the body is none. */
  readonly reason: string;
  readonly body: KubeObject;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, body: KubeObject, retryAfterSeconds: number | undefined) {
    super(`${status} ${body['reason'] ?? ''}: ${body['message'] ?? ''}`);
    this.name = 'ApiError';
    this.status = status;
    this.reason = String(body['reason'] ?? '');
    this.body = body;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  static of(status: number, text: string, retryAfter: string | string[] | undefined): ApiError {
    const seconds = Number(retryAfter);
    return new ApiError(status, parseStatus(text), retryAfter !== undefined && seconds > 0 ? seconds : undefined);
  }

  static is(error: unknown, status: number): error is ApiError {
    return error instanceof ApiError && error.status === status;
  }
}

/** Proxies and dying servers answer text or HTML: keep its beginning as the message. */
function parseStatus(text: string): KubeObject {
  try {
    return JSON.parse(text) as KubeObject;
  } catch {
    return { message: text.slice(0, 200) };
  }
}
