import { setImmediate as turn } from 'node:timers/promises';
import { createClaimKeeper } from './claims.ts';
import { createGarbageCollector } from './garbage.ts';
import { createNamespaceKeeper } from './namespaces.ts';
import { createQuotaKeeper } from './quota.ts';
import type { Context } from './context.ts';
import type { Keeper } from './keeper.ts';

export interface Housekeeping {
  stop(): void;
}

/**
 * Garbage collection, namespace clean-up and quota status: they run on the turn after a change, with the clock held, so
 * that their work is part of the instant in which its cause happened.
 */
export function startHousekeeping(context: Context): Housekeeping {
  const keepers: readonly Keeper[] = [
    createNamespaceKeeper(context),
    createGarbageCollector(context),
    createClaimKeeper(context),
    createQuotaKeeper(context),
  ];
  let due = false;
  let stopped = false;

  async function run(): Promise<void> {
    const release = context.clock.hold();
    await turn();
    due = false;
    if (!stopped) for (const keeper of keepers) keeper.work();
    release();
  }

  const stop = context.store.subscribe((shelf, event) => {
    for (const keeper of keepers) keeper.note(shelf, event);
    if (due) return;
    due = true;
    void run();
  });
  return {
    stop() {
      stopped = true;
      stop();
    },
  };
}
