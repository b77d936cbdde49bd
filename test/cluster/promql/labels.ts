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

/** Keeps the label sets of one query. */
export class LabelTable {
  readonly #sets = new Map<string, LabelSet>();

  of(labels: Labels): LabelSet {
    let set = canonical.get(labels);
    if (!set) canonical.set(labels, (set = canonicalOf(labels)));
    const found = this.#sets.get(set.key);
    if (found) return found;
    this.#sets.set(set.key, set);
    return set;
  }
}

/** Remembers what a set became, so that a range query builds each label set once and not once per step. */
export function remembered(change: (labels: Labels) => Labels, table: LabelTable): (set: LabelSet) => LabelSet {
  const known = new Map<LabelSet, LabelSet>();
  return (set) => {
    let changed = known.get(set);
    if (!changed) known.set(set, (changed = table.of(change(set.labels))));
    return changed;
  };
}

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
export const nameless = (table: LabelTable): ((set: LabelSet) => LabelSet) =>
  remembered((labels) => without(labels, '__name__'), table);

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
