import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { createAuditLog } from '../../backend/src/pipeline/audit.ts';
import type { Store } from '../../backend/src/pipeline/ports.ts';
import { setting } from './documents.ts';
import { startChild } from './processes.ts';

/** Two real processes race; afterwards every race has one winner and nothing was lost. */
export async function raceOfProcesses(address: string, store: Store): Promise<void> {
  await store.settings.insert(setting('counter', 0));
  const children = ['left', 'right'].map((name) => startChild('race', address, name));
  await Promise.all(children.map((child) => child.ended));
  const opened = children.flatMap((child) => child.lines).filter((line) => line.endsWith('Inserted'));
  expect(opened.map((line) => line.split(' ')[1]).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`).sort());
  expect(await store.settings.get('counter')).toMatchObject({ value: 200, version: 200 });
  expect(await createAuditLog(store.audit, 'race').verify()).toMatchObject({ ok: true, entries: 80 });
}

/** Kills a writing process with SIGKILL after a random time, and reads what it had been told was safe. */
export async function killWriter(address: string, name: string, open: () => Promise<Store>): Promise<number> {
  const child = startChild('write', address, name);
  await child.ready();
  await pause(20 + Math.random() * 150);
  child.process.kill('SIGKILL');
  await child.ended;
  const store = await open();
  const acknowledged = child.lines.slice(1);
  for (const line of acknowledged) {
    const [kind, id = ''] = line.split(' ');
    if (kind === 'setting') expect(await store.settings.get(id), line).toBeDefined();
    else if (kind === 'audit') expect(await store.audit.get(id), line).toBeDefined();
    else expect(await store.mutes.count({ id: { gte: `${id}-0`, lte: `${id}-9` } }), line).toBe(3);
  }
  expect(await createAuditLog(store.audit, 'killed').verify()).toMatchObject({ ok: true });
  await store.close();
  return acknowledged.length;
}
