import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Matcher } from '../metrics/series-source.ts';
import {
  badData,
  notSupported,
  type BinaryOperator,
  type Expression,
  type Matching,
  type Selector,
  type Shift,
} from './expression.ts';
import { anchored, durationOf, numberOf, stringOf } from './literal.ts';

/** KubeWise, dashboards and rules ask the same questions again and again. */
const known = new Map<string, Expression>();
const mostKnown = 500;

/** PromQL text → tree. Throws PromqlError `bad_data` with the position of the first thing that is wrong. */
export function parse(text: string): Expression {
  const found = known.get(text);
  if (found) return found;
  const read = parseAnew(text);
  if (known.size >= mostKnown) known.clear();
  known.set(text, read);
  return read;
}

function parseAnew(text: string): Expression {
  const tree = parser.parse(text);
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) throw unexpected(text, node.from, node.to);
    },
  });
  const root = children(tree.topNode).find((node) => node.name !== 'LineComment');
  if (!root) throw badData('parse error: no expression found in input');
  return expressionOf(root, text);
}

function unexpected(text: string, from: number, to: number): Error {
  const before = text.slice(0, from).split('\n');
  const position = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
  const found = text.slice(from, Math.max(to, from + 1)).split(/\s/)[0] || 'end of input';
  return badData(`${position}: parse error: unexpected ${JSON.stringify(found)}`);
}

const children = (node: SyntaxNode): SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (child.name !== 'LineComment') found.push(child);
  return found;
};
const child = (node: SyntaxNode, name: string): SyntaxNode | null => node.getChild(name);
const textOf = (node: SyntaxNode, text: string): string => text.slice(node.from, node.to);

type Reader = (node: SyntaxNode, text: string) => Expression;
const readers: Readonly<Record<string, Reader>> = {
  NumberDurationLiteral: (node, text) => ({ kind: 'number', value: number(textOf(node, text)) }),
  StringLiteral: (node, text) => ({ kind: 'string', value: stringOf(textOf(node, text)) }),
  ParenExpr: (node, text) => expressionOf(only(node), text),
  VectorSelector: selectorOf,
  MatrixSelector: rangeOf,
  SubqueryExpr: subqueryOf,
  OffsetExpr: offsetOf,
  StepInvariantExpr: fixedOf,
  FunctionCall: callOf,
  AggregateExpr: aggregateOf,
  BinaryExpr: binaryOf,
  UnaryExpr: (node, text) => signed(textOf(children(node)[0] ?? node, text), expressionOf(last(node), text)),
};
function expressionOf(node: SyntaxNode, text: string): Expression {
  const reader = readers[node.name];
  if (!reader) throw notSupported(`${node.name} (${textOf(node, text)})`);
  return reader(node, text);
}

function only(node: SyntaxNode): SyntaxNode {
  const [first] = children(node);
  if (!first) throw badData('parse error: an expression is missing');
  return first;
}
function last(node: SyntaxNode): SyntaxNode {
  return children(node).at(-1) ?? node;
}
function number(text: string): number {
  const value = numberOf(text);
  if (value === undefined) throw badData(`parse error: bad number or duration syntax: ${JSON.stringify(text)}`);
  return value;
}
const signed = (sign: string, of: Expression): Expression => (sign === '-' ? { kind: 'negate', of } : of);

// ── Selectors ───────────────────────────────────────────────────────────────────────────────────────────────────

function selectorOf(node: SyntaxNode, text: string): Selector {
  const matchers: Matcher[] = [];
  const identifier = child(node, 'Identifier');
  if (identifier) matchers.push({ name: '__name__', op: '=', value: textOf(identifier, text) });
  const block = child(node, 'LabelMatchers');
  if (block) for (const one of children(block)) matchers.push(matcherOf(one, text));
  if (!matchers.some(excludesEmpty))
    throw badData('parse error: vector selector must contain at least one non-empty matcher');
  return { kind: 'selector', matchers, offset: 0, at: undefined };
}

function matcherOf(node: SyntaxNode, text: string): Matcher {
  if (node.name === 'QuotedLabelName') return { name: '__name__', op: '=', value: stringOf(textOf(node, text)) };
  const [name, op, value] = children(node).map((one) => textOf(one, text));
  const matcher: Matcher = {
    name: node.name === 'QuotedLabelMatcher' ? stringOf(name ?? '""') : (name ?? ''),
    op: op as Matcher['op'],
    value: stringOf(value ?? '""'),
  };
  if (matcher.op === '=~' || matcher.op === '!~') anchored(matcher.value);
  return matcher;
}

function excludesEmpty({ op, value }: Matcher): boolean {
  if (op === '=') return value !== '';
  if (op === '!=') return value === '';
  return anchored(value).test('') === (op === '!~');
}

/** Only a plain selector may carry [range]; `offset` and `@` come after it. */
function rangeOf(node: SyntaxNode, text: string): Expression {
  const selector = expressionOf(only(node), text);
  if (selector.kind !== 'selector') throw badData('parse error: ranges only allowed for vector selectors');
  return { kind: 'range', selector, range: durationIn(last(node), text) };
}

