/**
 * The lock-step clock of the simulated cluster. Everyone who waits registers a timer; whoever works holds. When nobody
 * holds and the event loop has been idle for a few turns, time moves to the next timer, never faster than `speed`
 * cluster seconds per wall second. So the order of what happens depends on the seed, not on the machine.
 */
export interface SimClock {
  /** Unix seconds of cluster time. */
  now(): number;
  /** Resolves after `seconds` of cluster time, or at once when `signal` aborts or the clock stops. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
  /**
   * `sleep` on behalf of somebody else, who may hold the clock while he waits for us: when only holders are left and
   * nothing has happened for a few wall milliseconds, time moves all the same, or it would stand still for ever.
   */
  delay(seconds: number): Promise<void>;
  /**
   * Calls `wake` after `seconds` of cluster time. Among timers of the same instant the lowest `rank` goes first (by code
   * unit), then the order of asking; one timer is fired per idle moment. Returns the cancellation. A stopped clock never
   * calls `wake`.
   */
  schedule(seconds: number, rank: string, wake: () => void): () => void;
  /** Time stands still until the returned function is called (once; more calls do nothing). */
  hold(): () => void;
  /** 1 = wall time; Infinity = as fast as everybody is done; 0 = time stands still. */
  setSpeed(speed: number): void;
  readonly speed: number;
  /** Ends the clock: every sleeper is woken, time stands still for good. */
  stop(): void;
}

interface Timer {
  readonly at: number;
  readonly rank: string;
  readonly seq: number;
  readonly wake: () => void;
  readonly stopped?: () => void;
  cancelled: boolean;
}

/** How many idle turns of the event loop count as "everybody waits": enough for bytes on a loopback socket to arrive. */
const idleTurns = 6;

/** Wall milliseconds without anything happening after which a holder counts as one who waits for a `delay`. */
const quietMs = 5;

/** Wall seconds that the cluster may lag behind; more is forgiven, so that it never runs faster to catch up for long. */
const maxLagSeconds = 0.25;

export function createSimClock(options: { readonly start: number; readonly speed: number }): SimClock {
  let time = options.start;
  let speed = options.speed;
  let anchor = { wall: performance.now(), time };
  let holds = 0;
  let delays = 0;
  let seq = 0;
  let activity = 0;
  let stopped = false;
  let pumping = false;
  let poke: () => void = () => undefined;
  const timers = createHeap();

  /** Wall milliseconds until cluster time may be `at`; 0 or less = now. */
  function wallUntil(at: number): number {
    if (speed === Infinity) return 0;
    if (speed <= 0) return Infinity;
    const due = anchor.wall + ((at - anchor.time) / speed) * 1000;
    const ahead = due - performance.now();
    if (ahead < -maxLagSeconds * 1000) anchor = { wall: performance.now(), time: at };
    return ahead;
  }

  /** Until something is registered, released, changed or stopped, at most `milliseconds`. */
  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timeout = Number.isFinite(milliseconds) ? setTimeout(() => poke(), Math.ceil(milliseconds)) : undefined;
      poke = () => {
        clearTimeout(timeout);
        poke = () => undefined;
        resolve();
      };
    });
  }

  async function isIdle(): Promise<boolean> {
    const seen = activity;
    for (let turn = 0; turn < idleTurns; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (seen !== activity) return false;
    }
    return holds === 0 || (delays > 0 && isQuiet(seen));
  }

  async function isQuiet(seen: number): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    return seen === activity;
  }

  /** Waits for idleness, then for the wall clock, then fires one timer; goes on while there are timers. */
  async function pump(): Promise<void> {
    while (!stopped && timers.first()) {
      if (holds > 0 && delays === 0) {
        await pause(Infinity);
        continue;
      }
      if (!(await isIdle())) continue;
      const next = timers.first();
      if (!next) break;
      const wait = wallUntil(next.at);
      if (wait > 0.5) await pause(wait);
      else fire(next);
    }
    pumping = false;
  }

  function fire(timer: Timer): void {
    timers.shift();
    time = Math.max(time, timer.at);
    activity += 1;
    timer.wake();
  }

  function start(): void {
    poke();
    if (pumping || stopped) return;
    pumping = true;
    void pump();
  }

  function add(seconds: number, rank: string, wake: () => void, onStop?: () => void): Timer {
    const at = time + Math.max(0, seconds);
    const timer: Timer = { at, rank, seq: (seq += 1), wake, cancelled: false, ...(onStop && { stopped: onStop }) };
    timers.push(timer);
    activity += 1;
    start();
    return timer;
  }

  function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    if (stopped || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const abort = (): void => {
        timer.cancelled = true;
        resolve();
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const timer = add(seconds, '', wake, wake);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  return {
    now: () => time,
    sleep,
    async delay(seconds) {
      delays += 1;
      poke();
      await sleep(seconds);
      delays -= 1;
    },
    schedule(seconds, rank, wake) {
      if (stopped) return () => undefined;
      const timer = add(seconds, rank, wake);
      return () => {
        timer.cancelled = true;
      };
    },
    hold() {
      holds += 1;
      activity += 1;
      let open = true;
      return () => {
        if (!open) return;
        open = false;
        holds -= 1;
        activity += 1;
        if (holds === 0) poke();
      };
    },
    setSpeed(next) {
      anchor = { wall: performance.now(), time };
      speed = next;
      poke();
    },
    get speed() {
      return speed;
    },
    stop() {
      stopped = true;
      for (let timer = timers.shift(); timer; timer = timers.shift()) timer.stopped?.();
      poke();
    },
  };
}

interface Heap {
  push(timer: Timer): void;
  first(): Timer | undefined;
  shift(): Timer | undefined;
}

const before = (a: Timer, b: Timer): boolean =>
  a.at !== b.at ? a.at < b.at : a.rank !== b.rank ? a.rank < b.rank : a.seq < b.seq;

/** A binary heap that forgets cancelled timers when they come to the top. */
function createHeap(): Heap {
  const items: Timer[] = [];

  function up(index: number): void {
    for (let at = index; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!before(items[at]!, items[parent]!)) return;
      [items[at], items[parent]] = [items[parent]!, items[at]!];
      at = parent;
    }
  }

  function down(): void {
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < items.length && before(items[child]!, items[least]!)) least = child;
      }
      if (least === at) return;
      [items[at], items[least]] = [items[least]!, items[at]!];
      at = least;
    }
  }

  function shift(): Timer | undefined {
    const top = items[0];
    const last = items.pop();
    if (last && items.length > 0) {
      items[0] = last;
      down();
    }
    return top;
  }

  function first(): Timer | undefined {
    while (items[0]?.cancelled) shift();
    return items[0];
  }

  return {
    push(timer) {
      items.push(timer);
      up(items.length - 1);
    },
    first,
    shift() {
      first();
      return shift();
    },
  };
}
