import { aggregation, isAggregation, parameterised } from './aggregate.ts';
import { betweenVectors, calculate, withScalar } from './binary.ts';
import { badData, comparisons, notSupported, setOperators, type Expression } from './expression.ts';
import { callOf } from './functions.ts';
import { distinct, nameless, type Element } from './labels.ts';
import { expected, named, type Node } from './node.ts';
import { instantSelector, rangeSelector, shiftedTime, type Context } from './samples.ts';
import { subquery } from './subquery.ts';

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

/** Checks types and selects the samples. Throws PromqlError. */
export function compile(expression: Expression, context: Context): Node {
  switch (expression.kind) {
    case 'number':
      return { type: 'scalar', at: () => expression.value };
    case 'string':
      return { type: 'string', value: expression.value };
    case 'selector':
      return { type: 'vector', at: instantSelector(expression, context) };
    case 'range':
      return rangeNode(expression, context);
    case 'subquery':
      return subquery(expression, context, compile);
    case 'call':
      return callOf(expression, context, compile);
    case 'aggregate':
      return aggregateNode(expression, context);
    case 'binary':
      return binaryNode(expression, context);
    case 'negate':
      return negated(compile(expression.of, context), context);
  }
}

function rangeNode({ selector, range }: Of<'range'>, context: Context): Node {
  const bounds = (t: number) => {
    const end = shiftedTime(selector, t, context.query);
    return { start: end - range, end };
  };
  return { type: 'matrix', at: rangeSelector(selector, range, context), bounds };
}

function negated(node: Node, { table }: Context): Node {
  if (node.type === 'scalar') return { type: 'scalar', at: (t) => -node.at(t) };
  if (node.type !== 'vector')
    throw badData(
      `parse error: unary expression only allowed on expressions of type scalar or instant vector, got ${named[node.type]}`,
    );
  const bare = nameless(table);
  return {
    type: 'vector',
    at: (t) => distinct(node.at(t).map(({ labels, value }) => ({ labels: bare(labels), value: -value }))),
  };
}

function aggregateNode(expression: Of<'aggregate'>, context: Context): Node {
  const { operator, parameter, of } = expression;
  if (!isAggregation(operator)) throw notSupported(`aggregation ${operator}`);
  const vector = expected(compile(of, context), 'vector', 'aggregation expression');
  const aggregate = aggregation(operator, expression, context.table);
  const type = parameterised[operator];
  if ((type === undefined) !== (parameter === undefined))
    throw badData(`parse error: wrong number of arguments for aggregate expression ${operator}`);
  if (!type || !parameter) return { type: 'vector', at: (t) => aggregate(vector.at(t), undefined) };
  const node = expected(compile(parameter, context), type, 'aggregation parameter');
  return {
    type: 'vector',
    at: (t) => aggregate(vector.at(t), node.type === 'string' ? node.value : node.at(t)),
  };
}

function binaryNode(expression: Of<'binary'>, context: Context): Node {
  const { operator, bool, matching } = expression;
  const [left, right] = [compile(expression.left, context), compile(expression.right, context)];
  checkOperands(expression, left, right);
  const operation = { operator, bool, table: context.table };
  if (left.type === 'scalar' && right.type === 'scalar')
    return { type: 'scalar', at: (t) => calculate(operator, left.at(t), right.at(t)) };
  if (left.type === 'vector' && right.type === 'vector') {
    const join = betweenVectors(operation, matching);
    const check = setOperators.has(operator) ? (vector: Element[]) => vector : distinct;
    return { type: 'vector', at: (t) => check(join(left.at(t), right.at(t))) };
  }
  const swapped = left.type === 'scalar';
  const [vector, scalar] = swapped ? [right, left] : [left, right];
  if (vector.type !== 'vector' || scalar.type !== 'scalar') throw operandError();
  const combine = withScalar(operation, swapped);
  return { type: 'vector', at: (t) => distinct(combine(vector.at(t), scalar.at(t))) };
}

const operandError = () => badData('parse error: binary expression must contain only scalar and instant vector types');
function checkOperands({ operator, bool, matching }: Of<'binary'>, left: Node, right: Node): void {
  const types = [left.type, right.type];
  if (types.some((type) => type !== 'scalar' && type !== 'vector')) throw operandError();
  if (bool && !comparisons.has(operator))
    throw badData('parse error: bool modifier can only be used on comparison operators');
  if (types.every((type) => type === 'scalar') && comparisons.has(operator) && !bool)
    throw badData('parse error: comparisons between scalars must use BOOL modifier');
  if (!types.includes('scalar')) return;
  if (setOperators.has(operator))
    throw badData(`parse error: set operator "${operator}" not allowed in binary scalar expression`);
  if (matching) throw badData('parse error: vector matching only allowed between instant vectors');
}
