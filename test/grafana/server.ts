import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { hostBundle, repository } from './bundle.ts';
import { identitySigner, type IdentitySigner, type User } from './identity.ts';
import { page, waitingPage } from './page.ts';
import { pluginDist } from './plugin-build.ts';
import { readDatasources, readPlugin, type Datasource, type PluginFolder } from './plugin-folder.ts';
import { createProxy, say, type Proxied } from './proxy.ts';
import { actionsOf } from './routes.ts';

export interface GrafanaOptions {
  /** Address of KubeWise's API, `http://127.0.0.1:8000`. */
  readonly backendUrl: string;
  /** What the data source's provisioning file names: one secret per right. */
  readonly tokens: {
    readonly viewer: string;
    readonly operator: string;
    readonly admin: string;
    readonly approveSecret: string;
  };
  /** 0 = any free port. Always on loopback. */
  readonly port?: number;
  readonly signer?: IdentitySigner;
  readonly users?: readonly User[];
  /** More data sources beside the provisioned one, by uid → backend address: a second cluster, a dead backend. */
  readonly moreBackends?: Readonly<Record<string, string>>;
  /** Text over every page. */
  readonly label?: string;
  /** Makes the plugin's build. With it the server answers at once, and its pages say that they are being built. */
  readonly prepare?: () => Promise<void>;
}

export interface Grafana {
  readonly url: string;
  /** What GRAFANA_ISSUERS of the backend must trust: iss, and where the public keys are. */
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly signer: IdentitySigner;
  readonly users: readonly User[];
  /** A link that signs this user in. It carries a key: whoever has the link is the user. */
  loginUrl(login: string, to?: string): string;
  /** The session cookie of this user, `name=value`. */
  cookie(login: string): string;
  /** Resolves when there are pages; rejects when there will be none. */
  readonly ready: Promise<void>;
  readonly proxied: readonly Proxied[];
  /** Every proxied request waits this long from now on (ms). */
  slow(ms: number): void;
  /** Key server off: JWKS answers 503. */
  keysDown(down: boolean): void;
  close(): Promise<void>;
}

const people: readonly User[] = [
  { id: 1, login: 'admin', name: 'Ada Admin', role: 'Admin' },
  { id: 2, login: 'editor', name: 'Edda Editor', role: 'Editor' },
  { id: 3, login: 'viewer', name: 'Vera Viewer', role: 'Viewer' },
  { id: 4, login: 'approver', name: 'Anton Approver', role: 'Admin' },
];
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.map': 'application/json',
  '.md': 'text/markdown',
};
const cookieName = 'stand_in_session';
const firstPage = '/a/kubewise-app/incidents';
/** Grafana's own addresses that lead to something of the plugin. */
const pages = /^\/(a|d|explore|plugins|connections)(\/|$)/;
/** Twenty megabytes that do not change while the server runs: parsed once, not with every page. */
const cached = { 'cache-control': 'private, max-age=3600' };
const noKey = 'open the link that was printed at start: it signs you in';
/** The preview may run for days. */
const mostRecorded = 10_000;

/**
 * A stand-in for Grafana: the real @grafana packages around our built plugin, and a proxy that obeys our own plugin.json,
 * provisioning file and signed identities. It tests our reading of Grafana, not Grafana.
 */
