import type { Readable } from 'node:stream';
import type { KubeObject } from '../runtime.ts';
import { ApiError } from './errors.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

/** Wall milliseconds without a byte (bookmarks come each minute) after which a watch counts as dead. */
const silenceMs = 120_000;

/**
 * Newline-separated JSON events, told one by one as they arrive. Resolves when the server ends the stream, rejects when
 * it breaks, falls silent, or carries an ERROR event (as the ApiError that its Status describes).
 */
export function readWatch(body: Readable, take: (event: WatchEvent) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';

  const line = (text: string): void => {
    const event = JSON.parse(text) as WatchEvent;
    if (event.type === 'ERROR') throw new ApiError(Number(event.object['code'] ?? 0), event.object, undefined);
    take(event);
  };

  return new Promise((resolve, reject) => {
    const watchdog = setTimeout(() => fail(new Error('the watch fell silent')), silenceMs);
    watchdog.unref();

    function fail(error: Error): void {
      clearTimeout(watchdog);
      reject(error);
      body.destroy();
    }

    body.on('data', (chunk: Buffer) => {
      watchdog.refresh();
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      try {
        for (const text of lines) if (text) line(text);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    body.on('error', fail);
    body.on('close', () => fail(new Error('the watch was cut off')));
    body.on('end', () => {
      clearTimeout(watchdog);
      resolve();
    });
  });
}
