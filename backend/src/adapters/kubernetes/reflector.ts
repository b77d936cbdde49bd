import { object, text, type JsonObject, type KnownKind } from '../../model/index.ts';
import { AdapterError, type Log, type Recorder } from '../../pipeline/ports.ts';
import { createBackoff, pause } from './backoff.ts';
import { pathOf, type Discovery } from './discovery.ts';
import { listAll, Refused } from './list-all.ts';
import { messageOf, statusCode } from './status.ts';
import { keptOf, type Kept } from './tidy.ts';
import type { Transport } from './transport.ts';

/** Times in seconds of the wall clock; tests shorten them. */
export interface Timing {
  readonly pageSize: number;
  readonly backoff: { readonly first: number; readonly most: number };
  /** A watch that says nothing for so long (real bookmarks come every minute) is taken for dead. */
  readonly idle: number;
  readonly watch: readonly [number, number];
  /** How often all identities are compared with the server, and how long a late event may take. */
  readonly audit: readonly [number, number];
  readonly grace: number;
  /** How long a kind that is forbidden or absent is left alone. */
  readonly refused: number;
}

export const defaultTiming: Timing = {
  pageSize: 500,
  backoff: { first: 0.8, most: 30 },
  idle: 120,
  watch: [300, 600],
  audit: [600, 1800],
  grace: 10,
  refused: 120,
};

export interface ReflectorOptions {
  readonly kind: KnownKind;
  /** One namespace, or '' for all. */
  readonly namespace: string;
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly log: Log;
  readonly recorder: Recorder;
  readonly timing: Timing;
  readonly random: () => number;
  /** false: not kept at all, as if it did not exist. */
  readonly keep?: (source: JsonObject) => boolean;
  /** Something about this key changed; called in the stream's callback, so it must only take a note. */
  readonly changed: (key: string) => void;
  /** The watch fails again and again (why), or works again (''). */
  readonly trouble: (reason: string) => void;
  /** Compares identities now and then. Not for events: they come and go by themselves. */
  readonly audited: boolean;
}

export interface Reflector {
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when all objects are known, or when it is known that they cannot be had. */
  readonly firstSync: Promise<void>;
  get(key: string): Kept | undefined;
  readonly state: 'syncing' | 'synced' | 'refused';
  readonly message: string;
  /** performance.now() of the last sign of life. */
  readonly heardAt: number;
}

export const keyOf = (source: JsonObject): string =>
  `${text(source, 'metadata', 'namespace')}/${text(source, 'metadata', 'name')}`;
const versionOf = (source: JsonObject | undefined): string => text(source, 'metadata', 'resourceVersion');
const uidOf = (source: JsonObject | undefined): string => text(source, 'metadata', 'uid');

/** Why a watch ended, and so what to do next. */
type Ending =
  | { readonly next: 'Watch' }
  | { readonly next: 'List'; readonly reason: string }
  | { readonly next: 'Wait'; readonly reason: string; readonly seconds?: number | undefined };

const between = ([from, to]: readonly [number, number], random: () => number): number =>
  Math.round(from + random() * (to - from));

/**
 * Lists and watches one kind for ever, in one namespace or in all. It asks for bookmarks and pages, survives every way
 * in which a watch can end, and keeps each object under its name together with its uid, so that a delete and a
 * re-creation in a gap are told apart.
 */
