import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { IdentitySigner, User } from './identity.ts';
import type { Datasource, PluginFolder } from './plugin-folder.ts';
import { fill, matchRoute, mayUse, type Route } from './routes.ts';

/** What the proxy did with one request, for tests that count and name them. */
export interface Proxied {
  readonly method: string;
  readonly path: string;
  readonly user: string;
  readonly route: string | undefined;
  readonly status: number;
}
export interface ProxyOptions {
  readonly signer: IdentitySigner;
  readonly issuer: string;
  readonly record: (proxied: Proxied) => void;
  /** Waits this long before forwarding (ms): a slow network. */
  readonly delay: () => number;
}
interface Asked {
  readonly plugin: PluginFolder;
  readonly datasource: Datasource;
  readonly user: User;
  readonly path: string;
  readonly query: string;
}

const dropped = [
  'host',
  'connection',
  'cookie',
  'origin',
  'referer',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'x-grafana-user',
];
const forwardedBack = ['content-type', 'etag', 'cache-control', 'retry-after', 'content-disposition'];

/** The data source proxy by the rules of GRAFANA's ds_proxy.go, as far as we know them: our reading, not Grafana itself. */
export const createProxy =
  (options: ProxyOptions) =>
  async (request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> => {
    const method = request.method ?? 'GET';
    const route = matchRoute(asked.plugin.routes, method, asked.path);
    const status = await answer(options, request, response, asked, route);
    options.record({ method, path: asked.path, user: asked.user.login, route: route?.path, status });
  };

async function answer(
  options: ProxyOptions,
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  route: Route | undefined,
): Promise<number> {
  if (route && !mayUse(route, asked.user.role, asked.plugin.roles))
    return say(response, 403, 'plugin proxy route access denied');
  const url = targetOf(route, asked);
  if (!url) return say(response, 502, 'the data source has no url');
  const headers = await headersFor(options, request.headers, asked, route);
  await new Promise((resolve) => setTimeout(resolve, options.delay()));
  try {
    const body = await bodyOf(request);
    const method = request.method ?? 'GET';
    const answered = await fetch(url, {
      method,
      headers,
      ...(body && { body: Uint8Array.from(body) }),
      redirect: 'manual',
    });
    return await passOn(response, answered);
  } catch {
    return say(response, 502, 'Bad Gateway');
  }
}

/** No route: still proxied, to the data source's own url and without the route's secrets. That is why ours stays empty. */
function targetOf(route: Route | undefined, { datasource, path, query }: Asked): string | undefined {
  if (!route) return datasource.url ? `${datasource.url}/${path}${query}` : undefined;
  const rest = path.slice(route.path.length).replace(/^\//, '');
  return `${fill(route.url, datasource)}${rest ? `/${rest}` : ''}${query}`;
}

async function headersFor(
  { signer, issuer }: ProxyOptions,
  given: IncomingHttpHeaders,
  { datasource, user }: Asked,
  route: Route | undefined,
): Promise<Record<string, string>> {
  const kept = Object.entries(given).flatMap(([name, value]) =>
    typeof value === 'string' && !dropped.includes(name) ? [[name, value]] : [],
  );
  const injected = (route?.headers ?? []).map(({ name, content }) => [name.toLowerCase(), fill(content, datasource)]);
  // A user without a token keeps whatever X-Grafana-Id the client sent, as in older Grafana: the backend must verify.
  const identity = user.withoutToken ? [] : [['x-grafana-id', await signer.sign(user, issuer)]];
  const headers: Record<string, string> = Object.fromEntries([...kept, ...injected, ...identity]);
  headers['x-grafana-user'] = user.login;
  if (given.referer) headers['x-grafana-referer'] = given.referer;
  // On a path without a route, a client's X-DS-Authorization becomes Authorization.
  const own = given['x-ds-authorization'];
  if (!route && typeof own === 'string') headers.authorization = own;
  return headers;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return chunks.length > 0 ? Buffer.concat(chunks) : undefined;
}

/** The backend's 401 would look like Grafana's own: the browser gets 400. Set-Cookie never comes back. */
async function passOn(response: ServerResponse, answered: Response): Promise<number> {
  if (answered.status === 401) return say(response, 400, 'Authentication to data source failed');
  const headers = forwardedBack.flatMap((name): [string, string][] => {
    const value = answered.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const body = Buffer.from(await answered.arrayBuffer());
  response.writeHead(answered.status, Object.fromEntries(headers));
  response.end(body);
  return answered.status;
}

export function say(response: ServerResponse, status: number, message: string): number {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
  return status;
}
