import type { SimClock } from '../clock.ts';
import type { KubeClient } from './client.ts';
import { createInformer, type Informer } from './informer.ts';
import { resourceOf, type Resource } from './resources.ts';

/** One informer per kind, however many ask for it. */
export interface Informers {
  /** By kind from the table, or by resource for custom kinds. Starts it when it is the first to ask. */
  of(resource: string | Resource): Informer;
  /** When everything that was asked for has been listed. */
  synced(): Promise<void>;
  /** Changes found by relists that no watch had told, over all kinds. */
  missed(): number;
  stop(): void;
}

export function createInformers(
  client: KubeClient,
  clock: SimClock,
  onError: (error: unknown, what: string) => void,
): Informers {
  const byKind = new Map<string, Informer>();
  client.onWritten((object) => byKind.get(`${object['apiVersion']} ${object['kind']}`)?.observe(object));

  function of(wanted: string | Resource): Informer {
    const resource = typeof wanted === 'string' ? resourceOf(wanted) : wanted;
    const key = `${resource.apiVersion} ${resource.kind}`;
    const found = byKind.get(key);
    if (found) return found;
    const onFailure = (error: unknown): void => onError(error, `informer ${resource.kind}`);
    const informer = createInformer({ client, clock, resource, onError: onFailure });
    byKind.set(key, informer);
    return informer;
  }

  return {
    of,
    async synced() {
      await Promise.all([...byKind.values()].map((informer) => informer.synced));
    },
    missed: () => [...byKind.values()].reduce((sum, informer) => sum + informer.missed, 0),
    stop() {
      for (const informer of byKind.values()) informer.stop();
    },
  };
}
