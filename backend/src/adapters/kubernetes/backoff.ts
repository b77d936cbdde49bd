/** Jittered exponential waits as client-go's reflector: 0.8 s doubling to 30 s, each times 1…2 (in s). */
export interface Backoff {
  next(): number;
  reset(): void;
}

export function createBackoff(random: () => number, timing = { first: 0.8, most: 30 }): Backoff {
  let step = timing.first;
  return {
    next() {
      const wait = Math.min(timing.most, step * (1 + random()));
      step = Math.min(timing.most, step * 2);
      return wait;
    },
    reset() {
      step = timing.first;
    },
  };
}

/** Wall-clock wait: the network does not follow a simulated clock. Resolves early when aborted. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener('abort', done, { once: true });
  });
}