function subqueryOf(node: SyntaxNode, text: string): Expression {
  const [of, range, step] = children(node);
  if (!of || !range) throw badData('parse error: subquery without a range');
  return {
    kind: 'subquery',
    of: expressionOf(of, text),
    range: durationIn(range, text),
    step: step && durationIn(step, text),
    offset: 0,
    at: undefined,
  };
}

function durationIn(node: SyntaxNode, text: string): number {
  const written = textOf(node, text).replace(/\s/g, '');
  const [, sign, rest = ''] = /^([+-]?)(.*)$/s.exec(written) ?? [];
  const milliseconds = durationOf(rest) ?? (/^\d+(\.\d+)?$/.test(rest) ? Number(rest) * 1000 : undefined);
  if (milliseconds === undefined) throw notSupported(`the duration expression ${written}`);
  return sign === '-' ? -milliseconds : milliseconds;
}

function offsetOf(node: SyntaxNode, text: string): Expression {
  return shifted(expressionOf(only(node), text), { offset: durationIn(last(node), text) });
}
function fixedOf(node: SyntaxNode, text: string): Expression {
  const written = textOf(last(node), text);
  const at = written.startsWith('start') ? 'start' : written.startsWith('end') ? 'end' : number(written) * 1000;
  return shifted(expressionOf(only(node), text), { at });
}
function shifted(expression: Expression, shift: Partial<Shift>): Expression {
  if (expression.kind === 'range') return { ...expression, selector: { ...expression.selector, ...shift } };
  if (expression.kind === 'selector' || expression.kind === 'subquery') return { ...expression, ...shift };
  throw badData('parse error: offset and @ modifiers must be preceded by a selector or a subquery');
}

// ── Calls and operators ─────────────────────────────────────────────────────────────────────────────────────────

const argumentsOf = (node: SyntaxNode, text: string): Expression[] => {
  const body = child(node, 'FunctionCallBody');
  return body ? children(body).map((one) => expressionOf(one, text)) : [];
};

function callOf(node: SyntaxNode, text: string): Expression {
  return { kind: 'call', name: textOf(only(node), text), args: argumentsOf(node, text) };
}

function aggregateOf(node: SyntaxNode, text: string): Expression {
  const operator = textOf(only(node), text).toLowerCase();
  const args = argumentsOf(node, text);
  const modifier = child(node, 'AggregateModifier');
  const of = args.at(-1);
  if (!of || args.length > 2)
    throw badData(`parse error: wrong number of arguments for aggregate expression ${operator}`);
  return {
    kind: 'aggregate',
    operator,
    parameter: args.length === 2 ? args[0] : undefined,
    of,
    without: modifier !== null && child(modifier, 'Without') !== null,
    labels: modifier ? labelsIn(child(modifier, 'GroupingLabels'), text) : [],
  };
}

const labelsIn = (node: SyntaxNode | null, text: string): string[] =>
  node
    ? children(node).map((one) => (one.name === 'QuotedLabelName' ? stringOf(textOf(one, text)) : textOf(one, text)))
    : [];

function binaryOf(node: SyntaxNode, text: string): Expression {
  const parts = children(node);
  const [leftNode, operatorNode] = parts;
  const rightNode = parts.at(-1);
  if (!leftNode || !operatorNode || !rightNode) throw badData('parse error: an operand is missing');
  if (child(node, 'FillModifier')) throw notSupported('fill modifiers');
  const matching = child(node, 'MatchingModifierClause');
  const operator = textOf(operatorNode, text).toLowerCase() as BinaryOperator;
  const of = (left: Expression): Expression => ({
    kind: 'binary',
    operator,
    bool: child(node, 'BoolModifier') !== null,
    matching: matching ? matchingOf(matching, text) : undefined,
    left,
    right: expressionOf(rightNode, text),
  });
  // In PromQL ^ binds tighter than a sign before it; the grammar reads -1 ^ 2 the other way round.
  if (operator === '^' && /^[+-]/.test(textOf(leftNode, text))) return signedPower(leftNode, text, of);
  return of(expressionOf(leftNode, text));
}

function signedPower(leftNode: SyntaxNode, text: string, of: (left: Expression) => Expression): Expression {
  const left = expressionOf(leftNode, text);
  if (left.kind === 'negate') return signed('-', of(left.of));
  if (left.kind === 'number' && textOf(leftNode, text).startsWith('-'))
    return signed('-', of({ kind: 'number', value: -left.value }));
  return of(left);
}

function matchingOf(node: SyntaxNode, text: string): Matching {
  const many = child(node, 'GroupLeft') ? 'left' : child(node, 'GroupRight') ? 'right' : undefined;
  const [labels, include] = node.getChildren('GroupingLabels');
  return {
    on: child(node, 'On') !== null,
    labels: labelsIn(labels ?? null, text),
    many,
    include: labelsIn(include ?? null, text),
  };
}
