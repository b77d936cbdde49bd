import type { Matcher } from './series-source.ts';

type Test = (labels: Readonly<Record<string, string>>) => boolean;

function testOf({ name, op, value }: Matcher): Test {
  if (op === '=') return (labels) => (labels[name] ?? '') === value;
  if (op === '!=') return (labels) => (labels[name] ?? '') !== value;
  const pattern = new RegExp(`^(?:${value})$`, 's');
  return op === '=~' ? (labels) => pattern.test(labels[name] ?? '') : (labels) => !pattern.test(labels[name] ?? '');
}

/** Do all matchers fit? A label that is not there is the empty text, as in Prometheus. */
export function matcherOf(matchers: readonly Matcher[]): Test {
  const tests = matchers.map(testOf);
  return (labels) => tests.every((test) => test(labels));
}
