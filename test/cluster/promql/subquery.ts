import type { Node } from './node.ts';
import { badData, type Expression } from './expression.ts';
import type { Element, LabelSet } from './labels.ts';
import { shiftedTime, type Context, type Window } from './samples.ts';

type Subquery = Extract<Expression, { kind: 'subquery' }>;

/** `expression[range:step]`: evaluated at multiples of the step, each time once however many windows it falls into. */
export function subquery(
  expression: Subquery,
  context: Context,
  compile: (expression: Expression, context: Context) => Node,
): Node {
  const { of, range } = expression;
  const step = expression.step ?? context.defaultStep;
  const start = shiftedTime(expression, context.start, context.query) - range;
  const end = shiftedTime(expression, context.end, context.query);
  const inner = compile(of, { ...context, start, end });
  if (inner.type !== 'vector') throw badData('parse error: subquery is only allowed on instant vector');
  const known = new Map<number, Element[]>();
  const at = (t: number): Element[] => {
    let vector = known.get(t);
    if (!vector) known.set(t, (vector = inner.at(t)));
    return vector;
  };
  const bounds = (t: number) => {
    const to = shiftedTime(expression, t, context.query);
    return { start: to - range, end: to };
  };
  return {
    type: 'matrix',
    bounds,
    at: (t) => {
      const edges = bounds(t);
      const points = new Map<LabelSet, { times: number[]; values: number[] }>();
      for (let time = Math.ceil(edges.start / step) * step; time <= edges.end; time += step)
        for (const { labels, value } of at(time)) append(points, labels, time, value);
      return [...points].map(windowOf);
    },
  };
}

function append(
  points: Map<LabelSet, { times: number[]; values: number[] }>,
  labels: LabelSet,
  time: number,
  value: number,
): void {
  const one = points.get(labels);
  if (one) {
    one.times.push(time);
    one.values.push(value);
  } else points.set(labels, { times: [time], values: [value] });
}

const windowOf = ([labels, { times, values }]: readonly [
  LabelSet,
  { readonly times: readonly number[]; readonly values: readonly number[] },
]): Window => ({
  labels,
  times: Float64Array.from(times),
  values: Float64Array.from(values),
  from: 0,
  to: times.length,
});
