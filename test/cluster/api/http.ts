import { setImmediate as turn } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { actionIdOf, type AuditLog } from './audit.ts';
import { discover } from './discovery.ts';
import { dispatch } from './dispatch.ts';
import { impersonated } from './impersonate.ts';
import { isObject } from './json.ts';
import { openapi } from './openapi.ts';
import { parseBody, readBody, route, verbOf, type Route } from './request.ts';
import type { FaultTarget } from './faults.ts';
import { ApiError, forbidden, internal, noSuchPath, unauthorized } from './status.ts';
import { handleFaultRequest } from './faultdoor.ts';
import { watchRender } from './present.ts';
import type { Attributes, User } from './authorization.ts';
import type { StatsBook } from './stats.ts';
import type { UserBook } from './users.ts';
import type { WatchHub } from './watch.ts';
import type { Answer, Call, Context, RequestVerb } from './context.ts';

export interface FrontDoor {
  handle(request: IncomingMessage, response: ServerResponse): void;
  readonly inflight: () => number;
}

export interface DoorParts {
  readonly context: Context;
  readonly hub: WatchHub;
  readonly stats: StatsBook;
  readonly audit: AuditLog;
  readonly users: UserBook;
  readonly url: () => string;
}

/** What faults are matched by. */
const faultTarget = (path: Route, verb: string, user: User): FaultTarget => ({
  verb,
  resource: path.resource,
  subresource: path.subresource,
  namespace: path.namespace,
  name: path.name,
  user: user.name,
});

/** One request on its way through authentication, faults, authorization and dispatch. */
interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly started: number;
  /** Lets cluster time run on for this long while the request waits; Infinity = until the client has gone. */
  readonly pause: (seconds: number) => Promise<void>;
  user: User | undefined;
  route: Route | undefined;
  verb: RequestVerb | 'path';
  body: unknown;
}

const mediaType = (header: string | undefined): string => (header ?? '').split(';')[0]?.trim() ?? '';

function sendAnswer(response: ServerResponse, answer: Answer): void {
  const text = answer.text ?? JSON.stringify(answer.body);
  const type = answer.text === undefined ? 'application/json' : 'text/plain';
  response.writeHead(answer.code, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
  });
  response.end(text);
}

function answerTo(error: unknown): Answer {
  if (error instanceof ApiError) return { code: error.code, body: error.status, headers: error.headers };
  const refusal = internal(String((error as Error).stack ?? error));
  return { code: 500, body: refusal.status };
}

