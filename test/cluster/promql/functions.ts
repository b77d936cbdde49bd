import { expected, type Node, type NodeOf } from './node.ts';
import { badData, notSupported, type Expression, type ValueType } from './expression.ts';
import { histogramQuantile } from './histogram.ts';
import { calendar, labelJoin, labelReplace, perValue, sorted, withScalars } from './instant-functions.ts';
import { distinct, nameless, type Element, type Labels } from './labels.ts';
import { rangeFunctions, type RangeFunction } from './range-functions.ts';
import { instantSelector, type Context } from './samples.ts';

type Call = Extract<Expression, { kind: 'call' }>;
type Compile = (expression: Expression, context: Context) => Node;
interface Args {
  readonly call: Call;
  readonly nodes: readonly Node[];
  readonly context: Context;
}
type Builder = (args: Args) => Node;

/** A function call. Throws `bad_data` for wrong arguments, `not supported` for a function that is not here. */
export function callOf(call: Call, context: Context, compile: Compile): Node {
  const build = builders.get(call.name);
  if (!build) throw unknown(call.name);
  return build({ call, context, nodes: call.args.map((arg) => compile(arg, context)) });
}

const unknown = (name: string) =>
  missing.has(name)
    ? notSupported(`function ${name}`)
    : badData(`parse error: unknown function with name ${JSON.stringify(name)}`);
/** Functions of Prometheus that need native histograms, exemplars or newer versions. */
const missing: ReadonlySet<string> = new Set(
  (
    'histogram_avg histogram_count histogram_sum histogram_fraction histogram_stddev histogram_stdvar histogram_quantiles ' +
    'mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time ' +
    'sort_by_label sort_by_label_desc info start_timestamp range step'
  ).split(' '),
);

function argument<T extends ValueType>({ call, nodes }: Args, index: number, type: T): NodeOf<T> {
  const node = nodes[index];
  if (!node) throw wrongCount(call);
  return expected(node, type, `call to function ${JSON.stringify(call.name)}`);
}
const wrongCount = ({ name, args }: Call) =>
  badData(`parse error: wrong number of argument(s) in call to ${JSON.stringify(name)}: got ${args.length}`);
function counted({ call }: Args, least: number, most = least): void {
  if (call.args.length < least || call.args.length > most) throw wrongCount(call);
}

const vectorOf = (at: (t: number) => Element[]): Node => ({ type: 'vector', at });
const single = (args: Args, value: (t: number) => number): Node => {
  const labels = args.context.table.of({});
  return vectorOf((t) => [{ labels, value: value(t) }]);
};

/** value → value, name dropped; undefined drops the element. */
function mapped(args: Args, apply: (value: number, t: number) => number | undefined, index = 0): Node {
  const vector = argument(args, index, 'vector');
  const bare = nameless(args.context.table);
  return vectorOf((t) => {
    const result: Element[] = [];
    for (const { labels, value } of vector.at(t)) {
      const answer = apply(value, t);
      if (answer !== undefined) result.push({ labels: bare(labels), value: answer });
    }
    return distinct(result);
  });
}

const scalarNodes = (args: Args, from: number, to = args.nodes.length): NodeOf<'scalar'>[] =>
  args.nodes.slice(from, to).map((_, i) => argument(args, from + i, 'scalar'));

/** Where the range vector stands among the arguments, and how many scalars go with it. */
const rangeShapes: Readonly<Record<string, readonly [matrixAt: number, scalars: number]>> = {
  predict_linear: [0, 1],
  quantile_over_time: [1, 1],
  double_exponential_smoothing: [0, 2],
};
const keepsName: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);

function overRange(name: string, apply: RangeFunction): Builder {
  const [matrixAt, scalars] = rangeShapes[name] ?? [0, 0];
  return (args) => {
    counted(args, scalars + 1);
    const matrix = argument(args, matrixAt, 'matrix');
    const numbers = matrixAt === 0 ? scalarNodes(args, 1) : scalarNodes(args, 0, matrixAt);
    const bare = keepsName.has(name) ? (labels: Element['labels']) => labels : nameless(args.context.table);
    return vectorOf((t) => {
      const look = { ...matrix.bounds(t), t, scalars: numbers.map((one) => one.at(t)) };
      const result: Element[] = [];
      for (const window of matrix.at(t)) {
        const value = apply(window, look);
        if (value !== undefined) result.push({ labels: bare(window.labels), value });
      }
      return distinct(result);
    });
  };
}

