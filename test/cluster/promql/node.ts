import { badData, type ValueType } from './expression.ts';
import type { Element } from './labels.ts';
import type { Window } from './samples.ts';

/** An expression with its samples at hand: each node answers for one evaluation time (milliseconds). */
export type Node =
  | { readonly type: 'scalar'; at(t: number): number }
  | { readonly type: 'vector'; at(t: number): Element[] }
  | {
      readonly type: 'matrix';
      at(t: number): Window[];
      /** The range's edges at t. */
      bounds(t: number): { readonly start: number; readonly end: number };
    }
  | { readonly type: 'string'; readonly value: string };
export type NodeOf<T extends ValueType> = Extract<Node, { type: T }>;

export const named: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** The node, if it is of the type that its place needs. */
export function expected<T extends ValueType>(node: Node, type: T, place: string): NodeOf<T> {
  if (node.type !== type)
    throw badData(`parse error: expected type ${named[type]} in ${place}, got ${named[node.type]}`);
  return node as NodeOf<T>;
}
