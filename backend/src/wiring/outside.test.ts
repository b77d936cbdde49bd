import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { fakeIncident } from '../pipeline/ports.fake.ts';
import { openStore } from './outside.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubewise-outside-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a document that cannot be read is said once and keeps no other from being found', async () => {
  const said: object[] = [];
  const quiet = (): void => undefined;
  const log = { debug: quiet, info: quiet, warn: quiet, error: (fields: object) => void said.push(fields) };
  const { config } = loadConfig({ DATA_DIR: folder });
  const store = await openStore(config, log);
  const { openKey: _open, ...closed } = fakeIncident({ id: 'old' });
  await store.incidents.insert(closed);
  await store.incidents.insert(fakeIncident());
  const db = new Database(join(folder, 'kubewise.db'));
  db.prepare(`UPDATE incidents SET document = json_set(document, '$.phase', 'Unheard') WHERE id = 'old'`).run();
  db.close();
  for (let look = 0; look < 3; look += 1)
    expect((await store.incidents.find({ limit: 10 })).map((one) => one.id)).toEqual(['incident-1']);
  expect(said).toMatchObject([{ collection: 'incidents', id: 'old' }]);
  await store.close();
});