export function createFrontDoor(parts: DoorParts): FrontDoor {
  const { context, hub } = parts;
  let inflight = 0;

  function authenticate(request: IncomingMessage): User {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const user = token === undefined ? undefined : parts.users.byToken.get(token);
    if (!user) throw unauthorized();
    return impersonated(request.headers, user, (one, want) => context.authorizer.allows(one, want));
  }

  function authorize(user: User, want: Attributes, path: Route | undefined): void {
    if (context.authorizer.allows(user, want)) return;
    if (!path)
      throw new ApiError(
        403,
        'Forbidden',
        `forbidden: User "${user.name}" cannot ${want.verb} path "${want.path}"`,
        {},
      );
    const { resource, namespace, name, subresource } = path;
    const what = subresource ? `${resource.plural}/${subresource}` : resource.plural;
    const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
    throw forbidden(
      resource,
      name ?? '',
      `User "${user.name}" cannot ${want.verb} resource "${what}" in API group "${resource.group}" ${where}`,
    );
  }

  function callOf(visit: Visit, path: Route, user: User): Call {
    const { headers } = visit.request;
    return {
      resource: path.resource,
      namespace: path.namespace,
      name: path.name,
      subresource: path.subresource,
      query: visit.query,
      user,
      userAgent: headers['user-agent'] ?? '',
      contentType: mediaType(headers['content-type']),
      accept: headers.accept ?? '',
      body: visit.body,
    };
  }

  function attributes(path: Route, verb: RequestVerb): Attributes {
    const namespace = path.namespace ?? (path.resource.plural === 'namespaces' ? path.name : undefined);
    return {
      verb,
      group: path.resource.group,
      resource: path.resource.plural,
      ...(path.subresource && { subresource: path.subresource }),
      ...(namespace && { namespace }),
      ...(path.name && { name: path.name }),
    };
  }

  const plainPaths = new Map([
    ['/readyz', 'ok'],
    ['/livez', 'ok'],
    ['/healthz', 'ok'],
  ]);

  function plainPath(visit: Visit, user: User): Answer {
    const ok = plainPaths.get(visit.path);
    authorize(
      user,
      { verb: (visit.request.method ?? 'GET').toLowerCase(), group: '', resource: '', path: visit.path },
      undefined,
    );
    if (ok) return { code: 200, body: undefined, text: ok };
    const found = discover(context.registry, visit.path, parts.url()) ?? openapi(context.registry, visit.path);
    if (found === undefined) throw noSuchPath();
    return { code: 200, body: found };
  }

  async function answer(visit: Visit): Promise<Answer | 'watching' | 'reset'> {
    const { request, response } = visit;
    if (visit.path.startsWith('/sim/'))
      return handleFaultRequest(
        context.faults,
        visit.path,
        (await readBody(request)).toString('utf8'),
        authenticate(request),
      );
    const sent = await readBody(request);
    const user = (visit.user = authenticate(request));
    const path = (visit.route = route(context.registry, visit.path));
    if (!path) return plainPath(visit, user);
    const verb = (visit.verb = verbOf(request.method ?? 'GET', path, visit.query));
    authorize(user, attributes(path, verb), path);
    visit.body = parseBody(sent, mediaType(request.headers['content-type']));
    if ((await context.faults.meet(faultTarget(path, verb, user), visit.pause)) === 'reset') return 'reset';
    const call = callOf(visit, path, user);
    if (verb !== 'watch') return dispatch(context, call, verb);
    hub.serve(call, response, watchRender(context, call));
    return 'watching';
  }

  function record(visit: Visit, code: number): void {
    const { route: path, query, request, user, body } = visit;
    const seconds = context.clock.now() - visit.started;
    const dryRun =
      query.get('dryRun') === 'All' ||
      (isObject(body) && JSON.stringify(body['dryRun'] ?? body['deleteOptions']?.dryRun ?? '').includes('All'));
    const actionId = actionIdOf(body);
    const manager = query.get('fieldManager');
    parts.stats.record(
      {
        verb: visit.verb.toUpperCase(),
        group: path?.resource.group ?? '',
        version: path?.resource.version ?? '',
        resource: path?.resource.plural ?? '',
        subresource: path?.subresource ?? '',
        scope: path?.name ? 'resource' : path?.namespace ? 'namespace' : 'cluster',
        code,
      },
      seconds,
    );
    parts.audit.add({
      time: context.clock.now(),
      user: user?.name ?? '',
      verb:
        visit.verb === 'path' ? (request.method === 'GET' ? 'get' : (request.method ?? '').toLowerCase()) : visit.verb,
      path: visit.path,
      query: query.toString(),
      status: code,
      dryRun,
      ...(manager && { fieldManager: manager }),
      ...(actionId && { actionId }),
      ...(path && { resource: path.resource.plural }),
      ...(path?.namespace && { namespace: path.namespace }),
      ...(path?.name && { name: path.name }),
      ...(path?.subresource && { subresource: path.subresource }),
      ...(request.headers['user-agent'] && { userAgent: request.headers['user-agent'] }),
    });
  }

  async function serve(request: IncomingMessage, response: ServerResponse, pause: Visit['pause']): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const visit: Visit = {
      request,
      response,
      path: url.pathname,
      query: url.searchParams,
      started: context.clock.now(),
      pause,
      user: undefined,
      route: undefined,
      verb: 'path',
      body: undefined,
    };
    let result: Answer | 'watching' | 'reset';
    try {
      result = await answer(visit);
    } catch (error) {
      result = answerTo(error);
    }
    record(visit, typeof result === 'string' ? (result === 'watching' ? 200 : 0) : result.code);
    if (visit.route && visit.user)
      await context.faults.holdBack(faultTarget(visit.route, visit.verb, visit.user), visit.pause);
    if (result === 'reset') request.socket.destroy();
    else if (result !== 'watching' && !response.destroyed) sendAnswer(response, result);
  }

  /** Time stands still while the server works, until the answer is out and its reader had two turns. */
  function handle(request: IncomingMessage, response: ServerResponse): void {
    let release = context.clock.hold();
    let over = false;
    const pause = async (seconds: number): Promise<void> => {
      // Who knows what that means lets go of time at once; for the others the clock finds out.
      response.writeProcessing();
      release();
      if (seconds === Infinity) await new Promise<void>((gone) => response.once('close', gone));
      else await context.clock.delay(seconds);
      // Whoever left in the meantime has let go of time for good.
      if (!over) release = context.clock.hold();
    };
    inflight += 1;
    const done = (): void => {
      over = true;
      inflight -= 1;
      response.off('finish', done);
      response.off('close', done);
      void turn()
        .then(() => turn())
        .then(() => release());
    };
    const watching = (request.url ?? '').includes('watch');
    if (!watching) response.on('finish', done).on('close', done);
    void serve(request, response, pause).then(() => {
      if (watching) done();
    });
  }

  return { handle, inflight: () => inflight };
}
