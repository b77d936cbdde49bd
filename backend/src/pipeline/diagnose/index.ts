export { callGraph, type CallGraph } from './call-graph.ts';
export { diagnose, suspectsOf, type Diagnosis } from './diagnose.ts';
export {
  agree,
  derivedTypes,
  isCurrent,
  isMeaningful,
  limitView,
  sequenceType,
  severityOf,
  shouldOpen,
  signalsOf,
  type Noticed,
  type Opening,
} from './opening.ts';
export { isUnderChange, relatedIncident, sameCause, subjectsOf, type Neighbourhood } from './relations.ts';
export { suspicions, type Suspicion } from './suspicion.ts';
export { travelling, type Surroundings, type Symptoms } from './symptoms.ts';
