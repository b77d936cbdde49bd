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
function createGrouper(expression: Aggregation) {
  const known = new WeakMap<Labels, Grouping>();
  return (all: readonly Labels[]) => {
    const numbers = new Map<string, number>();
    const labels: Labels[] = [];
    const groups = Int32Array.from(all, (one) => {
      const grouping = known.get(one) ?? groupingOf(expression, one);
      known.set(one, grouping);
      const number = numbers.get(grouping.key) ?? labels.push(grouping.labels) - 1;
      numbers.set(grouping.key, number);
      return number;
    });
    return { groups, labels };
  };
}

/** sum, avg, count, max, min of what `arg` yields, by group. */
export function aggregated(expression: Aggregation, arg: VectorAt): VectorAt {
  const { op } = expression;
  const fold = folds[op];
  if (!fold) throw new UnsupportedQuery(`${op} is not supported`);
  const grouped = createGrouper(expression);
  let from: readonly Labels[] | undefined;
  let groups = new Int32Array(0);
  let counts = new Float64Array(0);
  let elements = elementsOf([]);
  return (time) => {
    const { labels, values, present } = arg(time);
    if (labels !== from) {
      from = labels;
      const made = grouped(labels);
      groups = made.groups;
      elements = elementsOf(made.labels);
      counts = new Float64Array(made.labels.length);
    }
    counts.fill(0);
    for (let i = 0; i < groups.length; i += 1) {
      if (present[i] === 0) continue;
      const group = groups[i] ?? 0;
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
