export type Labels = Readonly<Record<string, string>>;

/**
 * What a part of a query may yield, in an order that stays. The list of label sets is the same again, longer by series
 * that came, until one goes: what was worked out about them holds. Values and which there are change from call to call.
 */
export interface Elements {
  /** Only who yields them adds to them. */
  readonly labels: Labels[];
  readonly values: Float64Array;
  /** 1 where there is a value now. */
  readonly present: Uint8Array;
}

/** They at a time (ms since 1970): written over by the next call. */
export type VectorAt = (time: number) => Elements;

export const elementsOf = (labels: Labels[]): Elements => ({
  labels,
  values: new Float64Array(labels.length),
  present: new Uint8Array(labels.length),
});

/** Labels without a name are given back as they are, so that what is remembered of them is found again. */
export function nameless(labels: Labels): Labels {
  if (!('__name__' in labels)) return labels;
  const { __name__: _name, ...rest } = labels;
  return rest;
}

/** Of label sets that live on in the book, this need be written down only once. */
const signatures = new WeakMap<Labels, string>();

/** Sorted, without the name, and separated by what no label holds: equal for equal label sets only. */
export function signature(labels: Labels): string {
  const known = signatures.get(labels) ?? written(labels);
  signatures.set(labels, known);
  return known;
}

const written = (labels: Labels): string =>
  Object.keys(labels)
    .filter((name) => name !== '__name__')
    .sort()
    .map((name) => `${name}\u{1}${labels[name]}`)
    .join('\u{2}');

/** Numbers the signatures of several lists of labels alike: equal numbers for equal label sets. */
export class Numbering {
  readonly #numbers = new Map<string, number>();

  get size(): number {
    return this.#numbers.size;
  }

  of(labels: readonly Labels[]): Int32Array<ArrayBuffer> {
    return Int32Array.from(labels, (one) => {
      const key = signature(one);
      const number = this.#numbers.get(key) ?? this.#numbers.size;
      this.#numbers.set(key, number);
      return number;
    });
  }
}
