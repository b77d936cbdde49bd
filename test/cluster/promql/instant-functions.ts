import { badData } from './expression.ts';
import { distinct, type Element, type Labels, type LabelTable } from './labels.ts';
import { anchored } from './literal.ts';

const degrees = Math.PI / 180;
const utc = (read: (date: Date) => number) => (value: number) => read(new Date(value * 1000));

/** Functions of each value alone. */
export const perValue: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  sqrt: Math.sqrt,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sgn: (value) => (value > 0 ? 1 : value < 0 ? -1 : value),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  deg: (value) => value / degrees,
  rad: (value) => value * degrees,
};

/** Calendar functions take a vector of Unix seconds, or nothing for the evaluation time. */
export const calendar: Readonly<Record<string, (value: number) => number>> = {
  minute: utc((date) => date.getUTCMinutes()),
  hour: utc((date) => date.getUTCHours()),
  day_of_week: utc((date) => date.getUTCDay()),
  day_of_month: utc((date) => date.getUTCDate()),
  day_of_year: utc((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1),
  days_in_month: utc((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  month: utc((date) => date.getUTCMonth() + 1),
  year: utc((date) => date.getUTCFullYear()),
};

/** Functions of each value and one or two scalars; undefined: no result. */
export const withScalars: Readonly<
  Record<
    string,
    { readonly scalars: readonly number[]; apply(value: number, scalars: readonly number[]): number | undefined }
  >
> = {
  clamp: {
    scalars: [2],
    apply: (value, [min = NaN, max = NaN]) => (min > max ? undefined : Math.max(min, Math.min(max, value))),
  },
  clamp_min: { scalars: [1], apply: (value, [min = NaN]) => Math.max(min, value) },
  clamp_max: { scalars: [1], apply: (value, [max = NaN]) => Math.min(max, value) },
  round: {
    scalars: [0, 1],
    apply: (value, [nearest = 1]) => Math.floor(value * (1 / nearest) + 0.5) / (1 / nearest),
  },
};

export type Relabel = (vector: readonly Element[]) => Element[];

export function labelReplace(texts: readonly string[], table: LabelTable): Relabel {
  const [target = '', replacement = '', source = '', pattern = ''] = texts;
  if (!/^[a-zA-Z_]\w*$/.test(target)) throw badData(`invalid destination label name in label_replace(): ${target}`);
  const expression = anchored(pattern);
  return relabel(table, `replace ${texts.join('\n')}`, (labels) => {
    const match = expression.exec(labels[source] ?? '');
    return match ? { ...labels, [target]: expanded(replacement, match) } : labels;
  });
}

/** Go's Regexp.Expand: $1, $name, ${name}, $$; the longest name counts, an unknown one is empty. */
function expanded(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(?:(\$)|\{(\w+)\}|(\w+))/g, (_, dollar?: string, braced?: string, bare?: string) => {
    if (dollar) return '$';
    const name = braced ?? bare ?? '';
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
  });
}

export function labelJoin([target = '', separator = '', ...sources]: readonly string[], table: LabelTable): Relabel {
  return relabel(table, `join ${[target, separator, ...sources].join('\n')}`, (labels) => ({
    ...labels,
    [target]: sources.map((source) => labels[source] ?? '').join(separator),
  }));
}

function relabel(table: LabelTable, key: string, change: (labels: Labels) => Labels): Relabel {
  const changed = table.remembered(key, change);
  return (vector) => distinct(vector.map(({ labels, value }) => ({ labels: changed(labels), value })));
}

/** NaN goes last. */
export const sorted = (vector: readonly Element[], sign: 1 | -1): Element[] =>
  [...vector].sort((a, b) => {
    if (Number.isNaN(a.value) || Number.isNaN(b.value))
      return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
    return a.value === b.value ? 0 : sign * (a.value - b.value);
  });
