import type { Clock } from '../../pipeline/ports.ts';

/** Wall time. A hold does nothing: the world does not wait. */
export const wallClock: Clock = {
  now: () => Date.now() / 1000,
  sleep(seconds, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, seconds) * 1000);
      signal?.addEventListener('abort', end, { once: true });
    });
  },
  hold: () => () => undefined,
};
