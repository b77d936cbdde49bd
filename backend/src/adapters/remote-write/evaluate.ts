import { extrapolatedGrowth } from './extrapolated.ts';
import { bucketQuantile, type Bucket } from './histogram.ts';
import { UnsupportedQuery, type Expression, type Selector } from './promql.ts';
import { createWindow, type SampleRings, type Window } from './sample-rings.ts';
import type { Row } from './series-book.ts';

type Labels = Readonly<Record<string, string>>;
/** One series at the instant of the evaluation. */
export interface Element {
  readonly labels: Labels;
  readonly value: number;
}
type Vector = readonly Element[];
type Value = Vector | number;

/** What is evaluated: pushed samples, at `at` (ms since 1970). */
export interface Instant {
  readonly at: number;
  readonly rings: SampleRings;
  readonly selected: (selector: Selector) => readonly Row[];
}

/** Prometheus' default: a value counts for five minutes, unless its series has ended. */
const lookback = 300_000;
const window: Window = createWindow();

/** Evaluates an expression as Prometheus 2 does. Throws UnsupportedQuery. */
export function evaluate(expression: Expression, instant: Instant): Value {
  if (expression.kind === 'number') return expression.value;
  if (expression.kind === 'select') return current(expression, instant);
  if (expression.kind === 'call') return call(expression, instant);
  if (expression.kind === 'aggregate')
    return aggregated(expression, vectorOf(evaluate(expression.arg, instant), expression.op));
  return binary(expression.op, evaluate(expression.left, instant), evaluate(expression.right, instant));
}

function vectorOf(value: Value, whose: string): Vector {
  if (typeof value === 'number') throw new UnsupportedQuery(`${whose} needs series, not a number`);
  return value;
}

/** Labels without a name are given back as they are, so that what is remembered of them is found again. */
function nameless(labels: Labels): Labels {
  if (!('__name__' in labels)) return labels;
  const { __name__: _name, ...rest } = labels;
  return rest;
}

function current(selector: Selector, { at, rings, selected }: Instant): Vector {
  if (selector.range !== undefined) throw new UnsupportedQuery('a range needs a function over it');
  const found: Element[] = [];
  for (const { row, labels } of selected(selector)) {
    const value = rings.latest(row, at - lookback, at);
    if (value !== undefined) found.push({ labels, value });
  }
  return found;
}

function call({ name, args }: Expression & { kind: 'call' }, instant: Instant): Value {
  if (name === 'time') return instant.at / 1000;
  const [first, second] = args;
  if (!first) throw new UnsupportedQuery(`${name} needs an argument`);
  if (first.kind === 'select' && first.range !== undefined) return growths(first, first.range, name, instant);
  const value = evaluate(first, instant);
  if (typeof value !== 'number') throw new UnsupportedQuery(`${name} needs a number`);
  if (name === 'vector') return [{ labels: {}, value }];
  if (!second) throw new UnsupportedQuery(`${name} needs a second argument`);
  return quantiles(value, vectorOf(evaluate(second, instant), name));
}

function growths(selector: Selector, range: number, name: string, { at, rings, selected }: Instant): Vector {
  const found: Element[] = [];
  for (const { row, nameless: own } of selected(selector)) {
    rings.window(row, at - range, at, window);
    const growth = extrapolatedGrowth(window, at - range, at);
    if (growth !== undefined) found.push({ labels: own, value: name === 'rate' ? growth / (range / 1000) : growth });
  }
  return found;
}

/** Of label sets that live on in the book, this need be written down only once. */
const signatures = new WeakMap<Labels, string>();

/** Sorted and separated by what no label holds: equal for equal label sets only. */
function signature(labels: Labels): string {
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

function quantiles(q: number, vector: Vector): Vector {
  const groups = new Map<string, { readonly labels: Labels; readonly buckets: Bucket[] }>();
  for (const { labels, value } of vector) {
    const { le, ...rest } = nameless(labels);
    if (le === undefined) continue;
    const key = signature(rest);
    const group = groups.get(key) ?? { labels: rest, buckets: [] };
    group.buckets.push({ upper: le === '+Inf' ? Infinity : Number(le), count: value });
    groups.set(key, group);
  }
  return [...groups.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(q, buckets) }));
}

