import { methodNotAllowed } from './status.ts';
import type { Answer, Call, Context } from './context.ts';

export function serverSideApply(_context: Context, _call: Call): Answer {
  throw methodNotAllowed();
}
