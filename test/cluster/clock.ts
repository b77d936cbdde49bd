/**
 * The lock-step clock of the simulated cluster. Everyone who waits registers a timer; whoever works holds. When nobody
 * holds and the event loop has been idle for a few turns, time moves to the next timer, never faster than `speed`
 * cluster seconds per wall second. So the order of what happens depends on the seed, not on the machine.
 */
export interface SimClock {
  /** Unix seconds of cluster time. */
  now(): number;
  /** Resolves after `seconds` of cluster time, or at once when `signal` aborts. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
  /** Time stands still until the returned function is called (once; more calls do nothing). */
  hold(): () => void;
  /** 1 = wall time; Infinity = as fast as everybody is done. */
  setSpeed(speed: number): void;
  readonly speed: number;
  /** Ends the clock: every sleeper is woken, time stands still for good. */
  stop(): void;
}

interface Timer {
  readonly at: number;
  readonly seq: number;
  readonly wake: () => void;
}

/** How many idle turns of the event loop count as "everybody waits": enough for bytes on a loopback socket to arrive. */
const idleTurns = 6;

export function createSimClock(options: { readonly start: number; readonly speed: number }): SimClock {
  let time = options.start;
  let speed = options.speed;
  let anchor = { wall: performance.now(), time };
  let holds = 0;
  let seq = 0;
  let activity = 0;
  let stopped = false;
  let pumping = false;
  const timers: Timer[] = [];

  const first = (): Timer | undefined =>
    timers.reduce<Timer | undefined>(
      (best, one) => (!best || one.at < best.at || (one.at === best.at && one.seq < best.seq) ? one : best),
      undefined,
    );

  const wallNow = (): number => anchor.time + ((performance.now() - anchor.wall) / 1000) * speed;

  function fire(timer: Timer): void {
    timers.splice(timers.indexOf(timer), 1);
    time = Math.max(time, timer.at);
    activity += 1;
    timer.wake();
  }

  /** Waits for idleness, then for the wall clock, then fires one timer; goes on while there are timers. */
  async function pump(): Promise<void> {
    while (!stopped && timers.length > 0) {
      const seen = activity;
      for (let turn = 0; turn < idleTurns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (seen !== activity || holds > 0) {
        if (holds > 0) await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const next = first();
      if (!next) break;
      const ahead = ((next.at - wallNow()) / speed) * 1000;
      if (Number.isFinite(speed) && ahead > 0.5) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(ahead, 50)));
        continue;
      }
      fire(next);
    }
    pumping = false;
  }

  function start(): void {
    if (pumping || stopped) return;
    pumping = true;
    void pump();
  }

  return {
    now: () => time,
    sleep(seconds, signal) {
      if (stopped || signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const timer: Timer = { at: time + Math.max(0, seconds), seq: (seq += 1), wake: resolve };
        timers.push(timer);
        signal?.addEventListener(
          'abort',
          () => {
            const index = timers.indexOf(timer);
            if (index >= 0) timers.splice(index, 1);
            resolve();
          },
          { once: true },
        );
        start();
      });
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
      };
    },
    setSpeed(next) {
      anchor = { wall: performance.now(), time };
      speed = next;
    },
    get speed() {
      return speed;
    },
    stop() {
      stopped = true;
      for (const timer of timers.splice(0)) timer.wake();
    },
  };
}
