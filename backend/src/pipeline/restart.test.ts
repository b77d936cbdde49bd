import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import type { WatchedQuery } from '../model/index.ts';
import { createAuditLog } from './audit.ts';
import { createDetection, randomOf } from './detect/index.ts';
import { createLedger } from './ledger.ts';
import { createObserve, type Observe } from './observe.ts';
import { createFakePorts, type Fakes } from './ports.fake.ts';

const interval = 60;
const query: WatchedQuery = {
  ...{ name: 'latency', metricType: 'latency', query: 'latency', unit: 's', aggregate: 'max', direction: 'up' },
};

let store: SqliteStore;
let fakes: Fakes;
let kept: Uint8Array | undefined;
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  fakes = createFakePorts(store);
  kept = undefined;
});
afterEach(() => store.close());

/** A process over the same store and the same snapshot file, with nothing else in common. */
async function process(): Promise<Observe> {
  const observe = createObserve({
    ports: fakes.ports,
    ledger: createLedger(fakes.ports, createAuditLog(store.audit, 'test')),
    detection: createDetection({ thresholds: { default: 0.75 } }),
    ...{ queries: [query], interval, retryDelay: 5, window: 600, warmStart: { days: 0, step: 300 }, mutes: () => [] },
    snapshots: { read: () => kept, write: (bytes) => void (kept = bytes) },
  });
  await observe.start();
  return observe;
}
async function say(observe: Observe, value: number): Promise<void> {
  fakes.advance(interval);
  const point = { timestamps: Float64Array.of(fakes.ports.clock.now()), values: Float64Array.of(value) };
  const series = [{ labels: { namespace: 'shop', deployment: 'web' }, ...point }];
  fakes.vectors.set('latency', { ok: true, dropped: 0, seconds: 0, series });
  await observe.tick();
}

describe('a restart', () => {
  it('in the middle of an anomaly opens no second one, and goes on with what was known', async () => {
    const random = randomOf(1);
    const before = await process();
    for (let i = 0; i < 400; i += 1) await say(before, 10 + random());
    for (let i = 0; i < 3; i += 1) await say(before, 30);
    before.save();
    const after = await process();
    await say(after, 30);
    expect(after.scores()[0]).toMatchObject({ state: 'anomalous' });
    expect(after.scores()[0]?.expected).toBeLessThan(16);
    for (let i = 0; i < 5; i += 1) await say(after, 10.5);
    const anomalies = await store.anomalies.find({ limit: 10 });
    expect(anomalies.map(({ open, reason }) => [open, reason])).toEqual([[false, 'BackToNormal']]);
  });

  it('keeps the state of its own accord, and starts without a damaged one', async () => {
    const before = await process();
    for (let i = 0; i < 12; i += 1) await say(before, 10);
    expect(kept?.length).toBeGreaterThan(1000);
    kept = kept?.slice(0, -3);
    await process();
    expect(fakes.logged.filter(({ message }) => message.includes('snapshot')).map(({ level }) => level)).toEqual([
      'warn',
    ]);
  });
});
