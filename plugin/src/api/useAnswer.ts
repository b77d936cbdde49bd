import { useCallback, useEffect, useRef, useState } from 'react';
import { failureOf, type Failure } from './failure';

export type Answer<T> =
  | { readonly state: 'Loading' }
  | { readonly state: 'Failed'; readonly failure: Failure }
  /** `failure`: the last refresh failed, `value` is from before. */
  | { readonly state: 'Ready'; readonly value: T; readonly failure?: Failure };

export interface Asked<T> {
  readonly answer: Answer<T>;
  readonly refresh: () => void;
  /** Puts in what a write answered, without asking again. */
  readonly replace: (value: T) => void;
}

/** No request more often than this, whatever the caller says (s). */
const shortestRefresh = 10;

/**
 * Asks now, and again every `seconds` while the page is visible and no dialog is open. `key` names the question: another
 * key is another question, and its answer starts as Loading. Another `of` (a dashboard's range that moved on) asks anew
 * too, but what is shown stays until the answer is there. `seconds` 0 = ask once.
 */
export function useAnswer<T>(key: string, ask: () => Promise<T>, seconds = 15, of = ''): Asked<T> {
  const [state, setState] = useState<{ key: string; answer: Answer<T> }>({ key, answer: { state: 'Loading' } });
  const latest = useRef(ask);
  const [round, setRound] = useState(0);
  useEffect(() => {
    latest.current = ask;
  });

  useEffect(() => {
    let gone = false;
    const put = (change: (before: Answer<T>) => Answer<T>) => {
      if (!gone) {
        setState((before) => ({ key, answer: change(before.key === key ? before.answer : { state: 'Loading' }) }));
      }
    };
    const load = () =>
      latest.current().then(
        (value) => put(() => ({ state: 'Ready', value })),
        (error: unknown) => put((before) => failed(before, failureOf(error)))
      );
    void load();
    const stop = seconds > 0 ? whileCalm(() => void load(), Math.max(seconds, shortestRefresh)) : undefined;
    return () => {
      gone = true;
      stop?.();
    };
  }, [key, seconds, round, of]);

  const refresh = useCallback(() => setRound((before) => before + 1), []);
  const replace = useCallback((value: T) => setState({ key, answer: { state: 'Ready', value } }), [key]);
  return { answer: state.key === key ? state.answer : { state: 'Loading' }, refresh, replace };
}

/** Losing the right to look takes the old answer away; anything else keeps it and says that it is old. */
const failed = <T>(before: Answer<T>, failure: Failure): Answer<T> =>
  before.state === 'Ready' && failure.kind === 'Unreachable'
    ? { state: 'Ready', value: before.value, failure }
    : { state: 'Failed', failure };

/** Nothing moves under an open dialog: a plan that is being decided on must not go away or change meanwhile. */
const isCalm = (): boolean =>
  document.visibilityState !== 'hidden' && document.querySelector('[role="dialog"]') === null;

function whileCalm(tick: () => void, seconds: number): () => void {
  const timer = setInterval(() => {
    if (isCalm()) {
      tick();
    }
  }, seconds * 1000);
  return () => clearInterval(timer);
}
