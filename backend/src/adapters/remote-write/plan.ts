import { aggregated } from './aggregated.ts';
import { elementsOf, nameless, Numbering, type Elements, type Labels, type VectorAt } from './elements.ts';
import { extrapolatedGrowth } from './extrapolated.ts';
import { UnsupportedQuery, type Expression, type Selector } from './promql.ts';
import { quantiles } from './quantiles.ts';
import { createWindow, type SampleRings } from './sample-rings.ts';
import type { Row } from './series-book.ts';

/** What queries are about. */
export interface Pushed {
  readonly rings: SampleRings;
  /** The same list again, as long as nothing came or went. */
  readonly selected: (selector: Selector) => readonly Row[];
}

/** A query made ready: at any time (ms since 1970) it yields what Prometheus 2 yields, until the next call. */
export type Plan =
  | { readonly kind: 'number'; readonly at: (time: number) => number }
  | { readonly kind: 'vector'; readonly at: VectorAt };
type Operation = (left: number, right: number) => number;

/** Prometheus' default: a value counts for five minutes, unless its series has ended. */
const lookback = 300_000;

const operations: Readonly<Record<string, Operation>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

const numberOf = (at: (time: number) => number): Plan => ({ kind: 'number', at });
const vectorOf = (at: VectorAt): Plan => ({ kind: 'vector', at });

/** Works out all of a query that does not depend on the time. Throws UnsupportedQuery. */
export function planOf(expression: Expression, pushed: Pushed): Plan {
  if (expression.kind === 'number') return numberOf(() => expression.value);
  if (expression.kind === 'select') return vectorOf(current(expression, pushed));
  if (expression.kind === 'call') return call(expression, pushed);
  if (expression.kind === 'aggregate')
    return vectorOf(aggregated(expression, vector(planOf(expression.arg, pushed), expression.op)));
  return binary(expression.op, planOf(expression.left, pushed), planOf(expression.right, pushed));
}

function vector(plan: Plan, whose: string): VectorAt {
  if (plan.kind === 'number') throw new UnsupportedQuery(`${whose} needs series, not a number`);
  return plan.at;
}

/** Reads something of each selected series: `read` puts it to its place, or says that there is nothing. */
function selection(
  selector: Selector,
  { selected }: Pushed,
  labelsOf: (row: Row) => Labels,
  read: (row: number, time: number, into: Float64Array, at: number) => boolean,
): VectorAt {
  let from: readonly Row[] | undefined;
  let rows = new Int32Array(0);
  let elements = elementsOf([]);
  return (time) => {
    const found = selected(selector);
    if (found !== from || found.length > rows.length) {
      const labels = found === from ? elements.labels : [];
      for (const one of found.slice(labels.length)) labels.push(labelsOf(one));
      from = found;
      rows = Int32Array.from(found, ({ row }) => row);
      elements = elementsOf(labels);
    }
    for (let i = 0; i < rows.length; i += 1) elements.present[i] = read(rows[i] ?? 0, time, elements.values, i) ? 1 : 0;
    return elements;
  };
}

function current(selector: Selector, pushed: Pushed): VectorAt {
  if (selector.range !== undefined) throw new UnsupportedQuery('a range needs a function over it');
  const { rings } = pushed;
  return selection(
    selector,
    pushed,
    ({ labels }) => labels,
    (row, time, into, at) => rings.latest(row, time - lookback, time, into, at),
  );
}

function call({ name, args }: Expression & { kind: 'call' }, pushed: Pushed): Plan {
  if (name === 'time') return numberOf((time) => time / 1000);
  const [first, second] = args;
  if (!first) throw new UnsupportedQuery(`${name} needs an argument`);
  if (first.kind === 'select' && first.range !== undefined) return vectorOf(growths(first, first.range, name, pushed));
  const value = planOf(first, pushed);
  if (value.kind !== 'number') throw new UnsupportedQuery(`${name} needs a number`);
  if (name === 'vector') return vectorOf(alone(value.at));
  if (!second) throw new UnsupportedQuery(`${name} needs a second argument`);
  return vectorOf(quantiles(value.at, vector(planOf(second, pushed), name)));
}

/** vector(): a number as a series without labels. */
function alone(value: (time: number) => number): VectorAt {
  const elements = elementsOf([{}]);
  elements.present[0] = 1;
  return (time) => {
    elements.values[0] = value(time);
    return elements;
  };
}

function growths(selector: Selector, range: number, name: string, pushed: Pushed): VectorAt {
  const { rings } = pushed;
  const window = createWindow();
  const seconds = name === 'rate' ? range / 1000 : 1;
  return selection(
    selector,
    pushed,
    ({ nameless: own }) => own,
    (row, time, into, at) => {
      rings.window(row, time - range, time, window);
      const growth = extrapolatedGrowth(window, time - range, time);
      if (growth === undefined) return false;
      into[at] = growth / seconds;
      return true;
    },
  );
}

