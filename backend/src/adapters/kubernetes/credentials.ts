import { statSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, ProxyAgent, type buildConnector, type Dispatcher } from 'undici';
import { digestOf } from '../../model/index.ts';
import { AdapterError } from '../../pipeline/ports.ts';

/** The client types its TLS options a little wider than undici does; they are the same options. */
type TlsOptions = buildConnector.BuildOptions;

/** How the API server is reached now: re-read from time to time, because tokens and certificates rotate. */
export interface Access {
  readonly origin: string;
  /** Path before `/api`, e.g. of a proxy; empty as a rule. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Changes when the server, a certificate or a proxy does: connections must be made anew. */
  readonly connection: string;
  createDispatcher(connections: number | null): Dispatcher;
}

export interface Credentials {
  /** The present access. Throws AdapterError when files are unreadable or a plugin fails. */
  access(): Promise<Access>;
  /** The server said 401: forget tokens and read everything again. */
  forget(): void;
}

/** client-go re-reads token files once a minute; so do we with all of it. */
const maxAgeMs = 60_000;

/** Where the client goes when it found nothing. */
const nowhere = 'http://localhost:8080';

function load(file: string | undefined, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file) config.loadFromFile(file);
  else config.loadFromDefault();
  if (!file && config.getCurrentCluster()?.server === nowhere)
    throw new Error('there is no kubeconfig, and this is not a pod of a cluster: set KUBECONFIG');
  if (context) {
    if (!config.getContextObject(context)) throw new Error(`the kubeconfig has no context "${context}"`);
    config.setCurrentContext(context);
  }
  if (!config.getCurrentCluster()) throw new Error('the kubeconfig names no current cluster');
  return config;
}

function changedAt(file: string | undefined): number {
  if (!file) return 0;
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

const basic = (user: { username?: string; password?: string } | null): Record<string, string> =>
  user?.username
    ? { authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` }
    : {};

/** What the client makes of a kubeconfig, without its habit of one new connection per request. */
async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error('the kubeconfig names no current cluster');
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername } = options;
  const tls = { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername };
  const chosen = config.createDispatcherOptions(cluster, tls);
  if (chosen.type === 'socks') throw new Error('a SOCKS proxy in the kubeconfig is not supported; use an HTTP proxy');
  const server = new URL(cluster.server);
  const headers = { ...basic(config.getCurrentUser()), ...textHeaders(options.headers) };
  return {
    origin: server.origin,
    prefix: server.pathname.replace(/\/$/, ''),
    headers,
    connection: digestOf(JSON.parse(JSON.stringify({ server: cluster.server, proxy: cluster.proxyUrl ?? '', tls }))),
    createDispatcher: (connections) => dispatcherOf(chosen, connections),
  };
}

const textHeaders = (headers: RequestOptions['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));

/** HTTP/1.1 on purpose: a watch that stalls then stalls alone. */
function dispatcherOf(
  chosen: ReturnType<KubeConfig['createDispatcherOptions']>,
  connections: number | null,
): Dispatcher {
  const pool = { connections, allowH2: false, keepAliveTimeout: 30_000 };
  if (chosen.type === 'proxy')
    return new ProxyAgent({ uri: chosen.uri, requestTls: chosen.requestTls as TlsOptions, ...pool });
  return new Agent(chosen.type === 'agent' ? { connect: chosen.connect as TlsOptions, ...pool } : pool);
}

/**
 * Reads a kubeconfig (or the in-cluster service account) and keeps it current: token files, exec plugins and client
 * certificates are looked at again every minute, when the file changes, and after a 401.
 */
export function createCredentials(options: { kubeconfig?: string; context?: string }): Credentials {
  let config: KubeConfig | undefined;
  let seen = 0;
  let cached: { readonly access: Promise<Access>; readonly until: number } | undefined;

  function current(): KubeConfig {
    const stamp = changedAt(options.kubeconfig);
    if (!config || stamp !== seen) config = load(options.kubeconfig, options.context);
    seen = stamp;
    return config;
  }

  async function read(): Promise<Access> {
    try {
      return await accessOf(current());
    } catch (cause) {
      cached = undefined;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new AdapterError('kubernetes', `no access to a cluster: ${message}`, { retryable: true, cause });
    }
  }

  return {
    access() {
      if (!cached || performance.now() > cached.until) cached = { access: read(), until: performance.now() + maxAgeMs };
      return cached.access;
    },
    forget() {
      config = undefined;
      cached = undefined;
    },
  };
}