export function createReflector(options: ReflectorOptions): Reflector {
  const { kind, namespace, transport, discovery, log, recorder, timing, random } = options;
  const labels = { kind };
  const backoff = createBackoff(random, timing.backoff);
  let objects = new Map<string, Kept>();
  let state: Reflector['state'] = 'syncing';
  let message = '';
  let version = '';
  let heardAt = performance.now();
  let path = '';
  let apiVersion = '';
  let synced: () => void = () => undefined;
  const firstSync = new Promise<void>((resolve) => (synced = resolve));

  const isKept = (source: JsonObject): boolean => options.keep?.(source) ?? true;

  /** Once per change of state, not once per try. */
  function settle(next: Reflector['state'], said: string): void {
    if (state === 'refused' && next === 'synced')
      log.info({ module: 'kubernetes', kind }, `${kind}: can be watched again`);
    if (next === 'refused' && said !== message) log.warn({ module: 'kubernetes', kind }, said);
    state = next;
    message = said;
    recorder.gauge('kubewise_watch_synced', next === 'synced' ? 1 : 0, labels);
    synced();
  }

  async function locate(): Promise<void> {
    const resource = await discovery.resourceOf(kind);
    if (!resource) throw new Refused(404, `${kind}: this cluster does not serve it; going on without`);
    path = pathOf(resource, namespace);
    apiVersion = resource.group ? `${resource.group}/${resource.version}` : resource.version;
  }

  /** Everything anew: what differs by uid or version is noted, and so is what is gone. */
  async function relist(signal: AbortSignal, reason: string): Promise<void> {
    await locate();
    const next = new Map<string, Kept>();
    version = await listAll(
      transport,
      path,
      { pageSize: timing.pageSize, signal },
      {
        begin: () => next.clear(),
        each(source) {
          heardAt = performance.now();
          if (isKept(source)) next.set(keyOf(source), keptOf(kind, apiVersion, source));
        },
      },
    );
    const before = objects;
    objects = next;
    for (const [key, kept] of next) {
      const old = before.get(key)?.object;
      if (versionOf(old) !== versionOf(kept.object) || uidOf(old) !== uidOf(kept.object)) options.changed(key);
    }
    for (const key of before.keys()) if (!next.has(key)) options.changed(key);
    recorder.count('kubewise_watch_relists_total', { ...labels, reason });
    settle('synced', '');
  }

  function take(line: JsonObject): Ending | undefined {
    heardAt = performance.now();
    const source = object(line, 'object');
    const type = text(line, 'type');
    if (type === 'ERROR') return afterError(source);
    version = versionOf(source) || version;
    if (type === 'BOOKMARK') return undefined;
    const key = keyOf(source);
    if (type === 'DELETED' || !isKept(source)) objects.delete(key);
    else objects.set(key, keptOf(kind, apiVersion, source));
    options.changed(key);
    return undefined;
  }

  /** An ERROR inside a watch is a Status: 410 means that our version is forgotten, 500/504 that it is not known yet. */
  function afterError(status: JsonObject): Ending {
    const code = statusCode(status);
    if (code === 410) return { next: 'List', reason: 'Expired' };
    if (code === 429) return { next: 'Wait', reason: 'TooManyRequests' };
    return { next: 'List', reason: text(status, 'reason') || `Status${code}` };
  }

  async function watch(signal: AbortSignal): Promise<Ending> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: between(timing.watch, random),
    };
    const startedAt = performance.now();
    const stream = await transport.stream(path, query, signal, timing.idle);
    if (!stream.ok) return afterReply(stream.reply.status, messageOf(stream.reply), stream.reply.retryAfter);
    heardAt = performance.now();
    for await (const line of stream.lines) {
      const ending = take(line);
      if (ending) return ending;
      backoff.reset();
    }
    return performance.now() - startedAt > 1000 ? { next: 'Watch' } : { next: 'Wait', reason: 'EndedAtOnce' };
  }

  function afterReply(status: number, said: string, retryAfter: number | undefined): Ending {
    if (status === 410) return { next: 'List', reason: 'Expired' };
    if (status === 403 || status === 404 || status === 405) throw new Refused(status, refusal(status, said));
    return { next: 'Wait', reason: `Status${status}`, seconds: retryAfter };
  }

  function refusal(status: number, said: string): string {
    const where = namespace ? ` in namespace ${namespace}` : '';
    return status === 403
      ? `${kind}${where}: no right to list and watch; going on without (${said})`
      : `${kind}${where}: this cluster does not serve it; going on without`;
  }

  /** One list or watch; what it threw becomes an ending as well, because nothing may stop a reflector. */
  async function attempt(list: string | undefined, signal: AbortSignal): Promise<Ending> {
    try {
      if (list === undefined) return await watch(signal);
      await relist(signal, list);
      backoff.reset();
      return { next: 'Watch' };
    } catch (error) {
      return afterThrow(error);
    }
  }

  function afterThrow(error: unknown): Ending {
    if (error instanceof Refused) {
      const said = refusal(error.status, error.message);
      settle('refused', error.status === 404 ? said : said.slice(0, 400));
      return { next: 'Wait', reason: 'Refused', seconds: timing.refused };
    }
    const status = error instanceof AdapterError ? error.status : undefined;
    const seconds = error instanceof AdapterError && error.status === 429 ? retryAfterOf(error) : undefined;
    return { next: 'Wait', reason: status ? `Status${status}` : reasonOfError(error), seconds };
  }

  async function run(signal: AbortSignal): Promise<void> {
    let list: string | undefined = 'Start';
    let failures = 0;
    while (!signal.aborted) {
      const ending = await attempt(list, signal);
      if (signal.aborted) break;
      failures = ending.next === 'Wait' && ending.reason !== 'Refused' ? failures + 1 : 0;
      // A drop now and then is a watch's life; it becomes news when it comes twice in a row.
      if (failures !== 1) options.trouble(ending.next === 'Wait' && failures > 0 ? ending.reason : '');
      if (ending.next !== 'Watch')
        recorder.count('kubewise_watch_restarts_total', { ...labels, reason: ending.reason });
      list = listAfter(list, ending);
      if (ending.next === 'Wait') await pause(Math.max(ending.seconds ?? 0, backoff.next()), signal);
    }
  }

  /** What to begin with next: the reason for a list, or undefined to watch on from where we were. */
  function listAfter(list: string | undefined, ending: Ending): string | undefined {
    if (ending.next === 'Watch') return undefined;
    if (ending.next === 'List') return ending.reason;
    return list ?? (ending.reason === 'Refused' ? 'Refused' : undefined);
  }

  /** Compares identities with the server, waits for late news, and starts over when the watch did miss something. */
  async function audit(signal: AbortSignal): Promise<void> {
    const suspects = await differences(signal);
    if (suspects.size === 0) return;
    await pause(timing.grace, signal);
    const missed = [...suspects].filter(([key, seen]) => versionOf(objects.get(key)?.object) === seen);
    if (missed.length === 0 || signal.aborted) return;
    recorder.count('kubewise_watch_missed_events_total', labels, missed.length);
    log.warn({ module: 'kubernetes', kind }, `${kind}: the watch missed ${missed.length} changes; listing anew`);
    await relist(signal, 'MissedEvents');
  }

  /** Keys whose version or uid is another one on the server, with the version that we hold ('' = none). */
  async function differences(signal: AbortSignal): Promise<Map<string, string>> {
    const seen = new Map<string, string>();
    const there = new Set<string>();
    await listAll(
      transport,
      path,
      { pageSize: timing.pageSize, signal, metadataOnly: true },
      {
        begin() {
          there.clear();
          seen.clear();
        },
        each(source) {
          const key = keyOf(source);
          there.add(key);
          const ours = objects.get(key)?.object;
          if (versionOf(ours) !== versionOf(source) || uidOf(ours) !== uidOf(source)) seen.set(key, versionOf(ours));
        },
      },
    );
    for (const [key, kept] of objects) if (!there.has(key)) seen.set(key, versionOf(kept.object));
    return seen;
  }

  async function auditNowAndThen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(between(timing.audit, random), signal);
      if (signal.aborted || state !== 'synced') continue;
      await audit(signal).catch((error: unknown) =>
        log.debug({ module: 'kubernetes', kind }, `${kind}: could not compare with the server: ${String(error)}`),
      );
    }
  }

  return {
    firstSync,
    async run(signal) {
      await Promise.all([run(signal), ...(options.audited ? [auditNowAndThen(signal)] : [])]);
    },
    get: (key) => objects.get(key),
    get state() {
      return state;
    },
    get message() {
      return message;
    },
    get heardAt() {
      return heardAt;
    },
  };
}

const retryAfterOf = (error: AdapterError): number | undefined =>
  typeof error.cause === 'object' && error.cause !== null && 'retryAfter' in error.cause
    ? (error.cause.retryAfter as number | undefined)
    : undefined;

/** A word for a broken connection: ECONNRESET, UND_ERR_BODY_TIMEOUT, … */
function reasonOfError(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code;
    if (typeof code === 'string') return code;
  }
  return 'ConnectionLost';
}
