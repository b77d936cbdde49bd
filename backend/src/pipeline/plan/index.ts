export {
  assemble,
  missing,
  permissionsOf,
  pinned,
  refusalOf,
  relevantOf,
  requestsOf,
  staleStep,
  type Assembly,
} from './assemble.ts';
export { forbidden, grant, mayApprove, namespaceOf, type Granted } from './autonomy.ts';
export { fenced, promptFor } from './prompt.ts';
export { proposeByRules, type Proposed } from './rules.ts';
export { applies, Runbook } from './runbook.ts';
export { forecastOf } from './forecast.ts';
