export { diagnose, type Diagnosis } from './diagnose.ts';
export {
  agree,
  derivedTypes,
  isCurrent,
  isMeaningful,
  limitView,
  severityOf,
  shouldOpen,
  signalsOf,
  type Noticed,
  type Opening,
} from './opening.ts';
export type { Symptoms } from './symptoms.ts';
