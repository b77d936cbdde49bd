import type { Call, Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

/** Quota, limit ranges and the like: may change the object or throw a 403. */
export const admit = (_context: Context, _call: Call, object: KubeObject, _old: KubeObject | undefined): KubeObject =>
  object;
