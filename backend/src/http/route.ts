import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Clock, Identity, Log, Operations, Recorder, Store } from '../pipeline/ports.ts';
import type { JobBook } from './jobs.ts';

/** What handlers work with. */
export interface Backend {
  readonly operations: Operations;
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly recorder: Recorder;
  readonly jobs: JobBook;
}

export type Method = 'get' | 'post' | 'put';
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** A request after its schemas and its rights have let it pass. */
export interface Asked<P, Q, B> {
  readonly params: Parsed<P>;
  readonly query: Parsed<Q>;
  readonly body: Parsed<B>;
  readonly by: Identity;
  readonly request: Request;
  readonly response: Response;
}

/**
 * One route as data: mounted, checked, documented from the same description. Its right stands in `rights.ts` under
 * `METHOD path`. `answers` is undefined for what is not JSON: the handler then writes the response itself.
 */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly params?: z.ZodType | undefined;
  readonly query?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
  readonly answers?: z.ZodType | undefined;
  readonly status: 200 | 202 | 204;
  /** What it writes when it is not JSON. */
  readonly contentType: string;
  /** `bytes`: the body is handed over as it came, whatever it says it is. */
  readonly takes: 'json' | 'bytes';
  /** Largest body (bytes). */
  readonly maxBody: number;
  readonly handle: (asked: Asked<undefined, undefined, undefined>) => Promise<unknown>;
}

interface RouteOptions<P, Q, B, A> {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answers?: A;
  readonly status?: 200 | 202 | 204;
  readonly contentType?: string;
  readonly takes?: 'json' | 'bytes';
  readonly maxBody?: number;
  readonly handle: (asked: Asked<P, Q, B>) => Promise<A extends z.ZodType ? z.input<A> : unknown>;
}

/** Describes a route; the handler's request and answer are typed by its schemas. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  A extends z.ZodType | undefined = undefined,
>(options: RouteOptions<P, Q, B, A>): Route {
  return {
    status: 200,
    contentType: 'application/json',
    takes: 'json',
    maxBody: 100_000,
    ...options,
    handle: options.handle as unknown as Route['handle'],
  };
}

export const routeName = (one: Pick<Route, 'method' | 'path'>): string => `${one.method.toUpperCase()} ${one.path}`;
/** `/incidents/{id}` as Express writes it: `/incidents/:id`. */
export const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** The same route at further paths, for clients of the older systems. */
export const alsoAt = (one: Route, ...paths: readonly string[]): Route[] => [
  one,
  ...paths.map((path) => ({ ...one, path, tag: 'compatibility' })),
];
