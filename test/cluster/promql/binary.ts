import { comparisons, failed, setOperators, type BinaryOperator, type Matching } from './expression.ts';
import { kept, nameless, only, printed, rid, without, type Element, type LabelSet, type LabelTable } from './labels.ts';

/** Arithmetic, or a comparison as 1 and 0. */
export function calculate(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      // Go and JavaScript disagree on 1 ^ NaN and (-1) ^ ±Inf.
      return a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b)) ? 1 : a ** b;
    case 'atan2':
      return Math.atan2(a, b);
    default:
      return Number(holds(operator, a, b));
  }
}
function holds(operator: BinaryOperator, a: number, b: number): boolean {
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '>':
      return a > b;
    case '<':
      return a < b;
    case '>=':
      return a >= b;
    case '<=':
      return a <= b;
    default:
      throw failed(`operator ${operator} is not defined between numbers`);
  }
}

interface Operation {
  readonly operator: BinaryOperator;
  readonly bool: boolean;
  readonly table: LabelTable;
}

/** Vector with scalar; `swapped` when the scalar stood on the left. A comparison filters, and keeps the vector's value. */
export function withScalar({ operator, bool, table }: Operation, swapped: boolean) {
  const filters = comparisons.has(operator) && !bool;
  const bare = nameless(table);
  return (vector: readonly Element[], scalar: number): Element[] => {
    const result: Element[] = [];
    for (const { labels, value } of vector) {
      const answer = swapped ? calculate(operator, scalar, value) : calculate(operator, value, scalar);
      if (!filters) result.push({ labels: bare(labels), value: answer });
      else if (answer === 1) result.push({ labels, value });
    }
    return result;
  };
}

type VectorOperation = (left: readonly Element[], right: readonly Element[]) => Element[];

export function betweenVectors(operation: Operation, matching: Matching | undefined): VectorOperation {
  const { operator, table } = operation;
  const match = matching ?? { on: false, labels: [], many: undefined, include: [] };
  const signatureOf = match.on ? kept(table, match.labels) : rid(table, ['__name__', ...match.labels]);
  return setOperators.has(operator) ? setOperation(operator, signatureOf) : joining(operation, match, signatureOf);
}

function setOperation(operator: BinaryOperator, signatureOf: (set: LabelSet) => LabelSet): VectorOperation {
  const signatures = (vector: readonly Element[]) => new Set(vector.map((one) => signatureOf(one.labels)));
  return (left, right) => {
    if (operator === 'or') {
      const taken = signatures(left);
      return [...left, ...right.filter((one) => !taken.has(signatureOf(one.labels)))];
    }
    const there = signatures(right);
    return left.filter((one) => there.has(signatureOf(one.labels)) === (operator === 'and'));
  };
}

/** One-to-one and many-to-one: each element of the many side meets the one of the other side with its signature. */
function joining(operation: Operation, match: Matching, signatureOf: (set: LabelSet) => LabelSet): VectorOperation {
  const { operator, bool } = operation;
  const filters = comparisons.has(operator) && !bool;
  const labelsOf = resultLabels(operation, match);
  const rightIsMany = match.many === 'right';
  return (left, right) => {
    const [many, one] = rightIsMany ? [right, left] : [left, right];
    const partners = uniquePartners(one, signatureOf, rightIsMany ? 'left' : 'right');
    const seen = new Map<LabelSet, Set<LabelSet>>();
    const result: Element[] = [];
    for (const element of many) {
      const signature = signatureOf(element.labels);
      const partner = partners.get(signature);
      if (!partner) continue;
      const [a, b] = rightIsMany ? [partner.value, element.value] : [element.value, partner.value];
      const answer = calculate(operator, a, b);
      if (filters && answer !== 1) continue;
      const labels = labelsOf(element.labels, partner.labels);
      noteMatch(seen, signature, labels, match);
      result.push({ labels, value: filters ? a : answer });
    }
    return result;
  };
}

function uniquePartners(vector: readonly Element[], signatureOf: (set: LabelSet) => LabelSet, side: string) {
  const partners = new Map<LabelSet, Element>();
  for (const element of vector) {
    const signature = signatureOf(element.labels);
    const other = partners.get(signature);
    if (other)
      throw failed(
        `found duplicate series for the match group ${printed(signature)} on the ${side} hand-side of the operation: ` +
          `[${printed(element.labels)}, ${printed(other.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    partners.set(signature, element);
  }
  return partners;
}

function noteMatch(seen: Map<LabelSet, Set<LabelSet>>, signature: LabelSet, labels: LabelSet, match: Matching): void {
  const earlier = seen.get(signature);
  if (!earlier) {
    seen.set(signature, new Set([labels]));
    return;
  }
  if (!match.many)
    throw failed('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
  if (earlier.has(labels)) throw failed('multiple matches for labels: grouping labels must ensure unique matches');
  earlier.add(labels);
}

/** promql/engine.go, resultMetric. Remembered per pair of label sets. */
function resultLabels({ operator, bool, table }: Operation, match: Matching) {
  const dropsName = !comparisons.has(operator) || bool;
  const build = (many: LabelSet, one: LabelSet): LabelSet => {
    let labels = dropsName ? without(many.labels, '__name__') : many.labels;
    if (!match.many) labels = match.on ? only(labels, match.labels) : without(labels, ...match.labels);
    const included = Object.fromEntries(match.include.map((name) => [name, one.labels[name] ?? '']));
    return table.of({ ...labels, ...included });
  };
  const known = new Map<LabelSet, Map<LabelSet, LabelSet>>();
  return (many: LabelSet, one: LabelSet): LabelSet => {
    let row = known.get(many);
    if (!row) known.set(many, (row = new Map()));
    let found = row.get(one);
    if (!found) row.set(one, (found = build(many, one)));
    return found;
  };
}
