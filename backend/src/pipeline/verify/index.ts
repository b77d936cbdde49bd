export { check, outcomeOf, verdictOf, type Check, type Reading, type Verifying } from './verify.ts';
