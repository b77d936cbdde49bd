import { digestOf, type AuditEntry, type PendingAudit } from '../model/index.ts';
import { AdapterError, type Collection } from './ports.ts';

const genesis = '0'.repeat(64);
const unsigned = ({ hash: _, version: _v, schemaVersion: _s, ...entry }: AuditEntry) => entry;
/** The hash of a link covers everything in it, the hash before it included. */
export const hashOf = (entry: AuditEntry): string => digestOf(unsigned(entry));

export interface AuditLog {
  /**
   * Appends what is not in the chain yet; resolves when it is durable. Safe to repeat with the same entries. Throws
   * AdapterError when the store fails or the end of the chain cannot be read.
   */
  append(entries: readonly PendingAudit[]): Promise<void>;
  verify(): Promise<{ readonly ok: boolean; readonly entries: number; readonly message: string }>;
}

/**
 * An append-only chain per writer, in the store. (writer, seq) is unique, so that a second process on the same chain
 * loses the race, re-reads the head and goes on behind it.
 */
export function createAuditLog(collection: Collection<AuditEntry>, writer: string): AuditLog {
  let tail: Promise<unknown> = Promise.resolve();
  const head = async (): Promise<AuditEntry | undefined> => {
    const [newest] = await collection.find({
      where: { writer },
      orderBy: { field: 'seq', direction: 'desc' },
      limit: 1,
    });
    return newest;
  };
  const link = (entry: PendingAudit, before: AuditEntry | undefined): AuditEntry => {
    const { id, at, subject, action, object, reason, message } = entry;
    const plain = {
      ...{ id, at, subject, action, object, reason, message },
      ...{ version: 0, schemaVersion: 1, writer, seq: (before?.seq ?? -1) + 1, previousHash: before?.hash ?? genesis },
      hash: '',
    };
    return { ...plain, hash: hashOf(plain) };
  };
  const appendOne = async (entry: PendingAudit): Promise<void> => {
    for (let taken = -1; ;) {
      if (await collection.get(entry.id)) return;
      const next = link(entry, await head());
      // Whoever took this place must be the head by now, unless it cannot be read.
      if (next.seq === taken) throw unreadable(writer, taken);
      if ((await collection.insert(next)) === 'Inserted') return;
      taken = next.seq;
    }
  };
  const appendAll = async (entries: readonly PendingAudit[]): Promise<void> => {
    for (const entry of entries) await appendOne(entry);
  };
  return {
    append(entries) {
      const next = tail.then(() => appendAll(entries));
      tail = next.catch(() => undefined);
      return next;
    },
    verify: () => verifyChain(collection, writer),
  };
}

const unreadable = (writer: string, seq: number): AdapterError =>
  new AdapterError('store', `audit chain ${writer}: entry ${seq} cannot be read, so nothing can follow it`, {
    retryable: false,
  });

async function verifyChain(collection: Collection<AuditEntry>, writer: string) {
  let before: AuditEntry | undefined;
  let entries = 0;
  for (;;) {
    const page = await collection.find({
      where: { writer },
      orderBy: { field: 'seq', direction: 'asc' },
      limit: 500,
      ...(before && { after: { value: before.seq, id: before.id } }),
    });
    for (const entry of page) {
      const wrong = brokenLink(entry, before);
      if (wrong) return { ok: false, entries, message: `entry ${entry.seq} (${entry.id}): ${wrong}` };
      before = entry;
      entries += 1;
    }
    if (page.length === 0) return { ok: true, entries, message: `${entries} entries, unbroken` };
  }
}

function brokenLink(entry: AuditEntry, before: AuditEntry | undefined): string | undefined {
  if (entry.seq !== (before?.seq ?? -1) + 1)
    return `expected sequence number ${(before?.seq ?? -1) + 1}; an entry is missing`;
  if (entry.previousHash !== (before?.hash ?? genesis)) return 'does not continue the entry before it';
  if (hashOf(entry) !== entry.hash) return 'was changed after it was written';
  return undefined;
}
