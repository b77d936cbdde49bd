import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createClient, type Client } from '../http/client.ts';
import { UsageError } from './exit.ts';

/** The terminal, so that tests can stand in for it. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** A person reads along: progress may be drawn. */
  readonly terminal: boolean;
  readonly signal: AbortSignal;
  readonly fetch?: typeof fetch;
}

export interface GlobalOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** What a command works with. */
export interface Context {
  readonly io: Io;
  readonly json: boolean;
  /** Made on first use: commands that need no server run without one. */
  api(): Client;
  /** The data as JSON where `--json` asks for it, else the text. */
  show(data: unknown, text: () => string): void;
}

/** Where the server wrote its address and a token, readable by its owner only. */
function connectionFile(io: Io): { url?: unknown; token?: unknown } {
  const folder = io.env['DATA_DIR'] ?? '.kubewise';
  try {
    return JSON.parse(readFileSync(resolve(io.cwd, folder, 'connection.json'), 'utf8')) as {
      url?: unknown;
      token?: unknown;
    };
  } catch {
    return {};
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Flags over environment over the file that the server wrote. A token from the file never goes to another address. */
function connectionOf(options: GlobalOptions, io: Io): { url: string; token: string } {
  const file = connectionFile(io);
  const named = options.url ?? text(io.env['KUBEWISE_URL']);
  const url = named ?? text(file.url) ?? 'http://127.0.0.1:8000';
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new UsageError(`"${url}" is not an http:// or https:// URL; see --url and KUBEWISE_URL`);
  const fromFile = named === undefined || named === file.url ? text(file.token) : undefined;
  const token = options.token ?? text(io.env['KUBEWISE_TOKEN']) ?? fromFile;
  if (token === undefined)
    throw new UsageError(
      `no token for ${url}: start KubeWise ("kubewise serve") and run this in the same folder, where it leaves .kubewise/connection.json, or give --token or KUBEWISE_TOKEN`,
    );
  return { url, token };
}

export function createContext(options: GlobalOptions, io: Io): Context {
  let client: Client | undefined;
  return {
    io,
    json: options.json ?? false,
    api: () => (client ??= createClient({ ...connectionOf(options, io), ...(io.fetch && { fetch: io.fetch }) })),
    show: (data, text) => io.out(options.json ? JSON.stringify(data, null, 2) : text()),
  };
}
