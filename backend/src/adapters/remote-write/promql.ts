/** The part of PromQL that can be answered from pushed samples: what the default queries are written in. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | Selector
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly op: string;
      readonly by: readonly string[];
      readonly without: boolean;
      readonly arg: Expression;
    }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Expression; readonly right: Expression };
export interface Selector {
  readonly kind: 'select';
  readonly name: string;
  readonly matchers: readonly LabelMatcher[];
  /** Milliseconds of a range selector. */
  readonly range: number | undefined;
}
export interface LabelMatcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  readonly test: (value: string) => boolean;
}

/** A query that is wrong, or that only a Prometheus can answer. */
export class UnsupportedQuery extends Error {}

const token =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w])|(?<name>[a-zA-Z_:][\w:]*)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\[(?<range>(?:\d+(?:ms|[smhdwy]))+)\]|(?<sign>=~|!~|!=|[-+*/=(){},]))/gy;
interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'range' | 'sign' | 'end';
  readonly text: string;
}

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = query.trimEnd();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const at = token.lastIndex;
    const groups = token.exec(trimmed)?.groups;
    const [kind, text] = Object.entries(groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    if (!kind || text === undefined) throw new UnsupportedQuery(`"${trimmed.slice(at, at + 20)}" is not understood`);
    tokens.push({ kind: kind as Token['kind'], text });
  }
  return [...tokens, { kind: 'end', text: 'the end' }];
}

const milliseconds: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
  ...{ d: 86_400_000, w: 604_800_000, y: 31_536_000_000 },
};
const durationOf = (text: string): number =>
  [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (milliseconds[unit ?? ''] ?? 0),
    0,
  );

const aggregations = new Set(['sum', 'max', 'min', 'avg', 'count']);
const functions = new Set(['rate', 'increase', 'histogram_quantile', 'vector', 'time']);
const argumentsOf: Readonly<Record<string, number>> = { histogram_quantile: 2, time: 0 };
const ofRanges = new Set(['rate', 'increase']);
/** Loosest first; all of them bind to the left. */
const levels: readonly (readonly string[])[] = [['or'], ['+', '-'], ['*', '/']];

/** Parses a query. Throws UnsupportedQuery that names what is not supported. */
export function parse(query: string): Expression {
  const parser = new Parser(tokensOf(query));
  return parser.whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#binary(0);
    if (this.#peek().kind !== 'end') throw new UnsupportedQuery(`"${this.#peek().text}" is not supported here`);
    return expression;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'the end' };
  }
  #take(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }
  #is(text: string): boolean {
    const token = this.#peek();
    return token.text === text && (token.kind === 'sign' || token.kind === 'name');
  }
  #skip(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at += 1;
    return true;
  }
  #must(text: string): void {
    if (!this.#skip(text)) throw new UnsupportedQuery(`"${text}" was expected before "${this.#peek().text}"`);
  }

  #binary(level: number): Expression {
    const ops = levels[level];
    if (!ops) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const op = ops.find((one) => this.#is(one));
      if (!op) return left;
      this.#at += 1;
      left = { kind: 'binary', op, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): Expression {
    if (this.#skip('(')) {
      const inner = this.#binary(0);
      this.#must(')');
      return inner;
    }
    const { kind, text } = this.#take();
    if (kind === 'number') return { kind: 'number', value: Number(text) };
    if (kind !== 'name') throw new UnsupportedQuery(`"${text}" is not supported here`);
    if (aggregations.has(text) && (this.#is('by') || this.#is('without') || this.#is('(')))
      return this.#aggregate(text);
    if (this.#is('(')) return this.#call(text);
    return this.#selector(text);
  }

  #grouping(): { by: readonly string[]; without: boolean } | undefined {
    const without = this.#is('without');
    if (!without && !this.#is('by')) return undefined;
    this.#at += 1;
    this.#must('(');
    const by: string[] = [];
    while (!this.#skip(')')) {
      by.push(this.#take().text);
      if (!this.#is(')')) this.#must(',');
    }
    return { by, without };
  }

  #aggregate(op: string): Expression {
    const before = this.#grouping();
    this.#must('(');
    const arg = this.#binary(0);
    this.#must(')');
    return { kind: 'aggregate', op, arg, ...(before ?? this.#grouping() ?? { by: [], without: false }) };
  }

  #call(name: string): Expression {
    if (!functions.has(name)) throw new UnsupportedQuery(`the function ${name} needs a Prometheus`);
    this.#must('(');
    const args: Expression[] = [];
    while (!this.#skip(')')) {
      args.push(this.#binary(0));
      if (!this.#is(')')) this.#must(',');
    }
    const [first] = args;
    const isRange = first?.kind === 'select' && first.range !== undefined;
    if (ofRanges.has(name) !== isRange) throw new UnsupportedQuery(`${name} has the wrong kind of argument`);
    if (args.length !== (argumentsOf[name] ?? 1))
      throw new UnsupportedQuery(`${name} has the wrong number of arguments`);
    return { kind: 'call', name, args };
  }

  #selector(name: string): Selector {
    const matchers: LabelMatcher[] = [];
    if (this.#skip('{'))
      while (!this.#skip('}')) {
        matchers.push(this.#matcher());
        if (!this.#is('}')) this.#must(',');
      }
    const range = this.#peek().kind === 'range' ? durationOf(this.#take().text) : undefined;
    return { kind: 'select', name, matchers, range };
  }

  #matcher(): LabelMatcher {
    const label = this.#take().text;
    const op = this.#take().text;
    const quoted = this.#take();
    if (quoted.kind !== 'text') throw new UnsupportedQuery(`the value of ${label} must be in quotes`);
    const value = quoted.text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
    if (op === '=') return { label, op, value, test: (one) => one === value };
    if (op === '!=') return { label, op, value, test: (one) => one !== value };
    if (op !== '=~' && op !== '!~') throw new UnsupportedQuery(`"${op}" is no way to match a label`);
    const pattern = patternOf(value);
    return { label, op, value, test: (one) => pattern.test(one) === (op === '=~') };
  }
}

function patternOf(value: string): RegExp {
  try {
    return new RegExp(`^(?:${value})$`, 's');
  } catch {
    throw new UnsupportedQuery(`"${value}" is not a regular expression that can be read here`);
  }
}

/** Every selector in a query: what it has to be fed with. */
export function selectorsOf(expression: Expression): readonly Selector[] {
  if (expression.kind === 'select') return [expression];
  if (expression.kind === 'call') return expression.args.flatMap(selectorsOf);
  if (expression.kind === 'aggregate') return selectorsOf(expression.arg);
  if (expression.kind === 'binary') return [...selectorsOf(expression.left), ...selectorsOf(expression.right)];
  return [];
}

export const selects = ({ matchers }: Selector, labels: Readonly<Record<string, string>>): boolean =>
  matchers.every(({ label, test }) => test(labels[label] ?? ''));
