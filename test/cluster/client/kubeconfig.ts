import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

/** What it takes to reach an API server. PEM texts, not file names. */
export interface Connection {
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

interface Entry {
  readonly name: string;
  readonly cluster?: Readonly<Record<string, string>>;
  readonly user?: Readonly<Record<string, string>>;
  readonly context?: Readonly<Record<string, string>>;
}

interface Kubeconfig {
  readonly 'current-context': string;
  readonly clusters: readonly Entry[];
  readonly users: readonly Entry[];
  readonly contexts: readonly Entry[];
}

/** Reads a kubeconfig file; relative file names in it are relative to it. */
export const readKubeconfig = (path: string): Connection =>
  parseKubeconfig(readFileSync(path, 'utf8'), dirname(resolve(path)));

/** The current context of a kubeconfig (YAML or JSON). Throws when the context, its cluster or its user is missing. */
export function parseKubeconfig(text: string, directory = '.'): Connection {
  const config = parse(text) as Kubeconfig;
  const context = named(config.contexts, config['current-context'])?.context ?? {};
  const cluster = named(config.clusters, context['cluster'])?.cluster;
  const user = named(config.users, context['user'])?.user;
  if (!cluster?.['server'] || !user)
    throw new Error(`kubeconfig: context ${config['current-context']} is not complete`);
  const pem = (entry: Readonly<Record<string, string>>, field: string): string | undefined => {
    const inline = entry[`${field}-data`];
    if (inline) return Buffer.from(inline, 'base64').toString('utf8');
    const file = entry[field];
    return file ? readFileSync(resolve(directory, file), 'utf8') : undefined;
  };
  return defined({
    server: cluster['server'],
    ca: pem(cluster, 'certificate-authority'),
    token: user['token'],
    cert: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
  });
}

const named = (entries: readonly Entry[], name: string | undefined): Entry | undefined =>
  entries.find((entry) => entry.name === name);

/** Optional properties are absent, not undefined. */
function defined(values: { readonly server: string } & Readonly<Record<string, string | undefined>>): Connection {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as unknown as Connection;
}
