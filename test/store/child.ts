import { openMongoStore } from '../../backend/src/adapters/mongodb/index.ts';
import { openSqliteStore } from '../../backend/src/adapters/sqlite/index.ts';
import { createAuditLog } from '../../backend/src/pipeline/audit.ts';
import type { Store } from '../../backend/src/pipeline/ports.ts';
import { increment } from './increment.ts';
import { incident, pending, setting } from './documents.ts';

/**
 * A process of its own on a store: `node child.ts TASK ADDRESS NAME`. It prints one line per write that the store has
 * acknowledged, so that whoever kills it knows what may not be lost.
 */
const [task = '', address = '', name = ''] = process.argv.slice(2);
const store: Store = address.startsWith('mongodb://')
  ? await openMongoStore({ uri: address, database: process.env['DATABASE'] ?? 'child' })
  : await openSqliteStore({ path: address });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Writes until it is killed: single documents, batches and audit entries. */
  async write() {
    const log = createAuditLog(store.audit, 'killed');
    for (let i = 0; ; i += 1) {
      await store.settings.insert(setting(`${name}-${i}`, i));
      say(`setting ${name}-${i}`);
      await log.append([pending(`${name}-${i}`)]);
      say(`audit ${name}-${i}`);
      await store.mutes.upsert([0, 1, 2].map((n) => mute(`${name}-${i}-${n}`)));
      say(`mutes ${name}-${i}`);
    }
  },
  /** Races with others: for the right to open, on one counter, on one chain. */
  async race() {
    for (let i = 0; i < 20; i += 1)
      say(`opened ${i} ${await store.incidents.insert(incident(`${name}-${i}`, { openKey: `target-${i}` }))}`);
    for (let i = 0; i < 100; i += 1) await increment(store.settings, 'counter');
    const log = createAuditLog(store.audit, 'race');
    await log.append(Array.from({ length: 40 }, (_, i) => pending(`${name}-${i}`)));
  },
  /** Writes until the disk (ulimit -f) is full; then says how the store put it. */
  async fill() {
    for (let i = 0; ; i += 1)
      try {
        await store.settings.insert(setting(`${name}-${i}`, 'x'.repeat(10_000)));
        say(`setting ${name}-${i}`);
      } catch (error) {
        say(`error ${JSON.stringify({ ...(error as object), message: String(error) })}`);
        return;
      }
  },
};
const mute = (id: string) => ({
  ...{ id, version: 0, schemaVersion: 1, cluster: 'c1', until: 1, why: 'w', subject: 's', createdAt: 1 },
});

say('ready');
await tasks[task]?.();
await store.close();
