import { elementsOf, nameless, signature, type Labels, type VectorAt } from './elements.ts';
import { UnsupportedQuery, type Expression } from './promql.ts';

type Aggregation = Expression & { kind: 'aggregate' };
/** What a group has become with one more value. */
type Fold = (before: number, value: number) => number;
const folds: Readonly<Record<string, Fold>> = {
  sum: (before, value) => before + value,
  avg: (before, value) => before + value,
  count: (before) => before,
  max: (before, value) => (value > before || Number.isNaN(before) ? value : before),
  min: (before, value) => (value < before || Number.isNaN(before) ? value : before),
};

/** Where an aggregation puts a series: what tells the group from others, and its labels. */
interface Grouping {
  readonly key: string;
  readonly labels: Labels;
}

function groupingOf({ by, without }: Aggregation, labels: Labels): Grouping {
  if (without) {
    const kept = Object.fromEntries(Object.entries(nameless(labels)).filter(([name]) => !by.includes(name)));
    return { key: signature(kept), labels: kept };
  }
  const kept = Object.fromEntries(by.flatMap((name) => (labels[name] ? [[name, labels[name]] as const] : [])));
  return { key: by.map((name) => labels[name] ?? '').join('\u{2}'), labels: kept };
}

/** Puts series to their groups; of label sets that live on, it is looked at only once. */
class Groups {
  readonly #expression: Aggregation;
  readonly #groupings = new WeakMap<Labels, Grouping>();
  readonly #numbers = new Map<string, number>();
  #from: readonly Labels[] | undefined;
  /** By series: the number of its group. */
  of = new Int32Array(0);
  labels: Labels[] = [];

  constructor(expression: Aggregation) {
    this.#expression = expression;
  }

  /** Takes up series that came; answers whether there were any. */
  follow(all: readonly Labels[]): boolean {
    if (all === this.#from && all.length === this.of.length) return false;
    if (all !== this.#from) this.#forget();
    this.#from = all;
    const numbers = new Int32Array(all.length);
    numbers.set(this.of);
    for (let i = this.of.length; i < all.length; i += 1) numbers[i] = this.#numberOf(all[i] ?? {});
    this.of = numbers;
    return true;
  }

  #forget(): void {
    this.#numbers.clear();
    this.of = new Int32Array(0);
    this.labels = [];
  }

  #numberOf(labels: Labels): number {
    const grouping = this.#groupings.get(labels) ?? groupingOf(this.#expression, labels);
    this.#groupings.set(labels, grouping);
    const number = this.#numbers.get(grouping.key) ?? this.labels.push(grouping.labels) - 1;
    this.#numbers.set(grouping.key, number);
    return number;
  }
}

/** sum, avg, count, max, min of what `arg` yields, by group. */
export function aggregated(expression: Aggregation, arg: VectorAt): VectorAt {
  const { op } = expression;
  const fold = folds[op];
  if (!fold) throw new UnsupportedQuery(`${op} is not supported`);
  const groups = new Groups(expression);
  let counts = new Float64Array(0);
  let elements = elementsOf([]);
  return (time) => {
    const { labels, values, present } = arg(time);
    if (groups.follow(labels)) {
      elements = elementsOf(groups.labels);
      counts = new Float64Array(groups.labels.length);
    }
    const { of } = groups;
    counts.fill(0);
    for (let i = 0; i < of.length; i += 1) {
      if (present[i] === 0) continue;
      const group = of[i] ?? 0;
      const value = values[i] ?? NaN;
      elements.values[group] = counts[group] === 0 ? value : fold(elements.values[group] ?? NaN, value);
      counts[group] = (counts[group] ?? 0) + 1;
    }
    for (let i = 0; i < counts.length; i += 1) {
      const count = counts[i] ?? 0;
      elements.present[i] = count > 0 ? 1 : 0;
      if (op === 'count') elements.values[i] = count;
      else if (op === 'avg') elements.values[i] = (elements.values[i] ?? NaN) / count;
    }
    return elements;
  };
}
