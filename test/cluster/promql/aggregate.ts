import { failed } from './expression.ts';
import { kept, rid, type Element, type LabelSet, type LabelTable } from './labels.ts';
import { goNumber } from './print.ts';
import { quantileOf } from './range-functions.ts';

export interface Grouping {
  readonly labels: readonly string[];
  readonly without: boolean;
}

/** Aggregations of a group's values to one number. */
const numeric: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  avg: (values) => values.reduce((sum, value) => sum + value / values.length, 0),
  count: (values) => values.length,
  group: () => 1,
  min: (values) => extreme(values, (a, b) => a < b),
  max: (values) => extreme(values, (a, b) => a > b),
  stdvar: variance,
  stddev: (values) => Math.sqrt(variance(values)),
};

/** NaN only wins when there is nothing else. */
function extreme(values: readonly number[], better: (a: number, b: number) => boolean): number {
  let best = NaN;
  for (const value of values) if (Number.isNaN(best) || better(value, best)) best = value;
  return best;
}
function variance(values: readonly number[]): number {
  let [count, mean, squares] = [0, 0, 0];
  for (const value of values) {
    count += 1;
    const delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  return squares / count;
}

export const parameterised: Readonly<Record<string, 'scalar' | 'string'>> = {
  topk: 'scalar',
  bottomk: 'scalar',
  quantile: 'scalar',
  count_values: 'string',
};
export const isAggregation = (operator: string): boolean => operator in numeric || operator in parameterised;

/** `parameter` is k, q or the label of count_values. */
export type Aggregation = (vector: readonly Element[], parameter: number | string | undefined) => Element[];

export function aggregation(operator: string, grouping: Grouping, table: LabelTable): Aggregation {
  const groupOf = grouping.without ? rid(table, ['__name__', ...grouping.labels]) : kept(table, grouping.labels);
  const reduce = numeric[operator];
  if (reduce)
    return (vector) =>
      [...groups(vector, groupOf)].map(([labels, members]) => ({
        labels,
        value: reduce(members.map((one) => one.value)),
      }));
  if (operator === 'quantile')
    return (vector, q) =>
      [...groups(vector, groupOf)].map(([labels, members]) => ({
        labels,
        value: quantileOf(
          Number(q),
          Float64Array.from(members, (one) => one.value),
        ),
      }));
  if (operator === 'count_values') return (vector, label) => countValues(groups(vector, groupOf), String(label), table);
  return (vector, k) =>
    [...groups(vector, groupOf).values()].flatMap((members) => ranked(members, operator, Number(k)));
}

function groups(vector: readonly Element[], groupOf: (set: LabelSet) => LabelSet): Map<LabelSet, Element[]> {
  const found = new Map<LabelSet, Element[]>();
  for (const element of vector) {
    const group = groupOf(element.labels);
    const members = found.get(group);
    if (members) members.push(element);
    else found.set(group, [element]);
  }
  return found;
}

/** The k largest or smallest, best first; NaN goes last either way. */
function ranked(members: readonly Element[], operator: string, k: number): Element[] {
  if (Number.isNaN(k) || !Number.isFinite(k)) throw failed(`Scalar value ${k} overflows int64`);
  const sign = operator === 'topk' ? -1 : 1;
  const order = (a: number, b: number): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a === b ? 0 : sign * (a - b);
  };
  return [...members].sort((a, b) => order(a.value, b.value)).slice(0, Math.max(0, Math.trunc(k)));
}

function countValues(found: Map<LabelSet, Element[]>, label: string, table: LabelTable): Element[] {
  const counts = new Map<LabelSet, number>();
  for (const [group, members] of found)
    for (const { value } of members) {
      const labels = table.of({ ...group.labels, [label]: goNumber(value) });
      counts.set(labels, (counts.get(labels) ?? 0) + 1);
    }
  return [...counts].map(([labels, value]) => ({ labels, value }));
}