/** Where an aggregation puts a series: what tells the group from others, and its labels. */
interface Grouping {
  readonly key: string;
  readonly labels: Labels;
}
const groupings = new WeakMap<Expression, WeakMap<Labels, Grouping>>();

interface Group {
  readonly labels: Labels;
  value: number;
  count: number;
}
const folds: Readonly<Record<string, (before: number, value: number) => number>> = {
  sum: (before, value) => before + value,
  avg: (before, value) => before + value,
  count: (before) => before,
  max: (before, value) => (value > before || Number.isNaN(before) ? value : before),
  min: (before, value) => (value < before || Number.isNaN(before) ? value : before),
};

function grouping(labels: Labels, by: readonly string[], without: boolean): Labels {
  const kept = without
    ? Object.entries(nameless(labels)).filter(([name]) => !by.includes(name))
    : by.flatMap((name) => (labels[name] ? [[name, labels[name]] as const] : []));
  return Object.fromEntries(kept);
}

function groupingOf({ by, without }: Expression & { kind: 'aggregate' }, labels: Labels): Grouping {
  const group = grouping(labels, by, without);
  const key = without ? signature(group) : by.map((name) => labels[name] ?? '').join('\u{2}');
  return { key, labels: group };
}

function aggregated(expression: Expression & { kind: 'aggregate' }, vector: Vector): Vector {
  const { op } = expression;
  const groups = new Map<string, Group>();
  const fold = folds[op];
  if (!fold) throw new UnsupportedQuery(`${op} is not supported`);
  const known = groupings.get(expression) ?? new WeakMap<Labels, Grouping>();
  groupings.set(expression, known);
  for (const element of vector) {
    const { value } = element;
    let place = known.get(element.labels);
    if (!place) known.set(element.labels, (place = groupingOf(expression, element.labels)));
    const group = groups.get(place.key);
    if (!group) groups.set(place.key, { labels: place.labels, value, count: 1 });
    else {
      group.value = fold(group.value, value);
      group.count += 1;
    }
  }
  return [...groups.values()].map(({ labels, value, count }) => ({
    labels,
    value: op === 'avg' ? value / count : op === 'count' ? count : value,
  }));
}

const operations: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

function binary(op: string, left: Value, right: Value): Value {
  if (op === 'or') return either(vectorOf(left, 'or'), vectorOf(right, 'or'));
  const operate = operations[op];
  if (!operate) throw new UnsupportedQuery(`${op} is not supported`);
  if (typeof left === 'number')
    return typeof right === 'number'
      ? operate(left, right)
      : right.map(({ labels, value }) => ({ labels: nameless(labels), value: operate(left, value) }));
  if (typeof right === 'number')
    return left.map(({ labels, value }) => ({ labels: nameless(labels), value: operate(value, right) }));
  return matched(left, right, operate);
}

/** One to one, over all labels but the name. */
function matched(left: Vector, right: Vector, operate: (left: number, right: number) => number): Vector {
  const others = bySignature(right);
  bySignature(left);
  return left.flatMap(({ labels, value }) => {
    const other = others.get(signature(labels));
    return other ? [{ labels: nameless(labels), value: operate(value, other.value) }] : [];
  });
}

function bySignature(vector: Vector): ReadonlyMap<string, Element> {
  const found = new Map(vector.map((element) => [signature(element.labels), element]));
  if (found.size < vector.length) throw new UnsupportedQuery('several series have the same labels on one side');
  return found;
}

function either(left: Vector, right: Vector): Vector {
  const known = new Set(left.map(({ labels }) => signature(labels)));
  return [...left, ...right.filter(({ labels }) => !known.has(signature(labels)))];
}
