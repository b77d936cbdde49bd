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

/** Keeps the label sets of one query. */
export class LabelTable {
  readonly #sets = new Map<string, LabelSet>();

  /** Empty values count as absent, as everywhere in Prometheus. */
  of(labels: Labels): LabelSet {
    const names = Object.keys(labels)
      .filter((name) => labels[name] !== '')
      .sort();
    const key = names.map((name) => `${name}\u0000${labels[name]}`).join('\u0001');
    let found = this.#sets.get(key);
    if (!found) {
      found = { labels: Object.fromEntries(names.map((name) => [name, labels[name] ?? ''])), key };
      this.#sets.set(key, found);
    }
    return found;
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

export const without = (labels: Labels, ...names: readonly string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
export const only = (labels: Labels, names: readonly string[]): Labels =>
  Object.fromEntries(names.flatMap((name) => (labels[name] ? [[name, labels[name]]] : [])));
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
