import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Log, Operations, Recorder, Store } from '../pipeline/ports.ts';
import { docRoutes } from './docs.ts';
import { createGrafanaVerifier, type GrafanaIssuer, type KeyRingOptions } from './grafana-id.ts';
import { createIdempotency } from './idempotency.ts';
import { createGatekeeper, type BearerToken } from './identity.ts';
import { createJobBook } from './jobs.ts';
import { mount } from './mount.ts';
import { openApiOf } from './openapi.ts';
import { refuseOddPaths } from './paths.ts';
import { HttpProblem, problemHandler, sendProblem } from './problems.ts';
import type { Backend, Route } from './route.ts';
import { alertRoutes } from './routes/alerts.ts';
import { anomalyRoutes } from './routes/anomalies.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { jobRoutes } from './routes/jobs.ts';
import { legacyRoutes } from './routes/legacy.ts';
import { planRoutes } from './routes/plans.ts';
import { seriesRoutes } from './routes/series.ts';
import { settingRoutes } from './routes/settings.ts';
import { writeRoutes } from './routes/write.ts';
import { systemRoutes, type MetricsText } from './routes/system.ts';
import { createIncidentStream } from './stream.ts';

export interface HttpOptions {
  readonly operations: Operations;
  readonly store: Store;
  readonly tokens: readonly BearerToken[];
  readonly grafanaIssuers: readonly GrafanaIssuer[];
  /** What only the approval route of Grafana's data source sends; absent = no approval through Grafana. */
  readonly approveSecret?: string;
  readonly recorder: Recorder & MetricsText;
  readonly log: Log;
  readonly clock: Pick<Clock, 'now'>;
  /** Requests per minute and address. Alerts are exempt: they come in storms when it matters. */
  readonly requestsPerMinute?: number;
  /** `/metrics` asks for no token; default true. */
  readonly openMetrics?: boolean;
  /** For tests: the clock and the fetch that keys are read with. */
  readonly keys?: KeyRingOptions;
}

export interface HttpServer {
  readonly app: Express;
  readonly routes: readonly Route[];
  /** Port 0 = any free one. Rejects when the address is taken. */
  listen(port: number, host: string): Promise<{ readonly host: string; readonly port: number }>;
  /** Takes no new requests, ends streams and jobs, lets requests finish for `seconds`, then cuts them. */
  close(seconds: number): Promise<void>;
}

function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  next();
}

/** One line per request that failed, or that took long; the others are in the metrics. */
function accessLog(log: Log, recorder: Recorder) {
  let inFlight = 0;
  const answering = (change: 1 | -1): void => recorder.gauge('kubewise_api_requests_in_flight', (inFlight += change));
  return (request: Request, response: Response, next: NextFunction): void => {
    const since = performance.now();
    answering(1);
    response.on('close', () => answering(-1));
    response.on('finish', () => {
      const milliseconds = Math.round(performance.now() - since);
      const { method, path } = request;
      const fields = {
        module: 'http',
        'http.request.method': method,
        'url.path': path,
        'http.response.status_code': response.statusCode,
        'request.id': response.getHeader('X-Request-Id'),
        milliseconds,
      };
      // 503 is a neighbour that does not answer: said once by whoever guards it, not by each request.
      if (response.statusCode >= 500 && response.statusCode !== 503)
        log.warn(fields, `${method} ${path} answered ${response.statusCode}`);
      else log.debug(fields, `${method} ${path} answered ${response.statusCode}`);
    });
    next();
  };
}

/** What machines send in storms when it matters, and what orchestrators ask. */
const unlimited: ReadonlySet<string> = new Set([
  ...['/alerts', '/api/v1/alerts', '/api/v1/write'],
  ...['/livez', '/healthz', '/health', '/ready', '/readyz'],
]);

const limiter = (perMinute: number) =>
  rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skip: ({ path }) => unlimited.has(path),
    handler: (request, response) => {
      const message = `more than ${perMinute} requests a minute from one address; wait as Retry-After says`;
      sendProblem(request, response, new HttpProblem(429, 'TooManyRequests', message));
    },
  });

/** The API's own pages set their own policy; everything else may load nothing. */
const headers = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  strictTransportSecurity: false,
});

/** The web surface: what `Operations` and `Store` can do, behind rights, schemas and one description. Does not listen yet. */
export function createHttpServer(options: HttpOptions): HttpServer {
  const { operations, store, recorder, log, clock } = options;
  const jobs = createJobBook({ clock, log, recorder });
  const backend: Backend = { operations, store, clock, log, recorder, jobs };
  const stream = createIncidentStream(operations, recorder);
  const routes: Route[] = [
    ...systemRoutes(backend, recorder),
    ...incidentRoutes(backend, stream),
    ...planRoutes(backend, createIdempotency()),
    ...anomalyRoutes(backend),
    ...seriesRoutes(backend),
    ...settingRoutes(backend),
    ...alertRoutes(backend),
    ...writeRoutes(backend),
    ...jobRoutes(backend),
    ...legacyRoutes(backend),
  ];
  let described: object | undefined;
  routes.push(...docRoutes(() => (described ??= openApiOf(routes, operations.version))));

  const gatekeeper = createGatekeeper({
    tokens: options.tokens,
    verify: createGrafanaVerifier(options.grafanaIssuers, options.keys),
    approveSecret: options.approveSecret,
    openMetrics: options.openMetrics ?? true,
  });
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(requestId, headers, accessLog(log, recorder), refuseOddPaths, limiter(options.requestsPerMinute ?? 6000));
  mount(app, routes, { gatekeeper, recorder });
  app.use((request, _response, next) =>
    next(new HttpProblem(404, 'NoSuchPath', `there is no ${request.method} ${request.path}; see /docs`)),
  );
  app.use(problemHandler(log));

  const server = createServer(app);
  server.requestTimeout = 60_000;
  server.headersTimeout = 20_000;
  return {
    app,
    routes,
    listen: (port, host) => listening(server, port, host),
    async close(seconds) {
      stream.close();
      jobs.close();
      await closed(server, seconds);
    },
  };
}

/** What is wrong with the address, and what to do. */
function addressError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const at = `${host}:${port}`;
  if (error.code === 'EADDRINUSE')
    return new Error(`${at} is taken by another program: end it, or set PORT to a free port`, { cause: error });
  if (error.code === 'EACCES')
    return new Error(`this user may not listen at ${at}: set PORT to one above 1023`, { cause: error });
  return new Error(`cannot listen at ${at}: ${error.message}; HOST must be an address of this machine`, {
    cause: error,
  });
}

function listening(server: Server, port: number, host: string): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(addressError(error, port, host)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      const address = server.address() as AddressInfo;
      const shown = host.includes(':') ? `[${host}]` : host;
      resolve({ host: shown, port: address.port });
    });
  });
}

function closed(server: Server, seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), seconds * 1000);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
