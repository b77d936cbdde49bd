import { collections, type CollectionName } from '../model/index.ts';
import { AdapterError, type Ports, type Store } from './ports.ts';

export interface HousekeepingParts {
  readonly ports: Pick<Ports, 'store' | 'clock' | 'recorder' | 'log'>;
  /** How long closed incidents, ended anomalies, events and resolved alerts are kept (days). */
  readonly retentionDays: number;
}

/** Keeps the store from growing for ever; counts what is in it. The audit log is never touched: its chain must hold. */
export interface Housekeeping {
  /** One round; how many documents went. */
  tidy(): Promise<number>;
  run(signal: AbortSignal): Promise<void>;
}

/** Between two rounds (s of domain time). */
const interval = 3600;

/** What is over and older than `before` (Unix s): never what is still open, nor what a person has judged: that is learnt from. */
async function forget(store: Store, before: number): Promise<number> {
  const old = { lt: before };
  const gone = [
    await store.incidents.deleteWhere({ updatedAt: old, openKey: { exists: false } }),
    await store.anomalies.deleteWhere({ updatedAt: old, open: false, 'feedback.verdict': { exists: false } }),
    await store.events.deleteWhere({ lastSeen: old }),
    await store.alerts.deleteWhere({ receivedAt: old, status: 'resolved' }),
    await store.mutes.deleteWhere({ until: old }),
  ];
  return gone.reduce((sum, one) => sum + one, 0);
}

export function createHousekeeping({ ports, retentionDays }: HousekeepingParts): Housekeeping {
  const { store, clock, recorder, log } = ports;

  async function tidy(): Promise<number> {
    const gone = await forget(store, clock.now() - retentionDays * 86_400);
    for (const name of Object.keys(collections) as CollectionName[])
      recorder.gauge('kubewise_store_documents', await store[name].count(), { collection: name });
    recorder.gauge('kubewise_last_success_timestamp_seconds', clock.now(), { component: 'housekeeping' });
    if (gone > 0)
      log.info({ module: 'housekeeping', gone }, `${gone} documents older than ${retentionDays} days deleted`);
    return gone;
  }

  return {
    tidy,
    async run(signal) {
      while (!signal.aborted) {
        const release = clock.hold();
        try {
          await tidy();
        } catch (error) {
          const level = error instanceof AdapterError ? 'debug' : 'error';
          log[level]({ module: 'housekeeping', err: error }, 'old documents could not be deleted; trying again later');
          recorder.count('kubewise_cycle_errors_total', { loop: 'housekeeping' });
        } finally {
          release();
        }
        await clock.sleep(interval, signal);
      }
    },
  };
}
