import type { z } from 'zod';

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};
const formats: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-01-31T12:00:00Z',
  url: 'a URL',
};
const units: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

/**
 * What a value should have been, as a sentence behind the name of its field: given to a schema as
 * `safeParse(value, { error: wanted })`. undefined = the schema's own words will do.
 */
export const wanted: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type': {
      const kind = kinds[issue.expected] ?? issue.expected;
      return issue.input === undefined ? `is missing; it must be ${kind}` : `must be ${kind}`;
    }
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'invalid_format':
      return formats[issue.format] && `must be ${formats[issue.format]}`;
    case 'too_small':
      return `must ${bound(issue.origin)} ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${units[issue.origin] ?? ''}`;
    case 'too_big':
      return `must ${bound(issue.origin)} ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${units[issue.origin] ?? ''}`;
    case 'unrecognized_keys':
      return `${issue.keys.join(', ')}: there is no such field here`;
    default:
      return undefined;
  }
};

const bound = (origin: string): string => (origin in units ? 'have' : 'be');
