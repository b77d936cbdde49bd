import { AdapterError, type Clock } from '../../pipeline/ports.ts';

/** One query at a time, and none while Prometheus needs a rest. */
export interface Gate {
  /** Runs `work` when all before it are done and the rest is over. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when no rest is on: for what has time, like history. */
  rested(): Promise<void>;
  /** Prometheus said that it is too much (429, 503, an evaluation that timed out): wait, each time twice as long. */
  overloaded(retryAfter: number | undefined): void;
  /** An answer came in so many seconds: a latency that doubled asks for a rest as well. */
  answered(seconds: number): void;
}

const firstRest = 2;
const longestRest = 60;
/** A query waits so long for its turn (s); in a longer rest it fails at once, so that no round hangs. */
const longestWait = 5;
/** How slowly the usual latency follows: one part in twenty per answer. Below a tenth of a second nobody is hurt. */
const memory = 0.05;
const noticeable = 0.1;

/** Rests are wall time in seconds: the load of a real server does not follow a simulated clock. */
export function createGate(pause: Clock['sleep']): Gate {
  let last: Promise<unknown> = Promise.resolve();
  let rest = 0;
  let until = 0;
  let usual: number | undefined;

  function restFor(seconds: number): void {
    rest = Math.min(longestRest, seconds);
    until = performance.now() + rest * 1000;
  }

  async function turn<T>(work: () => Promise<T>): Promise<T> {
    const wait = (until - performance.now()) / 1000;
    if (wait > longestWait) {
      const message = `resting for ${Math.ceil(wait)} s, because it was overloaded`;
      throw new AdapterError('prometheus', message, { retryable: true, status: 429 });
    }
    if (wait > 0) await pause(wait);
    return work();
  }

  return {
    pass(work) {
      const mine = last.then(() => turn(work));
      last = mine.catch(() => undefined);
      return mine;
    },
    async rested() {
      for (let wait = until - performance.now(); wait > 0; wait = until - performance.now()) await pause(wait / 1000);
    },
    overloaded(retryAfter) {
      restFor(Math.max(retryAfter ?? 0, rest === 0 ? firstRest : rest * 2));
    },
    answered(seconds) {
      const isSlow = usual !== undefined && seconds > noticeable && seconds > 2 * usual;
      usual = usual === undefined ? seconds : usual + memory * (seconds - usual);
      if (isSlow) restFor(Math.min(seconds, longestRest));
      else rest = 0;
    },
  };
}