function withScalarArguments(name: string): Builder {
  const shape = withScalars[name];
  return (args) => {
    const counts = shape?.scalars ?? [];
    counted(args, 1 + Math.min(...counts), 1 + Math.max(...counts));
    const scalars = scalarNodes(args, 1);
    let [at, values]: [number, readonly number[]] = [NaN, []];
    return mapped(args, (value, t) => {
      if (at !== t) [at, values] = [t, scalars.map((one) => one.at(t))];
      return shape?.apply(value, values);
    });
  };
}

/** The labels that an absent series would have: what the selector's equality matchers say once. */
function absentLabels(expression: Expression | undefined): Labels {
  const selector = expression?.kind === 'range' ? expression.selector : expression;
  if (selector?.kind !== 'selector') return {};
  const named = selector.matchers.filter((one) => one.name !== '__name__');
  const once = named.filter((one) => named.filter((other) => other.name === one.name).length === 1);
  return Object.fromEntries(once.filter((one) => one.op === '=').map((one) => [one.name, one.value]));
}
function absent(args: Args, node: NodeOf<'vector'> | NodeOf<'matrix'>): Node {
  counted(args, 1);
  const labels = args.context.table.of(absentLabels(args.call.args[0]));
  return vectorOf((t) => (node.at(t).length === 0 ? [{ labels, value: 1 }] : []));
}

function timestampOf(args: Args): Node {
  counted(args, 1);
  const [expression] = args.call.args;
  if (expression?.kind !== 'selector') return mapped(args, (_, t) => t / 1000);
  const at = instantSelector(expression, args.context);
  const bare = nameless(args.context.table);
  return vectorOf((t) => distinct(at(t).map(({ labels, time }) => ({ labels: bare(labels), value: time / 1000 }))));
}

const strings = (args: Args, from: number): string[] =>
  args.nodes.slice(from).map((_, i) => argument(args, from + i, 'string').value);

const special: Readonly<Record<string, Builder>> = {
  time: (args) => (counted(args, 0), { type: 'scalar', at: (t) => t / 1000 }),
  pi: (args) => (counted(args, 0), { type: 'scalar', at: () => Math.PI }),
  vector: (args) => {
    counted(args, 1);
    const scalar = argument(args, 0, 'scalar');
    return single(args, (t) => scalar.at(t));
  },
  scalar: (args) => {
    counted(args, 1);
    const vector = argument(args, 0, 'vector');
    const of = (found: readonly Element[]) => (found.length === 1 ? (found[0]?.value ?? NaN) : NaN);
    return { type: 'scalar', at: (t) => of(vector.at(t)) };
  },
  absent: (args) => absent(args, argument(args, 0, 'vector')),
  absent_over_time: (args) => absent(args, argument(args, 0, 'matrix')),
  timestamp: timestampOf,
  sort: (args) => {
    const vector = argument(args, 0, 'vector');
    return vectorOf((t) => sorted(vector.at(t), 1));
  },
  sort_desc: (args) => {
    const vector = argument(args, 0, 'vector');
    return vectorOf((t) => sorted(vector.at(t), -1));
  },
  label_replace: (args) => {
    counted(args, 5);
    const vector = argument(args, 0, 'vector');
    const change = labelReplace(strings(args, 1), args.context.table);
    return vectorOf((t) => change(vector.at(t)));
  },
  label_join: (args) => {
    counted(args, 3, Infinity);
    const vector = argument(args, 0, 'vector');
    const change = labelJoin(strings(args, 1), args.context.table);
    return vectorOf((t) => change(vector.at(t)));
  },
  histogram_quantile: (args) => {
    counted(args, 2);
    const [q, vector] = [argument(args, 0, 'scalar'), argument(args, 1, 'vector')];
    const quantile = histogramQuantile(args.context.table);
    return vectorOf((t) => quantile(q.at(t), vector.at(t)));
  },
};

const calendarBuilder =
  (read: (value: number) => number): Builder =>
  (args) => {
    counted(args, 0, 1);
    return args.nodes.length === 0 ? single(args, (t) => read(t / 1000)) : mapped(args, read);
  };
const perValueBuilder =
  (apply: (value: number) => number): Builder =>
  (args) => (counted(args, 1), mapped(args, apply));

/** A Map: a function called "constructor" must not be found on an object. */
const builders: ReadonlyMap<string, Builder> = new Map([
  ...Object.entries(special),
  ...Object.entries(perValue).map(([name, apply]) => [name, perValueBuilder(apply)] as const),
  ...Object.entries(calendar).map(([name, read]) => [name, calendarBuilder(read)] as const),
  ...Object.keys(withScalars).map((name) => [name, withScalarArguments(name)] as const),
  ...Object.entries(rangeFunctions).map(([name, apply]) => [name, overRange(name, apply)] as const),
]);