export async function startGrafana(options: GrafanaOptions): Promise<Grafana> {
  const signer = options.signer ?? (await identitySigner());
  const users = options.users ?? people;
  const sessions = new Map(users.map((user) => [randomBytes(24).toString('base64url'), user]));
  const proxied: Proxied[] = [];
  const state: State = { delay: 0, keysDown: false, issuer: '' };
  const datasources = provisioned(options);
  const ready = loadParts(options).then(
    (parts) => void (state.parts = parts),
    (error: unknown) => {
      state.broken = error instanceof Error ? error.message : String(error);
      throw error;
    },
  );
  if (options.prepare) ready.catch(() => undefined);
  else await ready;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    if (!isLocal(request)) return say(response, 403, 'this preview answers on loopback only');
    const [path = '/', query = ''] = split(request.url ?? '/');
    if (path === '/api/signing-keys/keys') return keys(response);
    const user = sessions.get(sessionOf(request));
    if (path === '/ui') return enter(response, user, new URLSearchParams(query));
    if (!user) return say(response, 401, noKey);
    const { parts } = state;
    if (!parts) return send(response, 503, 'text/html', waitingPage(state.broken));
    if (path.startsWith('/api/datasources/proxy/uid/')) return proxyFor(request, response, parts, user, path, query);
    if (path === '/host.js') return send(response, 200, 'text/javascript', parts.script, cached);
    if (path === '/host.css') return send(response, 200, 'text/css', parts.style, cached);
    const file = fileOf(path, parts.plugin.dist);
    if (file) return sendFile(response, file);
    if (path === '/preview/user') return switchUser(request, response, query);
    if (path === '/') return redirect(response, firstPage);
    if (pages.test(path)) return send(response, 200, 'text/html', pageFor(parts.plugin, user, query));
    return say(response, 404, 'Not found');
  }

  const proxy = createProxy({
    signer,
    get issuer() {
      return state.issuer;
    },
    record(one) {
      proxied.push(one);
      if (proxied.length > mostRecorded) proxied.shift();
    },
    delay: () => state.delay,
  });

  function proxyFor(
    request: IncomingMessage,
    response: ServerResponse,
    { plugin }: Parts,
    user: User,
    path: string,
    query: string,
  ) {
    const [uid = '', ...rest] = path.slice('/api/datasources/proxy/uid/'.length).split('/');
    const datasource = datasources.find((one) => one.uid === uid);
    if (!datasource) return say(response, 404, 'data source not found');
    return proxy(request, response, { plugin, datasource, user, path: rest.join('/'), query });
  }

  function keys(response: ServerResponse) {
    if (state.keysDown) return say(response, 503, 'no keys');
    return send(response, 200, 'application/json', JSON.stringify(signer.jwks()), { 'cache-control': 'max-age=3600' });
  }

  /** The front door: the key of the printed link signs in; whoever is signed in already needs none. */
  function enter(response: ServerResponse, user: User | undefined, query: URLSearchParams) {
    const key = query.get('key') ?? undefined;
    if (key === undefined ? !user : !sessions.has(key)) return say(response, 401, noKey);
    const to = query.get('to') ?? firstPage;
    return redirect(response, to.startsWith('/') && !to.startsWith('//') ? to : firstPage, key);
  }

  /** Only who is signed in may try another role, and only from this page: the cookie is SameSite=Strict. */
  function switchUser(request: IncomingMessage, response: ServerResponse, query: string) {
    const wanted = new URLSearchParams(query).get('login');
    const key = [...sessions].find(([, user]) => user.login === wanted)?.[0];
    return redirect(response, request.headers.referer ? new URL(request.headers.referer).pathname : '/', key);
  }

  function pageFor(plugin: PluginFolder, user: User, query: string): string {
    const theme = new URLSearchParams(query).get('theme') === 'light' ? 'light' : 'dark';
    const permissions = Object.fromEntries(actionsOf(user.role, plugin.roles).map((action) => [action, true]));
    const label = options.label ?? 'Preview: KubeWise in a stand-in for Grafana';
    return page({ user, theme, label, permissions, datasources: datasources.map(({ uid, name }) => ({ uid, name })) });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) say(response, 500, error instanceof Error ? error.message : 'broken');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.issuer = url;

  const keyOf = (login: string): string => {
    const found = [...sessions].find(([, user]) => user.login === login)?.[0];
    if (!found) throw new Error(`the stand-in has no user "${login}"`);
    return found;
  };
  return {
    url,
    issuer: url,
    jwksUrl: `${url}/api/signing-keys/keys`,
    signer,
    users,
    ready,
    loginUrl: (login, to) =>
      `${url}/ui?${new URLSearchParams({ key: keyOf(login), ...(to !== undefined && { to }) }).toString()}`,
    cookie: (login) => `${cookieName}=${keyOf(login)}`,
    proxied,
    slow: (ms) => (state.delay = ms),
    keysDown: (down) => (state.keysDown = down),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What there is only after the builds: routes and roles of the plugin, and the page's own script. */
interface Parts {
  readonly plugin: PluginFolder;
  readonly script: Buffer;
  readonly style: Buffer;
}
interface State {
  parts?: Parts;
  broken?: string;
  delay: number;
  keysDown: boolean;
  issuer: string;
}
async function loadParts({ prepare }: GrafanaOptions): Promise<Parts> {
  await prepare?.();
  const { script, style } = await hostBundle();
  return { plugin: readPlugin(pluginDist), script: await readFile(script), style: await readFile(style) };
}

/** The data source exactly as provisioned for users, with this run's address and secrets. */
function provisioned({ backendUrl, tokens, moreBackends = {} }: GrafanaOptions): readonly Datasource[] {
  const variables = {
    KUBEWISE_URL: backendUrl,
    KUBEWISE_TOKEN: tokens.viewer,
    KUBEWISE_OPERATOR_TOKEN: tokens.operator,
    KUBEWISE_ADMIN_TOKEN: tokens.admin,
    KUBEWISE_APPROVE_SECRET: tokens.approveSecret,
  };
  const first = readDatasources(join(repository, 'provisioning', 'datasources', 'kubewise.yaml'), variables);
  const more = Object.entries(moreBackends).flatMap(([uid, url]) =>
    first
      .slice(0, 1)
      .map((one) => ({ ...one, uid, name: `KubeWise ${uid}`, jsonData: { ...one.jsonData, backendUrl: url } })),
  );
  return [...first, ...more];
}

/** Against DNS rebinding: the browser must believe that it talks to loopback. */
const isLocal = (request: IncomingMessage): boolean =>
  /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '');

const split = (target: string): readonly [string, string] => {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at)];
};
const sessionOf = (request: IncomingMessage): string =>
  (request.headers.cookie ?? '')
    .split(';')
    .map((one) => one.trim().split('='))
    .find(([name]) => name === cookieName)?.[1] ?? '';

/** Static files below three folders and nowhere else. */
function fileOf(path: string, dist: string): string | undefined {
  const amd = join(repository, 'node_modules', 'systemjs', 'dist', 'extras', 'amd.js');
  if (path === '/amd.js') return amd;
  const folders: readonly (readonly [string, string])[] = [
    ['/public/plugins/kubewise-app/', dist],
    ['/public/build/', join(repository, 'node_modules', '@grafana', 'ui', 'dist', 'public')],
    ['/public/', join(repository, 'node_modules', '@grafana', 'ui', 'dist', 'public')],
  ];
  for (const [prefix, folder] of folders) {
    if (!path.startsWith(prefix)) continue;
    const file = normalize(join(folder, decodeURIComponent(path.slice(prefix.length))));
    return file.startsWith(folder + sep) ? file : undefined;
  }
  return undefined;
}

async function sendFile(response: ServerResponse, file: string): Promise<unknown> {
  try {
    return send(response, 200, types[extname(file)] ?? 'application/octet-stream', await readFile(file));
  } catch {
    return say(response, 404, 'Not found');
  }
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(body);
}

function redirect(response: ServerResponse, to: string, key?: string): void {
  const cookie = key ? { 'set-cookie': `${cookieName}=${key}; HttpOnly; SameSite=Strict; Path=/` } : {};
  response.writeHead(302, { location: to, ...cookie });
  response.end();
}
