import type { Authorizer, User } from './authorization.ts';
import type { Registry, Resource } from './resources.ts';
import type { Store } from './store.ts';
import type { FaultBook } from './faults.ts';
import type { KubeObject } from '../runtime.ts';
import type { SimClock } from '../clock.ts';

/** What the handlers of one server share. */
export interface Context {
  readonly store: Store;
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly clock: SimClock;
  readonly faults: FaultBook;
  /** Seeded; in [0, 1). */
  readonly random: () => number;
  readonly users: ReadonlyMap<string, User>;
  readonly usage: UsageSource;
  readonly logs: LogSource;
  /** Issues a token, as serviceaccounts/x/token does. */
  readonly issue: (user: User) => string;
  readonly caPem: string;
}

/** Cores and bytes that a container uses now; undefined while nothing is known. */
export type UsageSource = (
  pod: KubeObject,
  container: string,
) => { readonly cpu: number; readonly memory: number } | undefined;
export type LogSource = (pod: KubeObject, container: string, tailLines: number) => string;

export type RequestVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** One request, parsed and authenticated. */
export interface Call {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly userAgent: string;
  readonly contentType: string;
  readonly accept: string;
  readonly body: unknown;
}

export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Plain text instead of JSON. */
  readonly text?: string;
}

export const timestamp = (seconds: number): string =>
  `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}Z`;

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** Five characters as the API server appends to generateName. */
export const randomSuffix = (random: () => number): string =>
  Array.from({ length: 5 }, () => letters[Math.floor(random() * letters.length)]).join('');

export function randomUid(random: () => number): string {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[Math.floor(random() * 4)]}${hex(3)}-${hex(12)}`;
}

/** mulberry32: small, fast, good enough for names and uids. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
