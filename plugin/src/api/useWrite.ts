import { useCallback, useRef, useState } from 'react';
import { failureOf } from './failure';

export interface Said {
  readonly failed: boolean;
  readonly text: string;
}

/**
 * One write at a time: a second click while the first is on its way does nothing, or a slow network would mute twice. `run`
 * takes the write, which resolves with what to tell the person ('' = what is on the page tells it).
 */
export function useWrite() {
  const isBusy = useRef(false);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<Said>();
  const run = useCallback(async (write: () => Promise<string>) => {
    if (isBusy.current) {
      return;
    }
    const occupy = (now: boolean) => setBusy((isBusy.current = now));
    occupy(true);
    const answer = await write().then(
      (text): Said => ({ failed: false, text }),
      (error: unknown): Said => ({ failed: true, text: failureOf(error).message })
    );
    setSaid(answer.text === '' ? undefined : answer);
    occupy(false);
  }, []);
  return { busy, said, run, dismiss: () => setSaid(undefined) };
}
