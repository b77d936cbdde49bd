import { setImmediate as turn } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { apiVersionOf } from './resources.ts';
import { ApiError, expired } from './status.ts';
import { predicateOf } from './read.ts';
import type { Predicate } from './selectors.ts';
import type { Call, Context } from './context.ts';
import type { StoreEvent } from './store.ts';
import type { KubeObject } from '../runtime.ts';

/** How an object is shown on this watch: as it is, as metadata only, or as a table row. */
export type Render = (object: KubeObject) => unknown;

export interface WatchHub {
  /** Serves one watch until the client goes, its time is over or it is dropped. */
  serve(call: Call, response: ServerResponse, render: Render): void;
  /** Breaks every connection. */
  drop(): void;
  /** Sends 410 in the stream of every watch and ends it. */
  expire(): void;
  readonly open: () => number;
  close(): void;
}

interface Watcher {
  readonly response: ServerResponse;
  send(type: string, object: unknown): void;
  end(): void;
}

const bookmarkEvery = 60;

export function createWatchHub(context: Context): WatchHub {
  const watchers = new Set<Watcher>();
  const { clock, store } = context;

  /** Time stands still until the socket has taken the bytes and the reader had two turns to see them, or has gone. */
  function writer(response: ServerResponse): (line: string) => void {
    const pending = new Set<() => void>();
    response.once('close', () => {
      for (const release of pending) release();
    });
    return (line) => {
      if (response.destroyed) return;
      const release = clock.hold();
      pending.add(release);
      response.write(
        line,
        () =>
          void turn()
            .then(() => turn())
            .then(() => pending.delete(release) && release()),
      );
    };
  }

  /** What a selector makes of a change: entering it is ADDED, leaving it is DELETED. */
  function relevant(
    event: StoreEvent,
    shelf: string,
    call: Call,
    matches: Predicate,
  ): readonly [string, KubeObject] | undefined {
    if (shelf !== call.resource.shelf) return undefined;
    if (call.namespace && event.object['metadata'].namespace !== call.namespace) return undefined;
    const was = event.before !== undefined && matches(event.before);
    const is = event.type !== 'DELETED' && matches(event.object);
    if (is) return [was ? 'MODIFIED' : 'ADDED', event.object];
    if (!was) return undefined;
    const { resourceVersion } = event.object['metadata'];
    const last = event.before;
    return [
      'DELETED',
      event.type === 'DELETED' ? event.object : { ...last, metadata: { ...last['metadata'], resourceVersion } },
    ];
  }

  function startVersion(call: Call): number | undefined {
    const text = call.query.get('resourceVersion');
    if (!text || text === '0') return undefined;
    const rv = Number(text);
    if (!Number.isInteger(rv))
      throw new ApiError(
        500,
        '',
        `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
      );
    return rv;
  }

  function backlog(watcher: Watcher, call: Call, matches: Predicate, render: Render): boolean {
    const from = startVersion(call);
    if (from === undefined) {
      for (const [, object] of store.list(call.resource.shelf, call.namespace))
        if (matches(object)) watcher.send('ADDED', render(object));
      if (call.query.get('sendInitialEvents') === 'true')
        watcher.send('BOOKMARK', bookmark(call, { 'k8s.io/initial-events-end': 'true' }));
      return true;
    }
    const events = store.since(call.resource.shelf, from);
    if (!events) {
      const oldest = store.oldest(call.resource.shelf);
      watcher.send('ERROR', expired(`too old resource version: ${from} (${oldest})`).status);
      return false;
    }
    for (const event of events) forward(watcher, event, call.resource.shelf, call, matches, render);
    return true;
  }

  function forward(
    watcher: Watcher,
    event: StoreEvent,
    shelf: string,
    call: Call,
    matches: Predicate,
    render: Render,
  ): void {
    const change = relevant(event, shelf, call, matches);
    if (change) watcher.send(change[0], render(change[1]));
  }

  const bookmark = (call: Call, annotations?: KubeObject): KubeObject => ({
    kind: call.resource.kind,
    apiVersion: apiVersionOf(call.resource),
    metadata: { resourceVersion: String(store.rv()), creationTimestamp: null, ...(annotations && { annotations }) },
  });

  /** Bookmarks every minute and once more shortly before the end; then the regular end. */
  async function keepTime(watcher: Watcher, call: Call, signal: AbortSignal): Promise<void> {
    const bookmarks = call.query.get('allowWatchBookmarks') === 'true';
    const asked = Number(call.query.get('timeoutSeconds') ?? 0);
    const end = clock.now() + (asked > 0 ? asked : 1800 + Math.floor(context.random() * 1800));
    for (;;) {
      const left = end - clock.now();
      const pause = bookmarks && left > 2 ? Math.min(bookmarkEvery, left - 2) : left;
      const target = clock.now() + pause;
      await clock.sleep(pause, signal);
      if (signal.aborted || clock.now() < target) return;
      if (clock.now() >= end) break;
      if (bookmarks) watcher.send('BOOKMARK', bookmark(call));
    }
    watcher.end();
  }

  function makeWatcher(response: ServerResponse): Watcher {
    const write = writer(response);
    return {
      response,
      send: (type, object) => write(`${JSON.stringify({ type, object })}\n`),
      end: () => void response.end(),
    };
  }

  return {
    serve(call, response, render) {
      const matches = predicateOf(call);
      const watcher = makeWatcher(response);
      startVersion(call);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      if (!backlog(watcher, call, matches, render)) return watcher.end();
      const abort = new AbortController();
      const stop = store.subscribe((shelf, event) => forward(watcher, event, shelf, call, matches, render));
      watchers.add(watcher);
      response.on('close', () => {
        stop();
        watchers.delete(watcher);
        abort.abort();
      });
      void keepTime(watcher, call, abort.signal);
    },
    drop() {
      for (const watcher of watchers) watcher.response.destroy();
    },
    expire() {
      for (const watcher of watchers) {
        watcher.send('ERROR', new ApiError(410, 'Expired', `too old resource version: (${store.rv()})`).status);
        watcher.end();
      }
    },
    open: () => watchers.size,
    close() {
      for (const watcher of watchers) watcher.response.destroy();
    },
  };
}
