export {
  check,
  concerning,
  lateVerdict,
  outcomeOf,
  verdictOf,
  type Check,
  type Reading,
  type Verifying,
} from './verify.ts';
