import { z } from 'zod';
import type { Document } from '../model/index.ts';
import type { Collection, Find, Scalar } from '../pipeline/ports.ts';
import { HttpProblem } from './problems.ts';

const Cursor = z.tuple([z.union([z.string(), z.number(), z.boolean()]), z.string()]);
type After = NonNullable<Find['after']>;

const cursorOf = (after: After): string => Buffer.from(JSON.stringify([after.value, after.id])).toString('base64url');

/** What a cursor says. Throws 400: a cursor is only ever what a page's `next` was. */
function afterOf(cursor: string): After {
  try {
    const [value, id] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { value, id };
  } catch {
    throw noCursor();
  }
}

function noCursor(): HttpProblem {
  const message = 'must be the `next` of an earlier page';
  return new HttpProblem(400, 'BadRequest', `query.cursor: ${message}`, [{ field: 'query.cursor', message }]);
}

export interface PageAsk<T> {
  readonly where: NonNullable<Find['where']>;
  readonly orderBy: NonNullable<Find['orderBy']>;
  readonly limit: number;
  readonly skip?: number | undefined;
  readonly cursor?: string | undefined;
  /** What the store cannot filter by. */
  readonly keep?: (document: T) => boolean;
}

/** How many documents one request may read to fill a page; a page that stays short still names the next one. */
const scanAtMost = 2000;

/** One page of a collection; `next` is absent when the end was reached. */
export async function pageFrom<T extends Document>(
  collection: Collection<T>,
  ask: PageAsk<T>,
): Promise<{ items: T[]; next?: string }> {
  const { where, orderBy, limit, keep = () => true } = ask;
  const items: T[] = [];
  let after = ask.cursor === undefined ? undefined : afterOf(ask.cursor);
  let toSkip = ask.skip ?? 0;
  const batch = ask.keep ? 250 : limit + toSkip + 1;
  for (let scanned = 0; scanned < scanAtMost;) {
    const found = await collection.find({ where, orderBy, limit: batch, ...(after && { after }) });
    for (const [index, document] of found.entries()) {
      const wanted = keep(document);
      if (wanted && toSkip > 0) toSkip -= 1;
      else if (wanted) items.push(document);
      after = positionOf(document, orderBy.field);
      const more = index + 1 < found.length || found.length === batch;
      if (items.length === limit) return more ? { items, next: cursorOf(after) } : { items };
    }
    if (found.length < batch) return { items };
    scanned += found.length;
  }
  return after ? { items, next: cursorOf(after) } : { items };
}

/**
 * One page of several questions, their answers one behind the other: an order that no field of the documents has. The
 * cursor is `part` or `part.cursor of that part`.
 */
export async function pageFromParts<T extends Document>(
  collection: Collection<T>,
  parts: readonly PageAsk<T>['where'][],
  ask: Omit<PageAsk<T>, 'where' | 'skip'>,
): Promise<{ items: T[]; next?: string }> {
  const { index, within } = partOf(ask.cursor, parts.length);
  const items: T[] = [];
  for (const [part, where] of parts.entries()) {
    if (part < index) continue;
    const cursor = part === index ? within : undefined;
    const page = await pageFrom(collection, { ...ask, where, cursor, limit: ask.limit - items.length });
    items.push(...page.items);
    if (page.next !== undefined) return { items, next: `${part}.${page.next}` };
    if (items.length === ask.limit) return part + 1 < parts.length ? { items, next: String(part + 1) } : { items };
  }
  return { items };
}

/** Throws 400 where there is no such part. */
function partOf(cursor: string | undefined, parts: number): { index: number; within: string | undefined } {
  const [first = '', within] = cursor?.split('.') ?? ['0'];
  const index = /^\d$/.test(first) ? Number(first) : parts;
  if (index >= parts) throw noCursor();
  return { index, within };
}

const positionOf = (document: Document, field: string): After => ({
  value: (document as unknown as Record<string, Scalar>)[field] ?? '',
  id: document.id,
});
