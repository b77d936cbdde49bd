import type { NextFunction, Request, Response } from 'express';
import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import { wanted } from '../model/index.ts';
import { AdapterError, type Done, type Log } from '../pipeline/ports.ts';
import type { Problem } from './wire/basic.ts';

type FieldError = { readonly field: string; readonly message: string };

/** An answer that is a refusal: thrown in a handler, sent as RFC 9457. `detail` says what is wrong and what to do. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly FieldError[];
  constructor(status: number, reason: string, detail: string, fields: readonly FieldError[] = []) {
    super(detail);
    this.name = 'HttpProblem';
    this.status = status;
    this.reason = reason;
    this.fields = fields;
  }
}

/** The value of a `Done`, or its refusal as a problem. */
export function settled<T>(done: Done<T>): T {
  if (done.ok) return done.value;
  throw new HttpProblem(done.status, done.reason, done.message);
}

/** An operation that this installation does not have (yet). */
export function available<T>(operation: T | undefined, what: string): T {
  if (operation !== undefined) return operation;
  throw new HttpProblem(501, 'NotAvailable', `${what} is not available in this installation`);
}

/** Parses a part of a request; every wrong field is named at once. */
export function parsed<S extends z.ZodType>(schema: S, value: unknown, part: 'path' | 'query' | 'body'): z.output<S> {
  const result = schema.safeParse(value, { error: wanted });
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => ({
    field: [part, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  const first = fields.map((one) => `${one.field}: ${one.message}`).join('; ');
  throw new HttpProblem(400, 'BadRequest', `the request is not valid: ${first}`, fields);
}

interface BodyParserError {
  readonly type: string;
  readonly status: number;
  readonly message: string;
}
const isBodyError = (error: unknown): error is BodyParserError =>
  typeof error === 'object' && error !== null && 'type' in error && 'status' in error;

function problemFrom(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error;
  if (error instanceof AdapterError)
    return new HttpProblem(503, 'Unavailable', `${error.system} does not answer; try again shortly`);
  if (error instanceof URIError) return new HttpProblem(400, 'BadPath', 'the path is not valid percent-encoding');
  if (!isBodyError(error)) return undefined;
  if (error.status === 413) return new HttpProblem(413, 'TooLarge', 'the body is too large; send it in smaller parts');
  if (error.status >= 400 && error.status < 500)
    return new HttpProblem(error.status, 'BadBody', `the body cannot be read: ${error.message}`);
  return undefined;
}

export function sendProblem(request: Request, response: Response, problem: HttpProblem): void {
  const { status, reason, fields } = problem;
  const requestId = String(response.getHeader('X-Request-Id') ?? '');
  const body: Problem = {
    type: `urn:kubewise:problem:${reason}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: problem.message,
    instance: request.path,
    reason,
    requestId,
    ...(fields.length > 0 && { errors: [...fields] }),
  };
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="kubewise"');
  response.setHeader('Cache-Control', 'no-store');
  response.status(status).type('application/problem+json').send(JSON.stringify(body));
}

/** The last handler: refusals as they are, anything unknown as a 500 that says nothing and is logged in full. */
export function problemHandler(log: Log) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) return next(error);
    const known = problemFrom(error);
    const fields = { module: 'http', error, path: request.path, 'request.id': response.getHeader('X-Request-Id') };
    if (!known) log.error(fields, 'a request failed unexpectedly');
    const message = 'something went wrong; the log has the details under the request id';
    sendProblem(request, response, known ?? new HttpProblem(500, 'InternalError', message));
  };
}
