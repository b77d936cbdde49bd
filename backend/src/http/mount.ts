import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { Identity, Recorder } from '../pipeline/ports.ts';
import type { createGatekeeper } from './identity.ts';
import { HttpProblem, parsed } from './problems.ts';
import { rightOf } from './rights.ts';
import { expressPath, routeName, type Route } from './route.ts';

/** Cross-site forms cannot send it: with it, no request that changes something is forged by another page. */
function requireJson(request: Request, _response: Response, next: NextFunction): void {
  if (request.is('application/json')) return next();
  const empty = request.headers['content-length'] === '0' && request.headers['content-type'] === undefined;
  const hint = empty ? '; send {} where there is nothing to say' : '';
  next(new HttpProblem(415, 'JsonOnly', `send Content-Type: application/json${hint}`));
}

const seconds = (since: bigint): number => Number(process.hrtime.bigint() - since) / 1e9;

function timed(route: Route, recorder: Recorder): RequestHandler {
  return (_request, response, next) => {
    const since = process.hrtime.bigint();
    response.on('finish', () =>
      recorder.observe('kubewise_api_request_duration_seconds', seconds(since), {
        endpoint: route.path,
        method: route.method.toUpperCase(),
        status_code: String(response.statusCode),
      }),
    );
    next();
  };
}

function answer(route: Route, response: Response, value: unknown): void {
  if (response.headersSent || response.writableEnded) return;
  if (route.status === 204) return void response.status(204).end();
  if (route.method === 'get' && !response.hasHeader('Cache-Control'))
    response.setHeader('Cache-Control', 'private, max-age=5');
  response.status(route.status).json(value);
}

/** Is it well said? Do it, answer. Who asks was settled before the body was read. */
function handler(route: Route): RequestHandler {
  return async (request, response) => {
    const params = (route.params && parsed(route.params, request.params, 'path')) as undefined;
    const query = (route.query && parsed(route.query, request.query, 'query')) as undefined;
    const body = (route.body && parsed(route.body, request.body ?? {}, 'body')) as undefined;
    const { by } = response.locals as { by: Identity };
    const value = await route.handle({ params, query, body, by, request, response });
    answer(route, response, value);
  };
}

/** Identity first: nothing of a stranger's body is read. */
function identified(route: Route, gatekeeper: ReturnType<typeof createGatekeeper>, recorder: Recorder): RequestHandler {
  const right = rightOf(routeName(route));
  return async (request, response, next) => {
    try {
      response.locals['by'] = await gatekeeper(request, right, route.method !== 'get');
    } catch (error) {
      if (error instanceof HttpProblem) recorder.count('kubewise_api_refusals_total', { reason: error.reason });
      throw error;
    }
    next();
  };
}

/** Prometheus says that its body is snappy; Express would refuse an encoding that it does not know. The receiver does. */
const stillCompressed: RequestHandler = (request, _response, next) => {
  if (request.headers['content-encoding'] === 'snappy') delete request.headers['content-encoding'];
  next();
};

const bodyOf = ({ takes, maxBody }: Route): RequestHandler[] =>
  takes === 'bytes'
    ? [stillCompressed, express.raw({ type: () => true, limit: maxBody })]
    : [requireJson, express.json({ limit: maxBody })];

export interface MountParts {
  readonly gatekeeper: ReturnType<typeof createGatekeeper>;
  readonly recorder: Recorder;
}

/** Puts the routes on the app, literal paths before those with an id in them. */
export function mount(app: Express, routes: readonly Route[], parts: MountParts): void {
  const literalFirst = [...routes].sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
  for (const route of literalFirst) {
    const steps: RequestHandler[] = [timed(route, parts.recorder), identified(route, parts.gatekeeper, parts.recorder)];
    if (route.method !== 'get') steps.push(...bodyOf(route));
    app[route.method](expressPath(route.path), ...steps, handler(route));
  }
  refuseOtherMethods(app, literalFirst);
}

/** A known path with another method: 405 with what is allowed, instead of a 404 that sends people looking. */
function refuseOtherMethods(app: Express, routes: readonly Route[]): void {
  const byPath = Map.groupBy(routes, (route) => route.path);
  for (const [path, known] of byPath) {
    const allowed = known.map((route) => route.method.toUpperCase());
    if (allowed.includes('GET')) allowed.push('HEAD');
    app.all(expressPath(path), (_request, response, next) => {
      response.setHeader('Allow', allowed.join(', '));
      next(new HttpProblem(405, 'MethodNotAllowed', `this path takes ${allowed.join(', ')}`));
    });
  }
}
