import { failed } from './expression.ts';

export type Labels = Readonly<Record<string, string>>;
/** One label set per distinct content and query: equal sets are the same object, so maps can use them as keys. */
export interface LabelSet {
  readonly labels: Labels;
  readonly key: string;
}
export interface Element {
  readonly labels: LabelSet;
  readonly value: number;
}

/** A source hands out the same labels object for a series again and again: its canonical form is worth keeping. */
const canonical = new WeakMap<Labels, LabelSet>();

/** Sorted by name; empty values count as absent, as everywhere in Prometheus. */
function canonicalOf(labels: Labels): LabelSet {
  const sorted: Record<string, string> = {};
  let key = '';
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name];
    if (!value) continue;
    sorted[name] = value;
    key += `${name}\u0000${value}\u0001`;
  }
  return { labels: sorted, key };
}

type Change = (set: LabelSet) => LabelSet;

/** Keeps label sets, and what they were changed into: the same queries come again and again. */
export class LabelTable {
  readonly #sets = new Map<string, LabelSet>();
  readonly #changes = new Map<string, Change>();

  of(labels: Labels): LabelSet {
    let set = canonical.get(labels);
    if (!set) canonical.set(labels, (set = canonicalOf(labels)));
    const found = this.#sets.get(set.key);
    if (found) return found;
    this.#sets.set(set.key, set);
    return set;
  }

  /** `key` says what `change` does: the same key has the same change for ever. */
  remembered(key: string, change: (labels: Labels) => Labels): Change {
    const known = this.#changes.get(key);
    if (known) return known;
    const results = new Map<LabelSet, LabelSet>();
    const made: Change = (set) => {
      let changed = results.get(set);
      if (!changed) results.set(set, (changed = this.of(change(set.labels))));
      return changed;
    };
    this.#changes.set(key, made);
    return made;
  }

  get size(): number {
    return this.#sets.size;
  }
}

/** The label sets without some labels, or with nothing but some. */
export const rid = (table: LabelTable, names: readonly string[]): Change =>
  table.remembered(`without ${names.join(' ')}`, (labels) => without(labels, ...names));
export const kept = (table: LabelTable, names: readonly string[]): Change =>
  table.remembered(`only ${names.join(' ')}`, (labels) => only(labels, names));

export function without(labels: Labels, ...names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const name in labels) if (!names.includes(name)) kept[name] = labels[name] ?? '';
  return kept;
}
export function only(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const name of names) if (labels[name]) kept[name] = labels[name];
  return kept;
}
export const nameless = (table: LabelTable): Change => rid(table, ['__name__']);

/** Dropping or rewriting labels may make two series one, which Prometheus refuses. */
export function distinct(vector: Element[]): Element[] {
  if (vector.length > 1 && new Set(vector.map((one) => one.labels)).size < vector.length)
    throw failed('vector cannot contain metrics with the same labelset');
  return vector;
}

export const printed = ({ labels }: LabelSet): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;
