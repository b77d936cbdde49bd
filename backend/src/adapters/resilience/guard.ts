import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  retry,
} from 'cockatiel';
import { AdapterError, type ComponentHealth, type Log, type Recorder } from '../../pipeline/ports.ts';

export interface GuardOptions {
  /** Consecutive failures that open the circuit. */
  readonly errorThreshold: number;
  /** How long an open circuit refuses at once (s). */
  readonly openSeconds: number;
  /** Calls let through while half open; one failure among them opens the circuit again. */
  readonly halfOpenCalls: number;
  /** Further tries of a read that failed in a way that may pass, and the first wait before one (s). */
  readonly attempts: number;
  readonly baseDelaySeconds: number;
  /** Unix seconds, for "when it last succeeded". */
  readonly now: () => number;
  readonly recorder: Recorder;
  readonly log: Log;
}

/** Calls to one outside system behind its circuit breaker. */
export interface Guard {
  /** For what may be repeated: retried with exponential backoff and jitter. */
  read<T>(operation: string, call: () => Promise<T>): Promise<T>;
  /** For what must not be: one try. */
  once<T>(operation: string, call: () => Promise<T>): Promise<T>;
  /** How the last calls went, for systems that are not asked just to see whether they are there. */
  health(): ComponentHealth;
}

const mayPass = (error: unknown): boolean => error instanceof AdapterError && error.retryable;

/** What dashboards and alerts read: 0 closed, 1 half open, 2 open. */
const gaugeOf = (state: CircuitState): number =>
  state === CircuitState.Closed ? 0 : state === CircuitState.HalfOpen ? 1 : 2;
const wordOf = (state: CircuitState): string => ['closed', 'half open', 'open'][gaugeOf(state)] ?? 'open';

/** The weight of the newest call in the success ratio: about the last hundred calls count. */
const newest = 0.02;

/**
 * A circuit that opens after `errorThreshold` failures in a row. A failure is an AdapterError that may pass: the system
 * was not reached, was overloaded, or broke. What it refused for good says nothing about its health.
 */
export function createGuard(service: string, options: GuardOptions): Guard {
  const { recorder, log } = options;
  const breaker = circuitBreaker(handleWhen(mayPass), {
    halfOpenAfter: options.openSeconds * 1000,
    breaker: new ConsecutiveBreaker(options.errorThreshold),
    halfOpenSampling: { calls: options.halfOpenCalls, threshold: 0 },
  });
  const again = retry(
    handleWhen((error) => mayPass(error) && !isOpen(error)),
    {
      maxAttempts: options.attempts,
      backoff: new ExponentialBackoff({ initialDelay: options.baseDelaySeconds * 1000, maxDelay: 30_000 }),
    },
  );
  let success = 1;
  let lastSuccess: number | undefined;
  /** What failed when it was last tried: a full disk still reads. */
  const failing = new Set<string>();
  /** Has it been said that the circuit is open? */
  let isOut = false;
  /** Why the last call failed; undefined when it did not. */
  let failure: string | undefined;
  show(breaker.state);
  breaker.onStateChange((state) => {
    show(state);
    recorder.count('kubewise_circuit_breaker_transitions_total', { service, to: wordOf(state) });
    if (state === CircuitState.Closed) recovered();
    // While a system stays away the circuit goes half open and open again each time: that is no news.
    const level = state === CircuitState.Closed ? 'info' : isOut ? 'debug' : 'warn';
    isOut = state !== CircuitState.Closed;
    log[level]({ module: 'resilience', service }, `the circuit to ${service} is ${wordOf(state)}`);
  });

  function show(state: CircuitState): void {
    recorder.gauge('kubewise_circuit_breaker_status', gaugeOf(state), { service });
    recorder.gauge('kubewise_external_service_up', state === CircuitState.Closed ? 1 : gaugeOf(state) === 1 ? 2 : 0, {
      service,
    });
  }

  function note(operation: string, startedAt: number, error?: unknown): void {
    const failed = error !== undefined;
    failure = failed ? messageOf(error) : undefined;
    if (!failed) lastSuccess = options.now();
    say(operation, mayPass(error), failure);
    const labels = { service, operation };
    recorder.observe('kubewise_external_request_duration_seconds', (performance.now() - startedAt) / 1000, labels);
    success += newest * ((failed ? 0 : 1) - success);
    recorder.gauge('kubewise_external_success_ratio', success, { service });
  }

  /** Once when it begins to fail, once when it works again; the counters have each failure. */
  function say(operation: string, fails: boolean, message = ''): void {
    const wasFailing = failing.size > 0;
    failing[fails ? 'add' : 'delete'](operation);
    if (!wasFailing && fails) log.warn({ module: 'resilience', service }, `${service} fails: ${message}`);
    if (wasFailing && failing.size === 0) log.info({ module: 'resilience', service }, `${service} answers again`);
  }

  /** The test calls of a half-open circuit speak for everything that failed. */
  function recovered(): void {
    if (failing.size > 0) log.info({ module: 'resilience', service }, `${service} answers again`);
    failing.clear();
  }

  async function measured<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      const answer = await call();
      note(operation, startedAt);
      return answer;
    } catch (error) {
      note(operation, startedAt, error);
      const reason = error instanceof AdapterError ? String(error.status ?? 'unreachable') : 'bug';
      recorder.count('kubewise_external_request_errors_total', { service, operation, reason });
      throw error;
    }
  }

  async function once<T>(operation: string, call: () => Promise<T>): Promise<T> {
    try {
      return await breaker.execute(() => measured(operation, call));
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      const message = `${service} failed ${options.errorThreshold} times in a row; not asked for ${options.openSeconds} s; the last time: ${failure ?? 'unknown'}`;
      throw new OpenCircuit(service, message, { retryable: true, cause: error });
    }
  }

  function health(): ComponentHealth {
    const since = lastSuccess === undefined ? {} : { lastSuccess };
    if (breaker.state === CircuitState.Open)
      return { status: 'down', message: failure ?? 'the circuit is open', ...since };
    if (failure !== undefined) return { status: 'degraded', message: failure, ...since };
    return { status: 'ok', message: lastSuccess === undefined ? 'not asked yet' : 'answers', ...since };
  }

  return { once, health, read: (operation, call) => again.execute(() => once(operation, call)) };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Refused without asking, because the circuit is open. */
class OpenCircuit extends AdapterError {}
const isOpen = (error: unknown): boolean => error instanceof OpenCircuit;
