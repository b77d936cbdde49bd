import { afterAll, describe, expect, it } from 'vitest';
import { openMongoStore } from '../../backend/src/adapters/mongodb/index.ts';
import { chainContract } from '../store/chain.ts';
import { storeContract } from '../store/contract.ts';
import { killWriter, raceOfProcesses } from '../store/crash.ts';
import { incident } from '../store/documents.ts';
import { startMongo } from '../store/mongo/server.ts';

const server = await startMongo();
let databases = 0;
const newDatabase = (): string => `store_${process.pid}_${(databases += 1)}`;
const open = (database: string, uri = server?.uri ?? '') => openMongoStore({ uri, database });

describe.skipIf(!server)('MongoDB', () => {
  afterAll(() => server?.stop());

  storeContract((options) => openMongoStore({ uri: server?.uri ?? '', database: newDatabase(), ...options }));
  describe('the audit chain', () => chainContract(() => open(newDatabase())));

  it('keeps everything over a reconnect', async () => {
    const database = newDatabase();
    const first = await open(database);
    await first.incidents.insert(incident('i'));
    await first.close();
    const second = await open(database);
    expect(await second.incidents.get('i')).toEqual(incident('i'));
    expect(await second.incidents.insert(incident('j'))).toBe('Duplicate');
    await second.close();
  });

  describe('and several processes', () => {
    // The children open this one.
    process.env['DATABASE'] = newDatabase();
    const database = process.env['DATABASE'];

    it('two race for every document, one wins each', async () => {
      const store = await open(database);
      await raceOfProcesses(server?.uri ?? '', store);
      await store.close();
    });
    it('kill -9 of the writer loses nothing that was acknowledged', async () => {
      let acknowledged = 0;
      for (let i = 0; i < 5; i += 1) acknowledged += await killWriter(server?.uri ?? '', `w${i}`, () => open(database));
      expect(acknowledged).toBeGreaterThan(0);
    });
  });

  it('is out of reach in a way that may pass', async () => {
    const nobody = open('x', 'mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300');
    await expect(nobody).rejects.toMatchObject({ system: 'store', retryable: true });
  });
});
