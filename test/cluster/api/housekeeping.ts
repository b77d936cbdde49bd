import type { Context } from './context.ts';

export interface Housekeeping {
  stop(): void;
}

export function startHousekeeping(_context: Context): Housekeeping {
  return { stop: () => undefined };
}
