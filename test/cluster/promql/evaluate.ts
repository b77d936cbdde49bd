import type { SeriesSource } from '../metrics/series-source.ts';
import { compile } from './compile.ts';
import { named, type Node } from './node.ts';
import { badData, type Expression } from './expression.ts';
import { distinct, LabelTable, type Element, type LabelSet, type Labels } from './labels.ts';
import { parse } from './parse.ts';
import type { Context } from './samples.ts';

/** [Unix seconds, value] */
export type Point = readonly [number, number];
export type Result =
  | { readonly resultType: 'scalar'; readonly result: Point }
  | { readonly resultType: 'string'; readonly result: readonly [number, string] }
  | { readonly resultType: 'vector'; readonly result: readonly { readonly metric: Labels; readonly value: Point }[] }
  | {
      readonly resultType: 'matrix';
      readonly result: readonly { readonly metric: Labels; readonly values: readonly Point[] }[];
    };

const lookback = 300_000;
const defaultStep = 60_000;
/** More label sets than that are of pods long gone, most of them: a table begins anew. */
const mostSets = 50_000;
const tables = new WeakMap<SeriesSource, LabelTable>();

function tableOf(source: SeriesSource): LabelTable {
  const known = tables.get(source);
  if (known && known.size < mostSets) return known;
  const made = new LabelTable();
  tables.set(source, made);
  return made;
}

const contextOf = (source: SeriesSource, start: number, end: number): Context => ({
  ...{ source, table: tableOf(source), start, end, query: { start, end } },
  ...{ lookback, defaultStep },
});
const milliseconds = (seconds: number): number => Math.round(seconds * 1000);

/** An instant query at `at` (Unix seconds). Throws PromqlError. */
export function query(source: SeriesSource, promql: string, at: number): Result {
  const t = milliseconds(at);
  const node = compile(parse(promql), contextOf(source, t, t));
  const seconds = t / 1000;
  switch (node.type) {
    case 'string':
      return { resultType: 'string', result: [seconds, node.value] };
    case 'scalar':
      return { resultType: 'scalar', result: [seconds, node.at(t)] };
    case 'matrix':
      return { resultType: 'matrix', result: rawSamples(node, t) };
    case 'vector':
      return {
        resultType: 'vector',
        result: distinct(node.at(t)).map(({ labels, value }) => ({ metric: labels.labels, value: [seconds, value] })),
      };
  }
}

const rawSamples = (node: Extract<Node, { type: 'matrix' }>, t: number) =>
  node.at(t).map(({ labels, times, values, from, to }) => ({
    metric: labels.labels,
    values: Array.from(times.subarray(from, to), (time, i): Point => [time / 1000, values[from + i] ?? NaN]),
  }));

/** A range query: every `step` seconds from `start` to `end`, both included. Throws PromqlError. */
export function queryRange(source: SeriesSource, promql: string, start: number, end: number, step: number): Result {
  const [from, to, every] = [milliseconds(start), milliseconds(end), milliseconds(step)];
  const node = compile(parse(promql), contextOf(source, from, to));
  if (node.type === 'matrix' || node.type === 'string')
    throw badData(`invalid expression type "${named[node.type]}" for range query, must be Scalar or instant Vector`);
  const series = new Map<LabelSet, Point[]>();
  const none = new LabelTable().of({});
  for (let t = from; t <= to; t += every) {
    const vector: Element[] = node.type === 'scalar' ? [{ labels: none, value: node.at(t) }] : distinct(node.at(t));
    for (const { labels, value } of vector) {
      const points = series.get(labels);
      if (points) points.push([t / 1000, value]);
      else series.set(labels, [[t / 1000, value]]);
    }
  }
  const sorted = [...series].sort(([a], [b]) => (a.key < b.key ? -1 : 1));
  return { resultType: 'matrix', result: sorted.map(([labels, values]) => ({ metric: labels.labels, values })) };
}

/** The matchers of a plain selector (the API's match[]). */
export function selectorMatchers(promql: string): Extract<Expression, { kind: 'selector' }>['matchers'] {
  const expression = parse(promql);
  if (expression.kind !== 'selector') throw badData('parse error: expected a series selector');
  return expression.matchers;
}
