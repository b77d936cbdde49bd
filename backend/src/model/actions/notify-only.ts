import { z } from 'zod';
import type { ActionDefinition } from './action-definition.ts';

const Params = z.strictObject({ message: z.string().min(1).max(1000) });

/** Tells people, changes nothing. */
export const notifyOnly: ActionDefinition<z.infer<typeof Params>> = {
  name: 'notify_only',
  schemaVersion: 1,
  summary: 'Tell people and change nothing.',
  risk: 'low',
  reversible: true,
  kinds: [],
  params: Params,
  order: ['message'],
  needs: () => [],
  permissions: () => [],
  refuse: () => undefined,
  request: () => undefined,
  done: () => false,
  relevant: () => ({}),
  preImage: () => ({}),
  undo: () => undefined,
  progress: () => ({ state: 'Settled', message: 'people were told' }),
  sentence: ({ message }) => `Notify: ${message}`,
};
