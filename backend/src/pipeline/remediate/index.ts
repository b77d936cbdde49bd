export { diffOf } from './diff.ts';
export { judgeAnswer, type Answered } from './judge.ts';
export {
  isDone,
  isUnchanged,
  isUndone,
  judgeDryRun,
  needsOf,
  nextOf,
  prepare,
  progressOf,
  rebuild,
  stepTimeout,
  undoOf,
  type Next,
  type Prepared,
} from './next.ts';
export type { WriteVerdict } from './verdict.ts';
