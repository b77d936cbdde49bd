import type { SimClock } from '../clock.ts';
import { ApiError } from './errors.ts';
import { takeTurn } from './turn.ts';

/** A keyed work queue: one key is never worked on twice at once, and waits once however often it is added. */
export interface WorkQueue {
  /** Work on `key` after `seconds` of cluster time; an earlier wish wins over a later one. */
  add(key: string, seconds?: number): void;
  /** Nothing is begun until `resume`. */
  pause(): void;
  resume(): void;
  stop(): void;
}

export interface WorkQueueOptions {
  readonly clock: SimClock;
  /** Also the queue's rank among all that are due at one instant. */
  readonly name: string;
  /** Brings the object of that key to what is wanted; a number = look again after so many seconds. */
  readonly reconcile: (key: string) => Promise<number | undefined>;
  readonly onError: (error: unknown, key: string) => void;
}

interface Waiting {
  readonly at: number;
  readonly cancel: () => void;
}

/** client-go's item back-off, in cluster time: 1 s doubling to a minute; a conflict is the cache being behind. */
const conflictSeconds = 0.1;
const maxBackoffSeconds = 60;

/** How often one key may be worked on at one instant. */
const maxRounds = 100;

/**
 * While `reconcile` runs, the clock is held. So at one instant only one reconcile in the whole cluster runs, in the
 * order of rank and key, and each sees the watch events of those before it.
 */
export function createQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, name, reconcile, onError } = options;
  const waiting = new Map<string, Waiting>();
  const failures = new Map<string, number>();
  const parked = new Set<string>();
  const rounds = new Map<string, { readonly at: number; readonly count: number }>();
  const running = new Set<string>();
  const again = new Set<string>();
  let paused = false;
  let stopped = false;

  /** Two writers that undo each other would go on for ever within one instant: from some point on, a second apart. */
  function paced(key: string): number {
    const last = rounds.get(key);
    return last?.at === clock.now() && last.count >= maxRounds ? 1 : 0;
  }

  function countRound(key: string): void {
    const at = clock.now();
    const last = rounds.get(key);
    rounds.set(key, { at, count: last?.at === at ? last.count + 1 : 1 });
    if (rounds.size > 10_000) rounds.clear();
  }

  function add(key: string, wish = 0): void {
    if (stopped) return;
    const seconds = wish > 0 ? wish : paced(key);
    const at = clock.now() + seconds;
    const before = waiting.get(key);
    if (before && before.at <= at) return;
    before?.cancel();
    waiting.set(key, { at, cancel: clock.schedule(seconds, `${name} ${key}`, () => void work(key)) });
  }

  async function work(key: string): Promise<void> {
    waiting.delete(key);
    if (paused) return void parked.add(key);
    if (running.has(key)) return void again.add(key);
    running.add(key);
    countRound(key);
    await takeTurn(clock, () => attempt(key));
    running.delete(key);
    if (again.delete(key)) add(key);
  }

  async function attempt(key: string): Promise<void> {
    try {
      const seconds = await reconcile(key);
      failures.delete(key);
      if (seconds !== undefined) add(key, seconds);
    } catch (error) {
      retry(key, error);
    }
  }

  function retry(key: string, error: unknown): void {
    if (stopped) return;
    if (ApiError.is(error, 409)) return add(key, conflictSeconds);
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    onError(error, key);
    const told = error instanceof ApiError ? error.retryAfterSeconds : undefined;
    add(key, told ?? Math.min(maxBackoffSeconds, 2 ** (count - 1)));
  }

  return {
    add,
    pause: () => void (paused = true),
    resume() {
      paused = false;
      for (const key of [...parked].sort()) add(key);
      parked.clear();
    },
    stop() {
      stopped = true;
      for (const { cancel } of waiting.values()) cancel();
      waiting.clear();
    },
  };
}
