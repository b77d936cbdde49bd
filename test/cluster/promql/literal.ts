import { badData } from './expression.ts';

const unitMilliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const durationShape = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/;

/** A Prometheus duration ("1h30m") in milliseconds; undefined when the text is none. */
export function durationOf(text: string): number | undefined {
  if (text === '' || !durationShape.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(digits) * (unitMilliseconds[unit ?? ''] ?? 0);
  return total;
}

/** A number as PromQL, Go and the HTTP API write it; a duration counts as seconds. undefined when it is neither. */
export function numberOf(text: string): number | undefined {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text.trim()) ?? [];
  const size = unsigned(rest);
  if (size === undefined) return undefined;
  return sign === '-' ? -size : size;
}

function unsigned(text: string): number | undefined {
  if (/^inf(inity)?$/i.test(text)) return Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  const duration = durationOf(text);
  return duration === undefined ? undefined : duration / 1000;
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', "'": "'", '"': '"' },
};
const escape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))/g;

/** A quoted PromQL string, Go's escapes undone; backticks are raw. */
export function stringOf(quoted: string): string {
  const body = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return body;
  return body.replace(escape, (whole, ...groups: (string | undefined)[]) => {
    const [x, u, long, octal, letter] = groups;
    const hex = x ?? u ?? long;
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
    const plain = letter === undefined ? undefined : escapes[letter];
    if (plain === undefined) throw badData(`parse error: unknown escape sequence ${whole}`);
    return plain;
  });
}

/** RE2 as JavaScript: anchored at both ends, named groups and a leading (?i) rewritten. */
export function anchored(pattern: string): RegExp {
  const [, insensitive = '', rest = pattern] = /^(\(\?i\))?([\s\S]*)$/.exec(pattern) ?? [];
  try {
    return new RegExp(`^(?:${rest.replaceAll('(?P<', '(?<')})$`, insensitive ? 'i' : '');
  } catch (error) {
    throw badData(`invalid regular expression ${JSON.stringify(pattern)}: ${String(error)}`);
  }
}
