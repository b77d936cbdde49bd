import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import type { WatchedQuery } from '../model/index.ts';
import { createFakePorts, type Fakes } from './ports.fake.ts';
import { createTraining, type ModelFile } from './train.ts';

const query: WatchedQuery = {
  ...{ name: 'cpu', metricType: 'cpu', query: 'cpu', unit: '', aggregate: 'sum', direction: 'up' },
};
const work = { progress: () => undefined, signal: new AbortController().signal };

let store: SqliteStore;
let fakes: Fakes;
let kept: string | undefined;
const file: ModelFile = { path: 'model.json', read: () => kept, write: (text) => void (kept = text) };
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  fakes = createFakePorts(store);
  kept = undefined;
});
afterEach(() => store.close());

const training = () =>
  createTraining({
    ports: fakes.ports,
    file,
    seed: 1,
    window: 600,
    step: 300,
    threshold: -0.2,
    queries: () => [query],
  });
function remember(samples: number): void {
  const timestamps = Float64Array.from({ length: samples }, (_, i) => 1_700_000_000 + 300 * i);
  const values = timestamps.map((at, i) => 1 + 0.3 * Math.sin(at / 9000) + ((i * 7919) % 13) / 100);
  const series = [{ labels: { namespace: 'shop', deployment: 'web' }, timestamps, values }];
  fakes.vectors.set('cpu', { ok: true, dropped: 0, seconds: 0, series });
}

describe('training the Isolation Forest', () => {
  it('trains on history, writes its file, and the next process takes it up', async () => {
    remember(600);
    const first = training();
    expect(first.info()).toMatchObject({ trained: false });
    const done = await first.train(2, work);
    expect(done).toMatchObject({ ok: true, value: { trained: true, metricTypes: ['cpu'], trees: 100 } });
    const second = training();
    second.load();
    expect(second.info()).toMatchObject({ trained: true, evaluation: { trainedWindows: 240 } });
    second.add(0, 'Deployment/shop/web', 'cpu');
  });

  it('refuses a file that is no model, says so at error, and goes on without it', () => {
    kept = 'PK\u0003\u0004 not a model';
    const made = training();
    made.load();
    expect(made.info()).toMatchObject({ trained: false, reason: 'NotAModel' });
    expect(fakes.logged).toEqual([expect.objectContaining({ level: 'error' })]);
    expect(made.judge('Deployment/shop/web')).toBeUndefined();
  });

  it('says when there is too little history, and leaves the old file alone', async () => {
    remember(20);
    kept = 'old';
    expect(await training().train(1, work)).toMatchObject({ ok: false, reason: 'TooLittleHistory' });
    expect(kept).toBe('old');
  });
});
