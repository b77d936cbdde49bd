import type { Matcher } from '../metrics/series-source.ts';

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';
/** When a selector or subquery looks: `@` fixes the time, `offset` shifts it back. Milliseconds. */
export interface Shift {
  readonly offset: number;
  readonly at: number | 'start' | 'end' | undefined;
}
export interface Selector extends Shift {
  readonly kind: 'selector';
  readonly matchers: readonly Matcher[];
}
export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Which side may have many elements per group: `left` is group_left. */
  readonly many: 'left' | 'right' | undefined;
  readonly include: readonly string[];
}
export type BinaryOperator =
  '+' | '-' | '*' | '/' | '%' | '^' | 'atan2' | '==' | '!=' | '>' | '<' | '>=' | '<=' | 'and' | 'or' | 'unless';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | Selector
  | { readonly kind: 'range'; readonly selector: Selector; readonly range: number }
  | (Shift & {
      readonly kind: 'subquery';
      readonly of: Expression;
      readonly range: number;
      readonly step: number | undefined;
    })
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly operator: string;
      readonly parameter: Expression | undefined;
      readonly of: Expression;
      readonly without: boolean;
      readonly labels: readonly string[];
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly bool: boolean;
      readonly matching: Matching | undefined;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'negate'; readonly of: Expression };

export const comparisons: ReadonlySet<BinaryOperator> = new Set(['==', '!=', '>', '<', '>=', '<=']);
export const setOperators: ReadonlySet<BinaryOperator> = new Set(['and', 'or', 'unless']);

/** What Prometheus answers instead of data; `bad_data` is a 400, `execution` a 422. */
export class PromqlError extends Error {
  readonly type: 'bad_data' | 'execution';
  constructor(type: PromqlError['type'], message: string) {
    super(message);
    this.name = 'PromqlError';
    this.type = type;
  }
}
export const badData = (message: string): PromqlError => new PromqlError('bad_data', message);
export const failed = (message: string): PromqlError => new PromqlError('execution', message);
export const notSupported = (what: string): PromqlError => failed(`not supported: ${what}`);
