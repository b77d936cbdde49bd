import { expect, it } from 'vitest';
import { z } from 'zod';
import { wanted } from './wanted.ts';

it.each([
  [z.string(), undefined, 'is missing; it must be a text'],
  [z.number(), NaN, 'must be a number'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.boolean(), 'x', 'must be true or false'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.number().max(9), 10, 'must be at most 9'],
  [z.string().min(16), 'short', 'must have at least 16 characters'],
  [z.array(z.string()).min(1), [], 'must have at least 1 entries'],
  [z.enum(['MANUAL', 'AUTO']), 'x', 'must be one of MANUAL, AUTO'],
  [z.literal('a'), 'b', 'must be a'],
  [z.iso.datetime(), 'yesterday', 'must be a time such as 2026-01-31T12:00:00Z'],
  [z.strictObject({}), { colour: 1, size: 2 }, 'colour, size: there is no such field here'],
  [z.string('of its own'), 1, 'of its own'],
])('%# says what would be right', (schema, value, said) => {
  expect(schema.safeParse(value, { error: wanted }).error?.issues.map((one) => one.message)).toEqual([said]);
});
