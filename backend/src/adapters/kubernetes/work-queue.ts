/**
 * A queue of keys: a key that is added twice before its turn is worked on once. Work is done in slices outside the
 * caller's stack, so that a burst never blocks the event loop and a failing handler never ends a watch.
 */
export interface WorkQueue {
  add(key: string): void;
  readonly size: number;
  /** Resolves when the queue is empty and the last slice has been reported. */
  idle(): Promise<void>;
}

const sliceSize = 200;

export interface Work {
  readonly handle: (key: string) => void;
  /** After each slice: hand on what was gathered. */
  readonly finish: () => void;
  readonly failed: (key: string, error: unknown) => void;
  /** Called when work begins, and what it returned when the queue is empty again. */
  readonly hold: () => () => void;
}

export function createWorkQueue({ handle, finish, failed, hold }: Work): WorkQueue {
  const waiting = new Set<string>();
  let release: (() => void) | undefined;
  let listeners: (() => void)[] = [];

  function attempt(key: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      failed(key, error);
    }
  }

  function slice(): void {
    let left = sliceSize;
    for (const key of waiting) {
      if (left === 0) break;
      left -= 1;
      waiting.delete(key);
      attempt(key, () => handle(key));
    }
    attempt('', finish);
    if (waiting.size > 0) setImmediate(slice);
    else done();
  }

  function done(): void {
    release?.();
    release = undefined;
    const told = listeners;
    listeners = [];
    for (const listener of told) listener();
  }

  return {
    add(key) {
      waiting.add(key);
      if (release) return;
      release = hold();
      setImmediate(slice);
    },
    get size() {
      return waiting.size;
    },
    idle: () => (release ? new Promise((resolve) => listeners.push(resolve)) : Promise.resolve()),
  };
}
