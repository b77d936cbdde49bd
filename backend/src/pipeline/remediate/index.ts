export { diffOf } from './diff.ts';
export { judgeAnswer, type Answered } from './judge.ts';
export {
  isDone,
  isOfSeveralWrites,
  isUnchanged,
  isUnderWay,
  isUndone,
  joinDryRuns,
  judgeDryRun,
  needsOf,
  nextOf,
  prepare,
  progressOf,
  rebuild,
  stepTimeout,
  undoOf,
  writeTimeout,
  type Next,
  type Prepared,
} from './next.ts';
export type { WriteVerdict } from './verdict.ts';
