import { AsyncLocalStorage } from 'node:async_hooks';
import type { SimClock } from '../clock.ts';

/** Somebody's turn to work: time stands still, except while it is suspended. */
export interface Turn {
  /** The server makes us wait: the others may go on. */
  suspend(): void;
  resume(): void;
}

const current = new AsyncLocalStorage<Turn>();

/**
 * Runs `work` while holding the clock; inside another turn it is part of that one. A request that the server delays on
 * purpose suspends the whole turn it belongs to: otherwise the delay, which is cluster time, would never end.
 */
export async function takeTurn<T>(clock: SimClock, work: (turn: Turn) => Promise<T>): Promise<T> {
  const outer = current.getStore();
  if (outer) return work(outer);
  let release: (() => void) | undefined = clock.hold();
  const turn: Turn = {
    suspend() {
      release?.();
      release = undefined;
    },
    resume() {
      release ??= clock.hold();
    },
  };
  try {
    return await current.run(turn, () => work(turn));
  } finally {
    turn.suspend();
  }
}