function binary(op: string, left: Plan, right: Plan): Plan {
  if (op === 'or') return vectorOf(either(vector(left, 'or'), vector(right, 'or')));
  const operate = operations[op];
  if (!operate) throw new UnsupportedQuery(`${op} is not supported`);
  if (left.kind === 'vector')
    return vectorOf(
      right.kind === 'vector' ? matched(left.at, right.at, operate) : changed(left.at, right.at, operate),
    );
  return right.kind === 'vector'
    ? vectorOf(changed(right.at, left.at, (a, b) => operate(b, a)))
    : numberOf((time) => operate(left.at(time), right.at(time)));
}

/** Every value with one number. */
function changed(vectorAt: VectorAt, numberAt: (time: number) => number, operate: Operation): VectorAt {
  let from: readonly Labels[] | undefined;
  let elements = elementsOf([]);
  return (time) => {
    const { labels, values, present } = vectorAt(time);
    if (labels !== from || labels.length > elements.labels.length) {
      const own = labels === from ? elements.labels : [];
      for (const one of labels.slice(own.length)) own.push(nameless(one));
      from = labels;
      elements = elementsOf(own);
    }
    const number = numberAt(time);
    elements.present.set(present);
    for (let i = 0; i < values.length; i += 1) elements.values[i] = operate(values[i] ?? NaN, number);
    return elements;
  };
}

/** Numbers the label sets of both sides of an operator, again only when one of them changes. */
function sides(leftAt: VectorAt, rightAt: VectorAt, outcome: (left: Elements, right: Elements) => Labels[]) {
  let [leftFrom, rightFrom]: (readonly Labels[] | undefined)[] = [];
  const made = {
    ours: new Int32Array(0),
    theirs: new Int32Array(0),
    seats: new Int32Array(0),
    elements: elementsOf([]),
  };
  return (time: number) => {
    const [left, right] = [leftAt(time), rightAt(time)];
    const grew = left.labels.length > made.ours.length || right.labels.length > made.theirs.length;
    if (left.labels !== leftFrom || right.labels !== rightFrom || grew) {
      [leftFrom, rightFrom] = [left.labels, right.labels];
      const numbering = new Numbering();
      made.ours = numbering.of(left.labels);
      made.theirs = numbering.of(right.labels);
      made.seats = new Int32Array(numbering.size);
      made.elements = elementsOf(outcome(left, right));
    }
    return { left, right, ...made };
  };
}

const nobody = -1;
/** Who of those that are present has which label set. */
function seat({ present }: Elements, numbers: Int32Array, seats: Int32Array): void {
  seats.fill(nobody);
  for (let i = 0; i < numbers.length; i += 1) {
    if (present[i] === 0) continue;
    const number = numbers[i] ?? 0;
    if (seats[number] !== nobody) throw new UnsupportedQuery('several series have the same labels on one side');
    seats[number] = i;
  }
}

/** One to one, over all labels but the name. */
function matched(leftAt: VectorAt, rightAt: VectorAt, operate: Operation): VectorAt {
  const bothAt = sides(leftAt, rightAt, ({ labels }) => labels.map(nameless));
  return (time) => {
    const { left, right, ours, theirs, seats, elements } = bothAt(time);
    // The left side is seated only to see that no two of it are alike.
    seat(left, ours, seats);
    seat(right, theirs, seats);
    for (let i = 0; i < ours.length; i += 1) {
      const other = left.present[i] === 0 ? nobody : (seats[ours[i] ?? 0] ?? nobody);
      elements.present[i] = other === nobody ? 0 : 1;
      if (other !== nobody) elements.values[i] = operate(left.values[i] ?? NaN, right.values[other] ?? NaN);
    }
    return elements;
  };
}

/** All of the left side, and of the right side what the left has not. */
function either(leftAt: VectorAt, rightAt: VectorAt): VectorAt {
  const bothAt = sides(leftAt, rightAt, (left, right) => [...left.labels, ...right.labels]);
  return (time) => {
    const { left, right, ours, theirs, seats, elements } = bothAt(time);
    elements.values.set(left.values);
    elements.values.set(right.values, ours.length);
    elements.present.set(left.present);
    seats.fill(0);
    for (let i = 0; i < ours.length; i += 1) if (left.present[i] === 1) seats[ours[i] ?? 0] = 1;
    for (let i = 0; i < theirs.length; i += 1)
      elements.present[ours.length + i] = right.present[i] === 1 && seats[theirs[i] ?? 0] === 0 ? 1 : 0;
    return elements;
  };
}
