import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { storeError } from '../../backend/src/adapters/sqlite/errors.ts';
import { openSqliteStore } from '../../backend/src/adapters/sqlite/index.ts';
import { chainContract } from './chain.ts';
import { storeContract } from './contract.ts';
import { killWriter, raceOfProcesses } from './crash.ts';
import { closed, event, incident, setting } from './documents.ts';
import { startChild } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(folder, `sub${(files += 1)}`, 'kubewise.db');
const open = (path: string) => openSqliteStore({ path, busyMilliseconds: 5000 });

describe('SQLite in memory', () => {
  storeContract((options) => openSqliteStore({ path: ':memory:', ...options }));
  describe('the audit chain', () => chainContract(() => open(':memory:')));
});

describe('SQLite in a file', () => {
  storeContract((options) => openSqliteStore({ path: newFile(), ...options }));
  describe('the audit chain', () => chainContract(() => open(newFile())));

  it('keeps everything over a restart, for its owner only', async () => {
    const path = newFile();
    const first = await open(path);
    await first.incidents.insert(incident('i'));
    await first.events.upsert([event('e')]);
    await first.close();
    const second = await open(path);
    expect(await second.incidents.get('i')).toEqual(incident('i'));
    expect(await second.events.count()).toBe(1);
    expect(await second.incidents.insert(incident('j'))).toBe('Duplicate');
    expect(statSync(path).mode & 0o077).toBe(0);
    await second.close();
  });

  it('is copied while it is written to', async () => {
    const store = await open(newFile());
    const copy = join(folder, 'copy.db');
    for (let i = 0; i < 50; i += 1) await store.settings.insert(setting(`before-${i}`, i));
    const copying = store.backup(copy);
    await store.settings.insert(setting('meanwhile', 1));
    await copying;
    await store.close();
    const restored = await open(copy);
    expect(await restored.settings.count({ id: { gte: 'before-', lt: 'before.' } })).toBe(50);
    await restored.close();
    await expect(open(newFile()).then((one) => one.backup('/proc/nowhere/copy.db'))).rejects.toMatchObject({
      system: 'store',
    });
  });

  it('takes a file of an older version: new indexed fields cover the documents that are there', async () => {
    const path = newFile();
    await (await open(path)).close();
    const db = new Database(path);
    db.exec(
      'DROP INDEX incidents_unique_openKey; DROP INDEX incidents_openKey; ALTER TABLE incidents DROP COLUMN openKey',
    );
    db.prepare('INSERT INTO incidents (id, document) VALUES (?, ?)').run('i', JSON.stringify(incident('i')));
    db.close();
    const store = await open(path);
    expect(await store.incidents.count({ openKey: { exists: true } })).toBe(1);
    expect(await store.incidents.insert(incident('j'))).toBe('Duplicate');
    await store.close();
  });

  it('answers a page from an index, not by sorting the table', async () => {
    const path = newFile();
    await (await open(path)).close();
    const db = new Database(path);
    const plan = db.prepare(
      'EXPLAIN QUERY PLAN SELECT id, document FROM anomalies WHERE ("updatedAt", id) < (?, ?) ORDER BY "updatedAt" DESC, id DESC LIMIT 100',
    );
    const steps = plan.all(1, 'a').map((row) => (row as { detail: string }).detail);
    expect(steps.join()).toMatch(/USING INDEX anomalies_updatedAt/);
    expect(steps.join()).not.toMatch(/TEMP B-TREE/);
    db.close();
  });
});

describe('SQLite failing', () => {
  it('refuses a file of a newer version and one that is none', async () => {
    const path = newFile();
    await (await open(path)).close();
    const db = new Database(path);
    db.pragma('user_version = 99');
    db.close();
    await expect(open(path)).rejects.toMatchObject({ retryable: false, message: expect.stringMatching(/newer/) });
    const text = join(folder, 'text.db');
    writeFileSync(text, 'this is no database, whatever its name says. '.repeat(100));
    await expect(open(text)).rejects.toMatchObject({ name: 'AdapterError', system: 'store', retryable: false });
    await expect(open(folder)).rejects.toMatchObject({ name: 'AdapterError', system: 'store' });
  });
  it('is retryable while another process holds the file, and works afterwards', async () => {
    const path = newFile();
    const store = await openSqliteStore({ path, busyMilliseconds: 20 });
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.settings.insert(setting('a', 1))).rejects.toMatchObject({ system: 'store', retryable: true });
    await expect(store.events.upsert([event('e')])).rejects.toMatchObject({ system: 'store', retryable: true });
    other.exec('COMMIT');
    other.close();
    expect(await store.settings.insert(setting('a', 1))).toBe('Inserted');
    await store.close();
  });
  it('takes a file system that went read-only for something that passes', async () => {
    const path = newFile();
    await (await open(path)).close();
    const readOnly = new Database(path, { readonly: true });
    const error = await Promise.resolve()
      .then(() => readOnly.exec('DELETE FROM settings'))
      .catch((reason: unknown) => storeError(reason, 'write'));
    readOnly.close();
    expect(error).toMatchObject({
      system: 'store',
      retryable: true,
      message: expect.stringMatching(/SQLITE_READONLY/),
    });
  });
  it('notices that its file was deleted: what is written now would be gone', async () => {
    const path = newFile();
    const store = await open(path);
    await expect(store.ping()).resolves.toBeUndefined();
    rmSync(path);
    await expect(store.ping()).rejects.toMatchObject({
      system: 'store',
      message: expect.stringMatching(/deleted or replaced/),
    });
    await store.close();
  });
  it('says so after it was closed', async () => {
    const store = await open(':memory:');
    await store.close();
    await expect(store.ping()).rejects.toMatchObject({ name: 'AdapterError', system: 'store' });
    await expect(store.incidents.get('x')).rejects.toMatchObject({ name: 'AdapterError', system: 'store' });
  });
  it('on a full disk: retryable, nothing acknowledged is lost, and it goes on when there is room', async () => {
    const path = newFile();
    await (await open(path)).close();
    const child = startChild('fill', path, 'full', 1000);
    await child.ended;
    const told = child.lines.at(-1) ?? '';
    expect(told).toMatch(/^error /);
    expect(JSON.parse(told.slice(6))).toMatchObject({ system: 'store', retryable: true });
    const store = await open(path);
    const written = child.lines.filter((line) => line.startsWith('setting '));
    expect(written.length).toBeGreaterThan(5);
    expect(await store.settings.count()).toBe(written.length);
    expect(await store.settings.insert(setting('room', 1))).toBe('Inserted');
    await store.close();
  });
});

describe('SQLite and several processes', () => {
  it('two race for every document, one wins each', async () => {
    const path = newFile();
    const store = await open(path);
    await raceOfProcesses(path, store);
    await store.close();
  }, 60_000);
  it('kill -9 of the writer loses nothing that was acknowledged', async () => {
    const path = newFile();
    let acknowledged = 0;
    for (let round = 0; round < 3; round += 1)
      acknowledged += await killWriter(path, `round${round}`, () => open(path));
    expect(acknowledged).toBeGreaterThan(0);
    const db = new Database(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
    const store = await open(path);
    expect(await store.incidents.insert(closed(incident('after')))).toBe('Inserted');
    await store.close();
  }, 60_000);
});
