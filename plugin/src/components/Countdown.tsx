import React, { useEffect, useState } from 'react';
import { testIds } from './testIds';
import { clock, duration } from './format';

interface CountdownProps {
  readonly until: string;
  /** How far KubeWise's clock is ahead of the browser's (ms). */
  readonly skew?: number;
}

/** How long a plan may still be approved. Ticks every second below two minutes, else every ten. */
export function Countdown({ until, skew = 0 }: CountdownProps) {
  const now = useNow(Date.parse(until), skew);
  const left = (Date.parse(until) - now) / 1000;
  return (
    <span data-testid={testIds.plan.expiry} title={clock(until)}>
      {left > 0 ? `expires in ${duration(left)}` : 'expired'}
    </span>
  );
}

function useNow(until: number, skew: number): number {
  const [now, setNow] = useState(() => Date.now());
  const pace = until - now - skew < 120_000 ? 1000 : 10_000;
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), pace);
    return () => clearInterval(timer);
  }, [pace]);
  return now + skew;
}
