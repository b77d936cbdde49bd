import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, forbidden } from './status.ts';
import type { Resource } from './resources.ts';

/** Which requests a fault meets; left out = all. */
export interface FaultMatch {
  readonly verb?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly user?: string;
}

export type FaultKind =
  /** Answers this status: 429 (with Retry-After), 500, 503, 409, 410, 504 … */
  | { readonly kind: 'status'; readonly code: number; readonly retryAfter?: number; readonly message?: string }
  /** The answer comes this much later, in cluster seconds, or as much later as it is asked for: etcd slow, slow LIST. */
  | { readonly kind: 'delay'; readonly seconds: number | (() => number) }
  /** A write is carried out at once, and its answer comes this much later, in cluster seconds; without seconds: never. */
  | { readonly kind: 'late'; readonly seconds?: number }
  /** The connection breaks instead of an answer. */
  | { readonly kind: 'reset' }
  /** A write is refused as a webhook would: 403 `admission webhook "x" denied the request`. */
  | { readonly kind: 'webhook'; readonly webhook: string; readonly message?: string }
  /** A write is refused as quota admission would. */
  | { readonly kind: 'quota'; readonly quota: string };

export type Fault = FaultKind & {
  readonly match?: FaultMatch;
  /** How many requests it meets before it is gone; left out = until cleared. */
  readonly times?: number;
};

export interface ApiFaults {
  /** Sets a fault under an id (the same id replaces). */
  set(id: string, fault: Fault): void;
  clear(id?: string): void;
  active(): Readonly<Record<string, Fault>>;
  /** Every open watch loses its connection now, without a closing chunk. */
  dropWatches(): void;
  /** History is compacted: open watches get 410 in the stream, older versions are Expired. */
  expire(): void;
}

/** A request as faults see it. */
export interface FaultTarget {
  readonly verb: string;
  readonly resource: Resource | undefined;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly user: string;
}

export interface FaultBook extends ApiFaults {
  /** Waits, or throws the ApiError that the fault asks for. 'reset' = break the connection. */
  meet(target: FaultTarget, sleep: (seconds: number) => Promise<void>): Promise<'pass' | 'reset'>;
  /** Waits between what was done and its answer; Infinity = until the client has gone. */
  holdBack(target: FaultTarget, sleep: (seconds: number) => Promise<void>): Promise<void>;
}

function matches(match: FaultMatch | undefined, target: FaultTarget): boolean {
  if (!match) return true;
  const plural = target.resource?.plural;
  return (
    (!match.verb || match.verb === target.verb) &&
    (!match.resource || match.resource === plural) &&
    (!match.subresource || match.subresource === target.subresource) &&
    (!match.namespace || match.namespace === target.namespace) &&
    (!match.name || match.name === target.name) &&
    (!match.user || match.user === target.user)
  );
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

function refusal(fault: FaultKind, target: FaultTarget): ApiError | undefined {
  const named = target.resource ?? { group: '', plural: 'unknown', kind: 'Unknown' };
  if (fault.kind === 'status') {
    const headers = fault.retryAfter === undefined ? {} : { 'Retry-After': String(fault.retryAfter) };
    const details = fault.retryAfter === undefined ? {} : { retryAfterSeconds: fault.retryAfter };
    return new ApiError(fault.code, reasons[fault.code] ?? '', fault.message ?? `injected ${fault.code}`, details, {
      headers,
    });
  }
  if (!writes.has(target.verb)) return undefined;
  if (fault.kind === 'webhook')
    return new ApiError(
      403,
      'Forbidden',
      `admission webhook "${fault.webhook}" denied the request: ${fault.message ?? 'denied'}`,
    );
  if (fault.kind === 'quota') return forbidden(named, target.name ?? '', `exceeded quota: ${fault.quota}`);
  return undefined;
}

async function sleepFor({ seconds }: Extract<Fault, { kind: 'delay' }>, sleep: (seconds: number) => Promise<void>) {
  const now = typeof seconds === 'number' ? seconds : seconds();
  if (now > 0) await sleep(now);
}

export function createFaultBook(hooks: { readonly dropWatches: () => void; readonly expire: () => void }): FaultBook {
  const faults = new Map<string, Fault>();
  const left = new Map<string, number>();

  function take(id: string, fault: Fault): void {
    if (fault.times === undefined) return;
    const remaining = (left.get(id) ?? fault.times) - 1;
    left.set(id, remaining);
    if (remaining <= 0) faults.delete(id);
  }

  return {
    set(id, fault) {
      faults.set(id, fault);
      left.delete(id);
    },
    clear(id) {
      if (id === undefined) faults.clear();
      else faults.delete(id);
    },
    active: () => Object.fromEntries(faults),
    dropWatches: hooks.dropWatches,
    expire: hooks.expire,
    async meet(target, sleep) {
      for (const [id, fault] of [...faults]) {
        if (!matches(fault.match, target)) continue;
        const error = refusal(fault, target);
        if (error ?? (fault.kind === 'delay' || fault.kind === 'reset')) take(id, fault);
        if (error) throw error;
        if (fault.kind === 'delay') await sleepFor(fault, sleep);
        if (fault.kind === 'reset') return 'reset';
      }
      return 'pass';
    },
    async holdBack(target, sleep) {
      for (const [id, fault] of [...faults]) {
        if (fault.kind !== 'late' || !writes.has(target.verb) || !matches(fault.match, target)) continue;
        take(id, fault);
        await sleep(fault.seconds ?? Infinity);
      }
    },
  };
}

/** One turn of the event loop: for callers that wait without cluster time. */
export const turn = (): Promise<void> => delay(0);
